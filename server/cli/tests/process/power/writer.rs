//! Somebody who writes, edits and recalls, and keeps in mind what was acknowledged, and when.

use std::net::SocketAddr;
use std::sync::Arc;

use rejoinder_harness::core::attachment;
use rejoinder_harness::core::authority::fate::Fate;
use rejoinder_harness::core::conversation::revision::{Attachment, Body, Revision};
use rejoinder_harness::core::id::{
    DocumentId, DocumentKind, MessageId, OperationId, RevisionId, Seq,
};
use rejoinder_harness::core::principal::Principal;
use rejoinder_harness::core::time::Timestamp;
use rejoinder_harness::core::wire::Credential;
use rejoinder_harness::{Forger, Letter, Raw, Rest};

use super::disk::Disk;

/// What all words begin with: none of them is ever found in a file.
pub(crate) const MARKER: &str = "marker-of-power";

/// Operations in one push, at most.
const TOGETHER: u64 = 12;

/// Bytes of a large file, which is written in several steps, and of others, at most.
const LARGE: u64 = 400_000;
const SMALL: u64 = 8_000;

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

/// A file that a message's first words describe.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) described: Attachment,
    pub(crate) sealed: Arc<Vec<u8>>,
    /// When the server said that it has it.
    pub(crate) kept: Option<Moment>,
}

/// A message, and what was done to it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) message: MessageId,
    pub(crate) steps: Vec<Step>,
    pub(crate) file: Option<Attached>,
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

    /// Whether the server had said by a moment that it has the file.
    pub(crate) fn has_sent(&self, by: Moment) -> bool {
        self.file.as_ref().and_then(|file| file.kept).is_some_and(|kept| kept <= by)
    }

    /// Whether the message is accepted and the server is still to be sent its file.
    fn has_a_file_to_send(&self) -> bool {
        let accepted = self.steps.len() == 1 && self.steps[0].acknowledged.is_some();
        accepted && self.file.as_ref().is_some_and(|file| file.kept.is_none())
    }
}

/// What somebody has written into one document.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    pub(crate) document: DocumentId,
    pub(crate) said: Vec<Said>,
    /// Whoever writes here.
    pub(crate) token: String,
}

impl Pages {
    /// Where a message's file is, below the server's folder of files and below its address of them.
    pub(crate) fn path(&self, message: MessageId, file: &Attachment) -> String {
        let DocumentId { conversation, kind } = self.document;
        let kind = match kind {
            DocumentKind::Timeline => "timeline",
            DocumentKind::Team => "team",
        };
        format!("{conversation}/{kind}/{message}/{}", file.id)
    }
}

/// Sends a file's bytes, and says what the server answers, if it does.
pub(crate) async fn sends(server: SocketAddr, token: &str, at: &str, sealed: &[u8]) -> Option<u16> {
    let path = format!("/api/v1/attachments/{at}");
    Some(Rest::of_bytes(server, token, &path, sealed).await?.status)
}

/// Somebody who writes into one document.
#[derive(Debug)]
pub(crate) struct Writer {
    forger: Forger,
    pub(crate) pages: Pages,
    /// What was pushed and not answered, with the message that each is about.
    unsure: Vec<(Letter, usize)>,
}

impl Writer {
    pub(crate) fn new(token: String, principal: Principal, document: DocumentId) -> Self {
        let pages = Pages { document, said: Vec::new(), token };
        Self { forger: Forger::new(principal, document), pages, unsure: Vec::new() }
    }

    /// The same somebody, in another document.
    pub(crate) fn elsewhere(&self, document: DocumentId) -> Self {
        Self::new(self.pages.token.clone(), self.forger.principal.clone(), document)
    }

    /// A connection of a new device.
    pub(crate) async fn enters(&self, server: SocketAddr) -> Raw {
        Raw::enter(server, Credential::Token(self.pages.token.clone())).await.0
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

    /// Sends a file that was not sent yet, while what was thought of meanwhile is pushed: perhaps
    /// its message goes meanwhile.
    pub(crate) async fn sends_a_file(
        &mut self,
        raw: &mut Raw,
        server: SocketAddr,
        disk: &Disk,
        round: usize,
    ) {
        let Some(said) = self.pages.said.iter().position(Said::has_a_file_to_send) else { return };
        self.thinks();
        let Said { message, file, .. } = self.pages.said[said].clone();
        let file = file.unwrap();
        let (at, token) = (self.pages.path(message, &file.described), self.pages.token.clone());
        let (answer, ()) =
            tokio::join!(sends(server, &token, &at, &file.sealed), self.pushes(raw, disk, round));
        let moment = (round, disk.events());
        let is_going = self.pages.said[said].steps.len() > 1;
        match answer {
            Some(204) => self.pages.said[said].file.as_mut().unwrap().kept = Some(moment),
            Some(410) if is_going => {}
            answer => assert!(!disk.has_power(), "{answer:?}"),
        }
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
                    let (letter, file) = self.writes();
                    let said = Said { message: letter.message(), steps: Vec::new(), file };
                    self.pages.said.push(said);
                    self.notes(self.pages.said.len() - 1, letter);
                }
            }
        }
    }

    /// Writes a message, one of four with a file.
    fn writes(&mut self) -> (Letter, Option<Attached>) {
        if self.forger.dice.below(4) > 0 {
            let text = self.text();
            return (self.forger.writes(&text), None);
        }
        let (letter, file) = self.writes_with_a_file();
        (letter, Some(file))
    }

    fn writes_with_a_file(&mut self) -> (Letter, Attached) {
        let (text, author) = (self.text(), self.forger.principal.participant);
        let dice = &mut self.forger.dice;
        let most = if dice.below(8) == 0 { LARGE } else { SMALL };
        let bytes = format!("{MARKER} ").repeat(1 + dice.below(most) as usize / MARKER.len());
        let name = format!("{MARKER}.txt");
        let described = attachment::describe(&name, "text/plain", bytes.as_bytes(), dice).unwrap();
        let sealed = Arc::new(attachment::seal(&described, bytes.as_bytes(), dice));
        let body = Body { text, attachments: vec![described.clone()] };
        let message = MessageId::timed(Timestamp::from_millis(1_776_000_000_000), dice);
        let words = Revision::new(message, author, &body, dice).unwrap();
        (self.forger.sends(words), Attached { described, sealed, kept: None })
    }

    /// Writes a message with a file, where others have written too, and sends both. Where the file
    /// is comes back.
    pub(crate) async fn attaches(mut self, server: SocketAddr) -> (String, Attached) {
        let mut raw = self.enters(server).await;
        self.forger.pulls(&mut raw).await;
        let (letter, file) = self.writes_with_a_file();
        let at = self.pages.path(letter.message(), &file.described);
        let fates = raw.pushes(self.pages.document, &[letter]).await;
        assert!(matches!(fates[0].fate, Fate::Accepted { .. }), "{fates:?}");
        assert_eq!(sends(server, &self.pages.token, &at, &file.sealed).await, Some(204));
        (at, file)
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
