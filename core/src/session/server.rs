//! The server's side of a connection: which frame may come when, and how much of it.
//!
//! ```text
//! Greeting --Hello--> Authenticating --welcomed--> Purging --Purged--> Open
//!                                        `----- nothing is due -------^
//! ```
//!
//! A client may say what it opens right behind `Hello`. While it is purging that is held, and
//! [`Session::release`]d afterwards.
//!
//! The session checks turn and bounds and turns frames into [`Request`]s; the shell answers them.

use std::collections::BTreeSet;

use crate::conversation::operation::Submission;
use crate::conversation::revision::Revision;
use crate::id::{DocumentId, DocumentKind, RevisionId, Seq};
use crate::limits;
use crate::principal::Principal;
use crate::wire::{self, ClientFrame, Hello, Problem, Signal};

/// What a client asks for, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Find out who this is, then call [`Session::welcomed`].
    Authenticate(Hello),
    /// The device has erased everything up to here: everything else may flow, and first what was
    /// held ([`Session::release`]).
    Purged(u64),
    /// Remember that the device has these documents.
    Holding(Vec<DocumentId>),
    /// Nothing yet: it is held until the device has erased what it was told to.
    Held,
    /// Follow a document from a place on.
    Open(DocumentId, Seq),
    /// No longer follow it.
    Leave(DocumentId),
    /// Admit operations.
    Push(DocumentId, Vec<Submission>, Vec<Revision>),
    /// Send words.
    Want(DocumentId, Vec<RevisionId>),
    /// Tell others, or keep how far was seen.
    Signal(DocumentId, Signal),
    /// Revoke the token and answer with an order to wipe.
    LogOut,
}

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends.
    Fatal(Problem),
    /// Only this document is concerned.
    Document(DocumentId, Problem),
}

/// What a device has to do before anything flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing: its `Hello` was of the same life of the data, and there is nothing to erase.
    Nothing,
    /// To carry erasures out. What it opens meanwhile is held.
    Erasures,
    /// To take everything anew: its cursors are of another life of the data, so what it opens
    /// before it has heard of that counts for nothing. It says what it has
    /// ([`Request::Holding`]) before it has erased anything.
    Anew,
}

#[derive(Clone, Debug)]
enum Phase {
    Greeting,
    Authenticating,
    Purging { principal: Principal, cursor: u64, anew: bool },
    Open { principal: Principal },
}

/// The server's side of a connection.
#[derive(Clone, Debug)]
pub struct Session {
    phase: Phase,
    opened: BTreeSet<DocumentId>,
    /// What came while the device was purging.
    held: Vec<ClientFrame>,
    /// How many documents the device has said to have.
    holding: usize,
}

impl Default for Session {
    fn default() -> Self {
        Self { phase: Phase::Greeting, opened: BTreeSet::new(), held: Vec::new(), holding: 0 }
    }
}

impl Session {
    /// The principal, once it is known.
    #[must_use]
    pub const fn principal(&self) -> Option<&Principal> {
        match &self.phase {
            Phase::Greeting | Phase::Authenticating => None,
            Phase::Purging { principal, .. } | Phase::Open { principal } => Some(principal),
        }
    }

    /// Whether erasures are carried out and everything may flow.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// The documents that the client follows.
    pub fn opened(&self) -> impl Iterator<Item = DocumentId> {
        self.opened.iter().copied()
    }

    /// The shell answers [`Request::Authenticate`] with a `Welcome` up to `cursor`.
    pub fn welcomed(&mut self, principal: Principal, cursor: u64, due: Due) {
        self.phase = match due {
            Due::Nothing => Phase::Open { principal },
            Due::Erasures => Phase::Purging { principal, cursor, anew: false },
            Due::Anew => Phase::Purging { principal, cursor, anew: true },
        };
    }

    /// There are further orders of erasure, up to `cursor`: until they are carried out too, all
    /// else is held.
    pub fn more(&mut self, cursor: u64) {
        if let Phase::Open { principal } = &self.phase {
            // Its cursors are known to be of this life by now, or were taken anew.
            self.phase = Phase::Purging { principal: principal.clone(), cursor, anew: false };
        }
    }

    /// What was held while the device was purging, to be handled now, in this order.
    #[must_use]
    pub fn release(&mut self) -> Vec<ClientFrame> {
        core::mem::take(&mut self.held)
    }

    /// A frame has come.
    ///
    /// # Errors
    /// [`Fault`] when it comes before its turn or is over a bound.
    pub fn handle(&mut self, frame: ClientFrame) -> Result<Request, Fault> {
        let out_of_turn = Fault::Fatal(Problem::OutOfTurn);
        match (&self.phase, frame) {
            (Phase::Greeting, ClientFrame::Hello(hello)) => {
                if hello.version != wire::VERSION {
                    return Err(Fault::Fatal(Problem::Version));
                }
                self.phase = Phase::Authenticating;
                Ok(Request::Authenticate(hello))
            }
            (Phase::Purging { principal, cursor: asked, .. }, ClientFrame::Purged { cursor }) => {
                if cursor < *asked {
                    return Err(out_of_turn);
                }
                self.phase = Phase::Open { principal: principal.clone() };
                Ok(Request::Purged(cursor))
            }
            (
                Phase::Purging { principal, anew: true, .. },
                ClientFrame::Holding { mut documents },
            ) => {
                let team = principal.role.reads_team();
                let most = match team {
                    true => limits::HELD_DOCUMENTS,
                    false => limits::VISITOR_HELD_DOCUMENTS,
                };
                self.holding = self.holding.saturating_add(documents.len());
                if documents.len() > limits::HOLDING_DOCUMENTS || self.holding > most {
                    return Err(Fault::Fatal(Problem::TooMuch));
                }
                documents.retain(|document| team || document.kind == DocumentKind::Timeline);
                Ok(Request::Holding(documents))
            }
            (
                Phase::Purging { anew, .. },
                frame @ (ClientFrame::Open { .. }
                | ClientFrame::Leave { .. }
                | ClientFrame::Signal { .. }
                | ClientFrame::LogOut),
            ) => {
                if self.held.len() >= limits::HELD_FRAMES {
                    return Err(Fault::Fatal(Problem::TooMuch));
                }
                // Cursors of another life of the data mean nothing; a log-out does.
                if !anew || frame == ClientFrame::LogOut {
                    self.held.push(frame);
                }
                Ok(Request::Held)
            }
            (Phase::Open { principal }, frame) => {
                let team = principal.role.reads_team();
                self.open(frame, team)
            }
            (Phase::Greeting | Phase::Authenticating | Phase::Purging { .. }, _) => {
                Err(out_of_turn)
            }
        }
    }

    fn open(&mut self, frame: ClientFrame, team: bool) -> Result<Request, Fault> {
        let reach = |document: DocumentId| {
            // To a visitor, a team document is as unknown as any that does not exist.
            let reached = team || document.kind == DocumentKind::Timeline;
            let fault = Fault::Document(document, Problem::UnknownConversation);
            if reached { Ok(document) } else { Err(fault) }
        };
        match frame {
            ClientFrame::Hello(_) | ClientFrame::Holding { .. } => {
                Err(Fault::Fatal(Problem::OutOfTurn))
            }
            ClientFrame::Purged { cursor } => Ok(Request::Purged(cursor)),
            ClientFrame::Open { document, cursor } => {
                reach(document)?;
                let full = self.opened.len() >= limits::OPEN_DOCUMENTS;
                if full && !self.opened.contains(&document) {
                    return Err(Fault::Document(document, Problem::TooMuch));
                }
                self.opened.insert(document);
                Ok(Request::Open(document, cursor))
            }
            ClientFrame::Leave { document } => {
                self.opened.remove(&document);
                Ok(Request::Leave(document))
            }
            ClientFrame::Push { document, submissions, revisions } => {
                reach(document)?;
                let bound = limits::PUSH_OPERATIONS;
                if submissions.len() > bound || revisions.len() > bound {
                    return Err(Fault::Document(document, Problem::TooMuch));
                }
                Ok(Request::Push(document, submissions, revisions))
            }
            ClientFrame::Want { document, revisions } => {
                reach(document)?;
                if revisions.len() > limits::WANT_REVISIONS {
                    return Err(Fault::Document(document, Problem::TooMuch));
                }
                Ok(Request::Want(document, revisions))
            }
            ClientFrame::Signal { document, signal } => {
                reach(document).map(|document| Request::Signal(document, signal))
            }
            ClientFrame::LogOut => Ok(Request::LogOut),
        }
    }

    /// The shell could not open a document after all.
    pub fn closed(&mut self, document: DocumentId) {
        self.opened.remove(&document);
    }
}
