//! What agents do among themselves, and what a visitor might notice of it.

use rejoinder_core::conversation::mention::mention;
use rejoinder_core::conversation::revision::Body;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::DocumentId;
use rejoinder_core::session::client::Session;

use crate::cast::AGENTS;
use crate::files::make;
use crate::seeds::number;
use crate::trace::{Event, What};
use crate::world::{HEALED, Roughness, Said, World};

impl World {
    /// An agent does something with notes. Asks `dice` only, so that all else goes on as without.
    pub(crate) fn annotate(&mut self, dice: &mut Dice) {
        let by = 1 + usize::try_from(dice.below(AGENTS.len() as u64)).unwrap();
        if self.is_away(by) {
            return;
        }
        let own = |said: &Said| said.by == by && said.note && !said.recalled;
        let count = self.said.iter().filter(|said| own(said)).count();
        let which = usize::try_from(dice.below(count.max(1) as u64)).unwrap();
        let what = dice.below(100);
        let mut text = format!("note {:016x}", dice.below(u64::MAX));
        if dice.below(3) == 0 {
            let other = self.devices[AGENTS.len() + 1 - by].light.clone();
            let who = other.sees(|s| s.identity().map(|it| it.principal.participant));
            text += &who.map(|who| mention(AGENTS[AGENTS.len() - by], who)).unwrap_or_default();
        }
        let document = DocumentId::team(self.chat());
        let light = self.devices[by].light.clone();
        if what < 60 {
            let attached = dice.below(4) == 0;
            return self.notes(by, text, attached, dice);
        }
        let Some(said) = self.said.iter_mut().filter(|said| own(said)).nth(which) else { return };
        let message = said.message;
        if what < 80 {
            let body = Body::text(text.clone());
            let edit = |s: &mut Session, now| s.edit(document, message, &body, now);
            if light.does(|session, now| Ok(((), edit(session, now)?))).is_ok() {
                said.texts.push(text);
                self.tally.edits += 1;
            }
        } else {
            let recall = |s: &mut Session, now| s.recall(document, message, now);
            if light.does(|session, now| Ok(((), recall(session, now)?))).is_ok() {
                said.recalled = true;
                self.tally.recalls += 1;
            }
        }
    }

    fn notes(&mut self, by: usize, text: String, attached: bool, dice: &mut Dice) {
        let chat = self.chat();
        let mut body = Body::text(text.clone());
        let file = attached.then(|| make(&text, dice));
        body.attachments.extend(file.iter().map(|(file, _)| file.clone()));
        let noted = self.devices[by].light.does(|session, now| session.note(chat, &body, now));
        let Ok(message) = noted else { return };
        if let Some((file, sealed)) = file {
            self.devices[by].files.add(chat, message, &file, sealed);
        }
        self.said.push(Said { by, message, note: true, texts: vec![text], recalled: false });
        self.tally.notes += 1;
    }
}

/// Seeds that are played with notes and without.
const SEEDS: u64 = 8;

/// What the devices of the visitor see of a run, without the bytes, until all is healed.
fn seen(seed: u64, notes: bool) -> (u64, Vec<Event>) {
    let world = World::with(seed, Roughness::Visitors, notes);
    let (tally, trace) = world.run();
    let all = trace.all();
    let healed = all.iter().position(|event| event.what == What::Fate(HEALED)).unwrap();
    let of_visitor = |event: &Event| ["vera", "phone"].contains(&event.host.as_str());
    (tally.notes, all[..healed].iter().filter(|event| of_visitor(event)).cloned().collect())
}

/// Where two runs differ in what a network sees, and in what is told.
fn compare(seed: u64) -> Result<(u64, usize), String> {
    let ((none, without_notes), (notes, with_notes)) = (seen(seed, false), seen(seed, true));
    assert_eq!(none, 0);
    let shape = |event: &Event| (event.at, event.host.clone(), event.what.shape());
    for (number, (without, with)) in without_notes.iter().zip(&with_notes).enumerate() {
        if shape(without) != shape(with) {
            let after = |all: &[Event]| {
                all[number..].iter().take(8).map(|event| format!("{event:?}\n")).collect::<String>()
            };
            let (without, with) = (after(&without_notes), after(&with_notes));
            return Err(format!(
                "SEED={seed}: event {number}\nwithout notes\n{without}with notes\n{with}"
            ));
        }
    }
    let same = without_notes.len() == with_notes.len();
    if same { Ok((notes, with_notes.len())) } else { Err(format!("SEED={seed}: more was said")) }
}

#[test]
fn wp16_a_visitor_notices_no_note_by_when_anything_is_said_or_how_long_it_is() {
    let (first, seeds) = (number("FROM").unwrap_or(0), number("SEEDS").unwrap_or(SEEDS));
    let (mut notes, mut events, mut failures) = (0, 0, Vec::new());
    for seed in first..first + seeds {
        match compare(seed) {
            Ok((more, seen)) => {
                notes += more;
                events += seen;
            }
            Err(failure) => failures.push(failure),
        }
    }
    println!("{notes} notes, {events} events of visitors");
    assert!(failures.is_empty(), "{} seeds:\n{}", failures.len(), failures.join("\n"));
    assert!(notes > 5 * seeds && events as u64 > 100 * seeds, "too little happened");
}
