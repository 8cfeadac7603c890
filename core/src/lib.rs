//! The heart of Rejoinder: live chat that works without a network, and in which words can be taken
//! back for good.
//!
//! # The model
//! A *conversation* is two [flat Automerge documents](conversation::layout): the timeline, which
//! its visitor may see, and the team document, which they never receive. Neither holds words. A
//! document names a [revision](conversation::revision) and a [commitment] to it; the words live
//! beside it, [sealed](sealing) under keys of their own that stand in a [keyring]. To take words
//! back is to overwrite a key.
//!
//! What somebody intends is an [operation](conversation::operation). With its context, which says
//! where in the document's [history](conversation::history) it was intended, it can be one change
//! only: [`compose`](conversation::compose::compose) makes it, to the byte, on either side. So
//! operations travel upwards, never Automerge's bytes, and the server decides on each.
//!
//! # The loop
//! ```text
//! a person -> client session -> replica: outbox -> Push -> server session -> authority: a fate
//!                                  ^                                             |
//!                                  '---- Fates, Entries <---- storage <- Admission
//! ```
//! - [`replica::Replica`] is a client's copy: a confirmed log, and an outbox on top of it.
//! - [`authority::Authority`] is the server's deciding copy: it gives every operation its fate.
//! - [`session`] steps a connection, on either side, by the frames of [`wire`].
//!
//! Nothing here does input or output. The clock, the [dice], what a disk holds and what a network
//! brings are arguments; what is to be written, sent and told is returned as values. The same
//! inputs give the same outputs, so a simulation can play months of failures in a second.
//!
//! # Example
//! A visitor writes, the server decides, an agent reads.
//!
//! ```
//! use rejoinder_core::authority::elsewhere::Elsewhere;
//! use rejoinder_core::authority::fate::Fate;
//! use rejoinder_core::authority::log::Row;
//! use rejoinder_core::authority::policy::Policy;
//! use rejoinder_core::authority::{Admission, Authority, Push, Rows, Setting};
//! use rejoinder_core::conversation::revision::Body;
//! use rejoinder_core::conversation::view::{TimelineView, Words};
//! use rejoinder_core::dice::Dice;
//! use rejoinder_core::id::{ConversationId, DocumentId, ParticipantId, Seq};
//! use rejoinder_core::principal::{AgentRole, Principal, Role};
//! use rejoinder_core::replica::record::SavedDocument;
//! use rejoinder_core::replica::{Effects, Moment, Replica};
//! use rejoinder_core::time::Timestamp;
//! use rejoinder_core::wire::LogEntry;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dice = &mut Dice::from_seed([7; 32]);
//! let now = Timestamp::from_millis(1_776_000_000_000);
//! let ann = Principal::new(ParticipantId::random(dice), Role::Visitor);
//! let bo = Principal::new(ParticipantId::random(dice), Role::Agent(AgentRole::Agent));
//! let conversation = ConversationId::timed(now, dice);
//! let timeline = DocumentId::timeline(conversation);
//! let empty = SavedDocument::default;
//!
//! // Ann writes, with a network or without. A store would carry `effects.writes` out here.
//! let effects = &mut Effects::default();
//! let mut at_ann = Replica::load(timeline, ann.clone(), empty(), dice)?;
//! let body = Body::text("Is anybody there?");
//! at_ann.send(&body, &mut Moment { seen: Seq::START, now, dice, effects })?;
//! let (submissions, revisions) = at_ann.push(effects).ok_or("nothing waits")?;
//!
//! // The server composes the same change, compares, and decides.
//! let mut authority = Authority::load(conversation, ann.participant, &Rows::default(), dice)?;
//! let (policy, elsewhere) = (Policy::default(), Elsewhere::NOTHING);
//! let mut admission = Admission::default();
//! let push = Push { kind: timeline.kind, submissions: &submissions, revisions: &revisions };
//! let setting = Setting { principal: &ann, policy: &policy, elsewhere, now };
//! let fates = authority.admit(&mut admission, push, setting, dice);
//! assert_eq!(fates[0].fate, Fate::Accepted { seq: Seq(1), at: now });
//!
//! // Once the admission is on disk, its changes go to everybody; words go to who asks for them.
//! let entry = |row: Row| LogEntry { seq: row.seq, at: row.at, change: row.change };
//! let mut at_bo = Replica::load(timeline, bo, empty(), dice)?;
//! at_bo.entries(admission.rows.into_iter().map(entry).collect(), dice, effects)?;
//! assert_eq!(at_bo.wanted(), [revisions[0].id]);
//! at_bo.revisions(revisions, &[], effects);
//! let view = TimelineView::of(&at_bo).ok_or("not a timeline")?;
//! assert_eq!(view.messages[0].words, Words::Said(body));
//! # Ok(())
//! # }
//! ```
#![cfg_attr(not(test), warn(clippy::expect_used))]

pub mod attachment;
pub mod authority;
pub mod commitment;
pub mod conversation;
pub mod dice;
pub mod id;
pub mod keyring;
pub mod limits;
pub mod principal;
pub mod replica;
pub mod routing;
pub mod sealing;
pub mod session;
pub mod time;
pub mod wire;
