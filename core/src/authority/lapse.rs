//! Silence: conversations in which nobody writes any more are closed by the server.
//!
//! The clock is read off the log, so that a restart loses nothing and a message of anybody starts
//! it again.

use crate::authority::elsewhere::Elsewhere;
use crate::authority::policy::Policy;
use crate::authority::{Admission, Authority, Setting};
use crate::conversation::history::Entry;
use crate::conversation::layout::{Content, Key, Notice, Status, Value};
use crate::conversation::operation::Operation;
use crate::dice::Dice;
use crate::id::DocumentKind;
use crate::limits;
use crate::principal::Principal;
use crate::time::Timestamp;

/// When the server is next to look at a silent conversation, and what is due then.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Notice(Timestamp),
    Close(Timestamp),
}

/// How long before the end of `silence` milliseconds it is announced.
#[must_use]
pub fn notice_before(silence: i64) -> i64 {
    (silence / limits::SILENCE_NOTICE_PART).min(limits::SILENCE_NOTICE_MILLIS)
}

impl Authority {
    /// Does what silence asks for at `now`: announces the end, or closes. `silence` is how many
    /// milliseconds an active conversation may be silent; none: for ever. Returns when to look
    /// again, if nothing happens until then; none when nothing will be due.
    pub fn lapse(
        &mut self,
        admission: &mut Admission,
        silence: Option<i64>,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) -> Option<Timestamp> {
        let elsewhere = Elsewhere::NOTHING;
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere, now };
        match self.due(silence)? {
            Due::Notice(at) | Due::Close(at) if at > now => Some(at),
            Due::Notice(_) => {
                self.announce(admission, Notice::Closing, None, setting, dice);
                match self.due(silence)? {
                    Due::Notice(at) | Due::Close(at) => Some(at),
                }
            }
            Due::Close(_) => {
                self.end(admission, policy, now, dice);
                None
            }
        }
    }

    /// Closes the conversation, in the name of nobody; an ended one is left alone.
    pub fn end(
        &mut self,
        admission: &mut Admission,
        policy: &Policy,
        now: Timestamp,
        dice: &mut Dice,
    ) {
        if self.closed() {
            return;
        }
        let elsewhere = Elsewhere::NOTHING;
        let setting = Setting { principal: &Principal::SERVER, policy, elsewhere, now };
        self.write(admission, DocumentKind::Timeline, Operation::Close, setting, dice);
        self.announce(admission, Notice::Closed, None, setting, dice);
    }

    fn due(&self, silence: Option<i64>) -> Option<Due> {
        if self.closed() {
            return None;
        }
        let since = self.silent_since()?;
        match self.status() {
            Status::ActiveAi | Status::WaitingForHuman => None,
            Status::AwaitingOfflineInfo => {
                Some(Due::Close(since.plus_millis(limits::OFFLINE_INFO_MILLIS)))
            }
            Status::ActiveHuman => {
                let silence = silence?;
                let (end, before) = (since.plus_millis(silence), notice_before(silence));
                // Nobody is closed out unannounced, however late the server comes to it.
                Some(match self.announced().filter(|at| *at > since) {
                    Some(at) => Due::Close(end.max(at.plus_millis(before))),
                    None => Due::Notice(end.plus_millis(-before)),
                })
            }
        }
    }

    /// When somebody last wrote, here or to the team, or took or moved the conversation.
    fn silent_since(&self) -> Option<Timestamp> {
        let lively = |entry: &Entry| match (entry.key, &entry.value) {
            (Key::Status | Key::Assignee, _) => true,
            (_, Value::Message(message)) => matches!(message.content, Content::Words { .. }),
            _ => false,
        };
        let kinds = [DocumentKind::Timeline, DocumentKind::Team];
        kinds.into_iter().filter_map(|kind| self.last_time(kind, lively)).max()
    }

    /// When it was last announced that it will be closed.
    fn announced(&self) -> Option<Timestamp> {
        self.last_time(DocumentKind::Timeline, |entry| match &entry.value {
            Value::Message(message) => {
                matches!(message.content, Content::System { notice: Notice::Closing, .. })
            }
            _ => false,
        })
    }

    fn last_time(&self, kind: DocumentKind, is: impl Fn(&Entry) -> bool) -> Option<Timestamp> {
        let (seq, _) = self.history(kind).entries().rev().find(|(_, entry)| is(entry))?;
        self.accepted_at(kind, seq)
    }
}
