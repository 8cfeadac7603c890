//! Many frames from one seed.

use rejoinder_core::authority::fate::Fate;
use rejoinder_core::conversation::compose::compose;
use rejoinder_core::conversation::history::History;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId};
use rejoinder_core::wire::ClientFrame;

use crate::cpu;
use crate::crowd::Crowd;
use crate::mutate::{self, Pool};
use crate::roll::Roll;
use crate::tally::Tally;
use crate::way::{Answer, Line, Way};

/// Conversations of one run.
const CHATS: usize = 5;

/// Measures how much memory a frame holds at a time.
pub trait Gauge {
    /// A frame is about to come.
    fn begins(&mut self);
    /// The most bytes that were held since, beyond those held before.
    fn peak(&mut self) -> usize;
}

/// A gauge that measures nothing.
impl Gauge for () {
    fn begins(&mut self) {}
    fn peak(&mut self) -> usize {
        0
    }
}

/// Many frames from one seed.
#[derive(Debug)]
pub struct Run<G> {
    gauge: G,
    dice: Dice,
    way: Way,
    crowd: Crowd,
    pool: Pool,
    tally: Tally,
}

impl<G: Gauge> Run<G> {
    /// A run that is the same for the same seed.
    #[must_use]
    pub fn new(seed: u64, gauge: G) -> Self {
        let dice = |of: u8| {
            let mut bytes = [of; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            Dice::from_seed(bytes)
        };
        let (mut way, mut own) = (Way::new(dice(1)), dice(2));
        let crowd = Crowd::new(&mut way, &mut own);
        let (pool, tally) = (Pool::default(), Tally::default());
        Self { gauge, dice: own, way, crowd, pool, tally }
    }

    /// Says so many frames, and asserts after each what must hold.
    ///
    /// # Panics
    /// When something does not hold.
    pub fn frames(mut self, many: usize) -> Tally {
        for _ in 0..many {
            self.step();
            if self.dice.index(4_000) == 0 {
                self.way.restarts();
            }
        }
        self.way.is_sound();
        self.tally
    }

    /// Says a frame for each eight of these bytes, which decide what it is: a run that others than
    /// dice vary.
    ///
    /// # Panics
    /// When something does not hold.
    pub fn script(mut self, bytes: &[u8]) -> Tally {
        for (at, chunk) in (0_u64..).zip(bytes.as_chunks::<8>().0) {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(chunk);
            // The same eight twice are not the same dice: nobody rolls an id a second time.
            seed[8..16].copy_from_slice(&at.to_be_bytes());
            self.dice = Dice::from_seed(seed);
            self.step();
        }
        self.way.is_sound();
        self.tally
    }

    fn step(&mut self) {
        let begins = self.crowd.chats.len() < CHATS && self.dice.chance(10);
        let (member, document) = if begins || self.crowd.chats.is_empty() {
            self.crowd.begins(&mut self.dice)
        } else {
            let member = self.dice.index(self.crowd.members.len());
            match self.crowd.somewhere(member, &mut self.dice) {
                Some(document) => (member, document),
                None => self.crowd.begins(&mut self.dice),
            }
        };
        self.is_there(member);
        let mut frame = self.crowd.frame(&mut self.way, member, document, &mut self.dice);
        self.pool.sees(&frame);
        let tampered = match self.dice.index(100) {
            0..12 => frame.encode(),
            12..65 => {
                mutate::fields(&self.pool, &mut self.dice, &mut frame);
                if self.dice.chance(65) {
                    self.composes_again(&mut frame);
                }
                frame.encode()
            }
            65..85 => {
                let mut bytes = frame.encode();
                mutate::bytes(&self.pool, &mut self.dice, &mut bytes);
                bytes
            }
            85..95 => self.pool.former(&mut self.dice).unwrap_or_default(),
            95..98 => {
                let mut bytes = self.pool.former(&mut self.dice).unwrap_or_default();
                mutate::bytes(&self.pool, &mut self.dice, &mut bytes);
                bytes
            }
            _ => {
                let mut greeting = self.crowd.greeting(member, self.way.epoch());
                let at = self.dice.index(greeting.len());
                mutate::fields(&self.pool, &mut self.dice, &mut greeting[at]);
                self.crowd.members[member].line = Line::default();
                for before in &greeting[..at] {
                    self.says(member, &before.encode());
                }
                greeting[at].encode()
            }
        };
        let answer = self.says(member, &tampered);
        self.looks_after(member, document, &answer);
    }

    /// Who is not connected connects.
    fn is_there(&mut self, member: usize) {
        if self.crowd.members[member].line.is_open() {
            return;
        }
        self.crowd.members[member].line = Line::default();
        for frame in self.crowd.greeting(member, self.way.epoch()) {
            let answer = self.says(member, &frame.encode());
            assert!(matches!(answer, Answer::Told(_) | Answer::Nothing), "{answer:?}");
        }
    }

    fn says(&mut self, member: usize, bytes: &[u8]) -> Answer {
        let line = &mut self.crowd.members[member].line;
        self.gauge.begins();
        let begun = cpu::used();
        let answer = self.way.takes(line, bytes);
        let took = cpu::used() - begun;
        self.tally.peak = self.tally.peak.max(bytes.len() + self.gauge.peak());
        self.tally.slowest = self.tally.slowest.max(took);
        self.tally.busy += took;
        self.tally.frames += 1;
        self.tally.counts(&answer);
        answer
    }

    /// What an attacker's own client does: the hash is that of what is sent, and the commitment
    /// that to the words that are sent.
    fn composes_again(&mut self, frame: &mut ClientFrame) {
        let ClientFrame::Push { document, submissions, revisions } = frame else { return };
        let known = self.way.authority(document.conversation);
        let history = known.map(|authority| authority.history(document.kind).clone());
        let mut history = history.unwrap_or_else(|| History::new(*document));
        let commits = self.dice.chance(70);
        for submission in submissions {
            if let Operation::Send { revision, commitment, .. }
            | Operation::Edit { revision, commitment, .. } = &mut submission.operation
                && let Some(words) = revisions.iter().find(|words| words.id == *revision)
                && commits
            {
                *commitment = words.commitment(*document);
            }
            let composed = compose(&history, &submission.operation, &submission.context);
            if let Ok(composed) = composed {
                submission.hash = composed.entry.hash;
                history.record(composed.entry);
            }
        }
    }

    fn looks_after(&mut self, member: usize, document: DocumentId, answer: &Answer) {
        let Answer::Fates(of, fates) = answer else { return };
        if fates.iter().any(|fate| !matches!(fate.fate, Fate::Accepted { .. })) {
            self.crowd.takes_another_actor(member, document);
        }
        let accepted = fates.iter().filter(|fate| matches!(fate.fate, Fate::Accepted { .. }));
        let accepted = accepted.count();
        if accepted > 0 {
            self.tally.tampered += accepted as u64;
            self.goes_on(of.conversation);
        }
    }

    /// After every accepted operation: saved, loaded, the same heads, and another honest operation
    /// works.
    fn goes_on(&mut self, conversation: ConversationId) {
        self.way.is_kept(conversation);
        let honest = self.crowd.honest(&mut self.way, conversation, &mut self.dice);
        let Some((member, frame)) = honest else { return };
        self.is_there(member);
        let answer = self.says(member, &frame.encode());
        let Answer::Fates(_, fates) = &answer else { panic!("an honest push: {answer:?}") };
        assert!(matches!(fates[0].fate, Fate::Accepted { .. }), "an honest push: {fates:?}");
        self.tally.honest += 1;
    }
}
