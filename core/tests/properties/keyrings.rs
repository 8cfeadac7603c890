//! A keyring beside the simplest thing that could hold keys.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proptest::prelude::{Strategy, any, prop};
use proptest::{prop_assert_eq, proptest};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{DatabaseId, Epoch};
use rejoinder_core::keyring::{
    Blocks, EndedBefore, Found, GROW_SLOTS, Keyring, KeyringError, MemoryBlocks, Owner, SLOT_BYTES,
    Slot,
};
use rejoinder_core::sealing::SealingKey;

/// A file that a test may look at and damage.
#[derive(Clone, Debug, Default)]
struct Medium(Rc<RefCell<MemoryBlocks>>);

impl Medium {
    fn bytes(&self) -> Vec<u8> {
        self.0.borrow().bytes().to_vec()
    }

    fn of(bytes: &[u8]) -> Self {
        let medium = Self::default();
        medium.clone().write(0, bytes).unwrap();
        medium
    }

    fn flip(&self, slot: u32, byte: usize) {
        let at = (u64::from(slot) + 1) * SLOT_BYTES as u64 + byte as u64;
        let mut one = [0];
        let mut blocks = self.0.borrow_mut();
        blocks.read(at, &mut one).unwrap();
        blocks.write(at, &[one[0] ^ 1]).unwrap();
    }

    fn holds(&self, key: &SealingKey) -> bool {
        self.bytes().windows(32).any(|window| window == key.as_bytes())
    }
}

impl Blocks for Medium {
    type Error = EndedBefore;

    fn len(&mut self) -> Result<u64, EndedBefore> {
        self.0.borrow_mut().len()
    }

    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), EndedBefore> {
        self.0.borrow_mut().read(offset, bytes)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), EndedBefore> {
        self.0.borrow_mut().write(offset, bytes)
    }

    fn flush(&mut self) -> Result<(), EndedBefore> {
        self.0.borrow_mut().flush()
    }
}

const OWNER: Owner =
    Owner { database: DatabaseId::from_bytes([1; 16]), epoch: Epoch::from_bytes([2; 16]) };

fn open(medium: &Medium) -> Keyring<Medium> {
    Keyring::open(medium.clone(), OWNER).unwrap()
}

#[derive(Clone, Debug)]
enum Step {
    Put,
    Shred(prop::sample::Index),
    Damage(prop::sample::Index, usize),
    Sweep(u8),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = proptest::prop_oneof![
        6 => proptest::prelude::Just(Step::Put),
        3 => any::<prop::sample::Index>().prop_map(Step::Shred),
        1 => (any::<prop::sample::Index>(), 0..64_usize).prop_map(|(at, n)| Step::Damage(at, n)),
        1 => any::<u8>().prop_map(Step::Sweep),
        2 => proptest::prelude::Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..60)
}

#[derive(Clone, Debug, PartialEq)]
enum Known {
    Key(SealingKey),
    Erased,
    Damaged,
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 192,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn st4_a_keyring_holds_what_a_map_would(steps in steps(), seed: [u8; 32]) {
        let (medium, dice) = (Medium::default(), &mut Dice::from_seed(seed));
        let mut ring = open(&medium);
        let mut model: BTreeMap<Slot, Known> = BTreeMap::new();
        for step in steps {
            let slots: Vec<Slot> = model.keys().copied().collect();
            let in_use = |slot: &Slot| matches!(model[slot], Known::Key(_));
            match step {
                Step::Put => {
                    let key = SealingKey::random(dice);
                    let slot = ring.put(&key, dice).unwrap();
                    prop_assert_eq!(model.insert(slot, Known::Key(key)), None);
                }
                Step::Shred(at) if !slots.is_empty() => {
                    let slot = *at.get(&slots);
                    ring.shred(slot).unwrap();
                    if in_use(&slot) {
                        model.insert(slot, Known::Erased);
                    }
                    for (other, known) in &mut model {
                        if other.index == slot.index && *known == Known::Damaged {
                            *known = Known::Erased;
                        }
                    }
                }
                Step::Damage(at, byte) if slots.iter().any(in_use) => {
                    let used: Vec<Slot> = slots.into_iter().filter(in_use).collect();
                    let slot = *at.get(&used);
                    medium.flip(slot.index, byte);
                    ring = open(&medium);
                    model.insert(slot, Known::Damaged);
                }
                // Sweeping is for keyrings whose every row is sound.
                Step::Sweep(n) if !model.values().any(|known| *known == Known::Damaged) => {
                    let keep = |slot: &&Slot| in_use(slot) && slot.key.as_bytes()[0] % 4 != n % 4;
                    let rows: BTreeSet<Slot> = slots.iter().filter(keep).copied().collect();
                    let orphans = slots.iter().filter(|s| in_use(s) && !rows.contains(s)).count();
                    prop_assert_eq!(ring.sweep(&rows).unwrap(), orphans);
                    for (slot, known) in &mut model {
                        if !rows.contains(slot) {
                            *known = Known::Erased;
                        }
                    }
                }
                Step::Reopen => ring = open(&medium),
                Step::Shred(_) | Step::Damage(..) | Step::Sweep(_) => {}
            }
            // Each row finds its key; a slot that was used again is erased for its former row.
            for (slot, known) in &model {
                let found = ring.get(*slot).unwrap();
                let expected = match known {
                    Known::Key(key) => Found::Key(key.clone()),
                    Known::Damaged => Found::Damaged,
                    Known::Erased if found == Found::Damaged => Found::Damaged,
                    Known::Erased => Found::Erased,
                };
                prop_assert_eq!(found, expected);
            }
            let slots: Vec<Slot> = model.keys().rev().copied().collect();
            let singly: Vec<_> = slots.iter().map(|slot| ring.get(*slot).unwrap()).collect();
            prop_assert_eq!(ring.get_all(&slots).unwrap(), singly);
            let keys: Vec<Slot> = ring.keys().collect();
            let used = model.iter().filter(|(_, k)| matches!(k, Known::Key(_))).map(|(s, _)| *s);
            prop_assert_eq!(keys, used.collect::<Vec<_>>());
        }
    }
}

#[test]
fn st4_keys_that_lie_near_and_far_are_found_together() {
    let (medium, dice) = (Medium::default(), &mut Dice::from_seed([3; 32]));
    let mut ring = open(&medium);
    let keys: Vec<_> = (0..3_000)
        .map(|_| {
            let key = SealingKey::random(dice);
            (ring.put(&key, dice).unwrap(), key)
        })
        .collect();
    for step in [1, 2, 15, 16, 17, 18, 700, 1_023, 1_024, 1_025] {
        let wanted: Vec<_> = keys.iter().step_by(step).rev().cloned().collect();
        let (slots, sought): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
        let found = ring.get_all(&slots).unwrap();
        assert_eq!(found, sought.into_iter().map(Found::Key).collect::<Vec<_>>(), "{step}");
    }
    let (slot, key) = keys[5].clone();
    let beyond = Slot { index: 1_000_000, ..slot };
    assert_eq!(ring.get_all(&[beyond, slot]).unwrap(), [Found::Erased, Found::Key(key)]);
    assert_eq!(ring.get_all(&[]).unwrap(), []);
}

#[test]
fn st3_a_keyring_grows_and_never_shrinks() {
    let (medium, dice) = (Medium::default(), &mut Dice::from_seed([1; 32]));
    let mut ring = open(&medium);
    let first = medium.bytes().len();
    let slots: Vec<_> =
        (0..=GROW_SLOTS).map(|_| ring.put(&SealingKey::random(dice), dice).unwrap()).collect();
    let grown = medium.bytes().len();
    assert_eq!(grown - first, SLOT_BYTES * GROW_SLOTS as usize);
    slots.iter().for_each(|slot| ring.shred(*slot).unwrap());
    ring.wipe().unwrap();
    assert_eq!(medium.bytes().len(), grown);
    assert!(medium.bytes()[SLOT_BYTES..].iter().all(|&byte| byte == 0));
}

#[test]
fn st4_a_damaged_slot_is_told_apart_and_can_be_shredded() {
    let (medium, dice) = (Medium::default(), &mut Dice::from_seed([1; 32]));
    let key = SealingKey::random(dice);
    for byte in 0..SLOT_BYTES {
        let mut ring = open(&medium);
        let slot = ring.put(&key, dice).unwrap();
        medium.flip(slot.index, byte);
        let mut ring = open(&medium);
        assert_eq!(ring.get(slot).unwrap(), Found::Damaged);
        assert_eq!(ring.damaged().collect::<Vec<_>>(), [slot.index]);
        // Its key may be whole still: a recall overwrites it all the same.
        ring.shred(slot).unwrap();
        assert!(!medium.holds(&key), "byte {byte}");
        assert_eq!(ring.get(slot).unwrap(), Found::Erased);
    }
}

#[test]
fn st6_another_databases_keyring_is_refused_and_nothing_changed() {
    let (medium, dice) = (Medium::default(), &mut Dice::from_seed([1; 32]));
    let mut ring = open(&medium);
    let (key, slot) = (SealingKey::random(dice), ring.put(&SealingKey::random(dice), dice));
    let before = medium.bytes();
    let database = DatabaseId::from_bytes([9; 16]);
    let error = Keyring::open(medium.clone(), Owner { database, ..OWNER }).unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, KeyringError::WrongDatabase { .. }));
    assert!(said.contains(&database.to_string()) && said.contains(&OWNER.database.to_string()));
    assert_eq!(medium.bytes(), before);
    assert!(slot.is_ok() && !medium.holds(&key));
}

#[test]
fn st6_what_is_no_keyring_is_refused() {
    let whole = {
        let medium = Medium::default();
        open(&medium);
        medium.bytes()
    };
    let mut other_version = whole.clone();
    other_version[27] = 2;
    for bytes in [b"SQLite format 3\0".as_slice(), &whole[..63], &[0; 64], &other_version] {
        let medium = Medium::of(bytes);
        assert!(Keyring::open(medium.clone(), OWNER).is_err());
        assert_eq!(medium.bytes(), bytes);
    }
    let error = Keyring::open(Medium::of(&other_version), OWNER).unwrap_err();
    assert!(matches!(error, KeyringError::Version { found: 2 }));
}

#[test]
fn st3_a_torn_end_is_written_over() {
    let (medium, dice) = (Medium::default(), &mut Dice::from_seed([1; 32]));
    let mut ring = open(&medium);
    let keys: Vec<_> = (0..3).map(|_| SealingKey::random(dice)).collect();
    let slots: Vec<_> = keys.iter().map(|key| ring.put(key, dice).unwrap()).collect();
    // Growing was torn in the middle of a slot.
    let medium = Medium::of(&medium.bytes()[..4 * SLOT_BYTES + 17]);
    let mut ring = open(&medium);
    for (slot, key) in slots.iter().zip(&keys) {
        assert_eq!(ring.get(*slot).unwrap(), Found::Key(key.clone()));
    }
    let next = ring.put(&keys[0], dice).unwrap();
    assert_eq!((next.index, medium.bytes().len() % SLOT_BYTES), (3, 0));
}

#[test]
fn st16_a_new_epoch_is_named_in_the_header() {
    let medium = Medium::default();
    let epoch = Epoch::from_bytes([8; 16]);
    open(&medium).begin_epoch(epoch).unwrap();
    assert_eq!(open(&medium).owner(), Owner { epoch, ..OWNER });
}
