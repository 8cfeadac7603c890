//! Somebody who writes, edits and recalls, and keeps in mind what was acknowledged, and when.

use std::net::SocketAddr;

use rejoinder_harness::core::authority::fate::Fate;
use rejoinder_harness::core::id::{DocumentId, MessageId, OperationId, RevisionId, Seq};
use rejoinder_harness::core::principal::Principal;
use rejoinder_harness::core::time::Timestamp;
use rejoinder_harness::core::wire::Credential;
use rejoinder_harness::{Forger, Letter, Raw};

use super::disk::Disk;

/// What all words begin with: none of them is ever found in a file.
pub(crate) const MARKER: &str = "marker-of-power";

/// Operations in one push, at most.
const TOGETHER: u64 = 12;

/// A round, and how much had been done to its disk.
pub(crate) type Moment = (usize, usize);

/// One thing that was done to a message.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) operation: OperationId,
    /// The words that the message has from then on; none after a recall.
    pub(crate) revision: Option<RevisionId>,
    /// When it was acknowledged, and how.
    pub(crate) acknowledged: Option<(Moment, Seq, Timestamp)>,
}

/// A message, and what was done to it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) message: MessageId,
    pub(crate) steps: Vec<Step>,
}

impl Said {
    /// How many of its steps were acknowledged by a moment.
    pub(crate) fn acknowledged(&self, by: Moment) -> usize {
        let known = |step: &&Step| step.acknowledged.is_some_and(|(when, ..)| when <= by);
        self.steps.iter().take_while(known).count()
    }

    fn is_recalled(&self) -> bool {
        self.steps.last().is_some_and(|step| step.revision.is_none())
    }
}

/// What somebody has written into one document.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    pub(crate) document: DocumentId,
    pub(crate) said: Vec<Said>,
}

/// Somebody who writes into one document.
#[derive(Debug)]
pub(crate) struct Writer {
    token: String,
    forger: Forger,
    pub(crate) pages: Pages,
    /// What was pushed and not answered, with the message that each is about.
    unsure: Vec<(Letter, usize)>,
}

impl Writer {
    pub(crate) fn new(token: String, principal: Principal, document: DocumentId) -> Self {
        let pages = Pages { document, said: Vec::new() };
        Self { token, forger: Forger::new(principal, document), pages, unsure: Vec::new() }
    }

    /// The same somebody, in another document.
    pub(crate) fn elsewhere(&self, document: DocumentId) -> Self {
        Self::new(self.token.clone(), self.forger.principal.clone(), document)
    }

    /// A connection of a new device.
    pub(crate) async fn enters(&self, server: SocketAddr) -> Raw {
        Raw::enter(server, Credential::Token(self.token.clone())).await.0
    }

    /// Pushes what is unsure, again where it was pushed before, and keeps in mind what was
    /// acknowledged.
    pub(crate) async fn pushes(&mut self, raw: &mut Raw, disk: &Disk, round: usize) {
        let letters: Vec<_> = self.unsure.iter().map(|(letter, _)| letter.clone()).collect();
        if letters.is_empty() {
            return;
        }
        let fates = raw.pushes(self.pages.document, &letters).await;
        let moment = (round, disk.events());
        for (fate, (letter, said)) in fates.iter().zip(&self.unsure) {
            assert_eq!(fate.operation, letter.submission.id);
            let Fate::Accepted { seq, at } = fate.fate else { panic!("{fate:?}") };
            let mut steps = self.pages.said[*said].steps.iter_mut();
            let step = steps.find(|step| step.operation == fate.operation).unwrap();
            step.acknowledged = Some((moment, seq, at));
        }
        assert_eq!(fates.len(), letters.len());
        self.unsure.clear();
    }

    /// Writes something into a document of which it has nothing, and is answered.
    pub(crate) async fn goes_on(mut self, server: SocketAddr) {
        let mut raw = self.enters(server).await;
        let letter = self.forger.writes(MARKER);
        let fates = raw.pushes(self.pages.document, &[letter]).await;
        assert!(matches!(fates[0].fate, Fate::Accepted { .. }), "{fates:?}");
    }

    /// Thinks of what to do next: some messages, or edits or recalls of former ones.
    pub(crate) fn thinks(&mut self) {
        let count = match self.forger.dice.below(4) {
            0 => 1 + self.forger.dice.below(TOGETHER),
            _ => 1,
        };
        let what = self.forger.dice.below(10);
        for _ in 0..count {
            let standing: Vec<_> = (0..self.pages.said.len())
                .filter(|at| !self.pages.said[*at].is_recalled())
                .filter(|at| self.unsure.iter().all(|(_, unsure)| unsure != at))
                .collect();
            let chosen = self.forger.dice.below(standing.len().max(1) as u64) as usize;
            match (standing.get(chosen).copied(), what) {
                (Some(at), 0..2) => {
                    let (message, text) = (self.pages.said[at].message, self.text());
                    let letter = self.forger.edits(message, &text);
                    self.notes(at, letter);
                }
                (Some(at), 2..5) => {
                    let letter = self.forger.recalls(self.pages.said[at].message);
                    self.notes(at, letter);
                }
                _ => {
                    let text = self.text();
                    let letter = self.forger.writes(&text);
                    let said = Said { message: letter.message(), steps: Vec::new() };
                    self.pages.said.push(said);
                    self.notes(self.pages.said.len() - 1, letter);
                }
            }
        }
    }

    fn text(&mut self) -> String {
        let words = self.forger.dice.below(60) as usize;
        format!("{MARKER} {}", "and so on ".repeat(words))
    }

    fn notes(&mut self, at: usize, letter: Letter) {
        let operation = letter.submission.id;
        let revision = letter.words.first().map(|words| words.id);
        self.pages.said[at].steps.push(Step { operation, revision, acknowledged: None });
        self.unsure.push((letter, at));
    }
}
