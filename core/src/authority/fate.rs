//! Fates: what became of an operation, and why.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::conversation::history::ContextError;
use crate::id::{ConversationId, Seq};
use crate::time::Timestamp;

/// What became of an operation.
///
/// Fates are idempotent by operation id: an identical repeat gets its first fate again, except
/// those that ask for the operation to come again ([`is_final`](Self::is_final)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is in the log, on disk.
    #[n(0)]
    Accepted {
        /// Its place in the log.
        #[n(0)]
        seq: Seq,
        /// The server's time of acceptance.
        #[n(1)]
        at: Timestamp,
    },
    /// It will never be accepted. The person is told, and their words are kept for them.
    #[n(1)]
    Refused {
        /// Why.
        #[n(0)]
        code: Refusal,
    },
    /// An operation before it by the same actor was not accepted. Compose it again under a new
    /// actor; nobody is told.
    #[n(2)]
    Void,
    /// It builds on what is not in the log. Pull, then push it again.
    #[n(3)]
    UnknownDependency,
    /// Somebody wrote what its author had not seen. Ask them: send anyway, edit, or discard.
    #[n(4)]
    Collision {
        /// The newest entry that they should have seen.
        #[n(0)]
        newest: Seq,
    },
    /// The conversation was closed meanwhile, and words go to its follow-up; or the message stands
    /// in another conversation of the line, where its author's device finds it.
    #[n(5)]
    Closed {
        /// The one follow-up of the conversation, or that other one.
        #[n(0)]
        follow_up: ConversationId,
    },
}

impl Fate {
    /// Whether a repeat of the operation gets this very fate again, for ever.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Accepted { .. } | Self::Refused { .. } | Self::Closed { .. } => true,
            Self::Void | Self::UnknownDependency | Self::Collision { .. } => false,
        }
    }
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal $text:literal;)*) => {
        /// Why an operation is refused.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            Encode, Decode,
        )]
        #[serde(rename_all = "snake_case")]
        #[cbor(index_only)]
        pub enum Refusal {
            $($(#[$doc])* #[n($code)] $name,)*
        }

        impl Refusal {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The byte that stands for it in storage; the same as on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$name => $code,)* }
            }

            /// What was wrong, and what to do, in English.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

refusals! {
    /// The role does not allow it, or the operation is not one of this participant's document.
    NotAllowed = 0 "your role does not allow this";
    /// The author named is not one of the principal's ids.
    NotYou = 1 "the author is somebody else: write under your own participant id";
    /// Editing, or recalling without the right, what somebody else wrote.
    NotYours = 2 "this message was written by somebody else";
    /// No such message at the operation's dependencies.
    UnknownMessage = 3 "there is no such message in this conversation";
    /// Its author could see that the message was recalled.
    Recalled = 4 "the message was recalled";
    /// After closing, only recalls, notes, category and the like.
    ConversationClosed = 5 "the conversation is closed: start a follow-up";
    /// The id of the operation, message or revision stands for something else.
    IdTaken = 6 "an id was used before for something else: make a new one";
    /// A message or an edit without its words.
    WordsMissing = 7 "the words of the message are missing from the push";
    /// The words are not those that the document commits to.
    WordsDiffer = 8 "the words do not match the commitment";
    /// More characters than allowed.
    TextTooLong = 9 "the text is longer than 10,000 characters: split it into several messages";
    /// Words that are empty, not canonical or outside another bound.
    MalformedWords = 10 "the words are empty or not in their format";
    /// The hash is missing or another than that of the change composed here.
    HashDiffers = 11 "the hash is not that of the change which this operation composes to";
    /// The actor is bound to another principal or document.
    ForeignActor = 12 "the actor belongs to another participant or document: take a new one";
    /// The actor's sequence number was used before.
    ReusedSeq = 13 "the actor's sequence number was used before: take a new actor";
    /// Empty, unsorted, too many, too far apart, or without the actor's own previous change.
    BadDependencies = 14 "the dependencies are malformed or lack the actor's previous change";
    /// A time outside 1970 to 9999.
    ImplausibleTime = 15 "the time is not between 1970 and 9999: check the clock";
    /// The site allows changing only the last message.
    NotTheLast = 16 "this site allows it only for your last message";
    /// The site allows changing messages only for some minutes.
    TooLate = 17 "this site allows it only for some minutes after sending";
    /// The document has as many changes as it may have.
    DocumentFull = 18 "the conversation is full: go on in a follow-up";
    /// Somebody else has the conversation.
    AlreadyClaimed = 19 "somebody else has taken the conversation";
    /// Not a move that the table of statuses allows.
    StatusNotAllowed = 20 "the conversation cannot move to that status from the one it has";
    /// The message was recalled by this participant before.
    AlreadyRecalled = 21 "you have recalled this message before";
    /// The assistant is silent while a human is active.
    HumanActive = 22 "a human is active: the assistant is silent";
    /// The visitor is blocked or may not start more conversations.
    TooMany = 23 "too many new conversations: try again later";
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}

impl From<ContextError> for Fate {
    fn from(error: ContextError) -> Self {
        let code = match error {
            ContextError::UnknownDependency | ContextError::SeqGap => {
                return Self::UnknownDependency;
            }
            // An honest device among hundreds composes it again on what it has pulled by then.
            ContextError::TooManyHeads => return Self::Void,
            ContextError::ReusedSeq => Refusal::ReusedSeq,
            ContextError::NoDependencies
            | ContextError::TooManyDependencies
            | ContextError::UnsortedDependencies
            | ContextError::OwnPreviousMissing
            | ContextError::TooFarApart => Refusal::BadDependencies,
        };
        Self::Refused { code }
    }
}
