//! What stands in a document. This is the only file that knows document keys and the bytes of
//! their values.
//!
//! A document is one flat map of scalars; a change puts one key, and nothing is ever deleted.
//! No words stand here, nor anything that derives from words.
//!
//! | key | value | document | rule |
//! |---|---|---|---|
//! | `format` | `1` | both | the genesis |
//! | `message/<id>` | [`MessageValue`] | both | created once |
//! | `edit/<id>` | [`EditValue`] | both | register: the highest Automerge op id wins |
//! | `recall/<id>` | `true` | both | grow-only, beats every edit |
//! | `status` | 1 byte | timeline | register |
//! | `assignee` | 16 bytes or null | timeline | register |
//! | `closed` | `true` | timeline | grow-only, final |
//! | `priority` | 1 byte | team | register |
//! | `category` | 16 bytes or null | team | register |
//! | `collaborator/<id>` | boolean | team | register |

use core::fmt;

use automerge::ScalarValue;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::{CategoryId, Commitment, DocumentKind, MessageId, ParticipantId, RevisionId};
use crate::time::Timestamp;

/// The version of this layout, which a document's genesis states.
pub const FORMAT: u64 = 1;

/// A key of a document's root map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The layout's version.
    Format,
    /// A message's creation.
    Message(MessageId),
    /// A message's newest words.
    Edit(MessageId),
    /// That a message was taken back.
    Recall(MessageId),
    /// Whose turn it is.
    Status,
    /// Which agent has it.
    Assignee,
    /// That it is over.
    Closed,
    /// How urgent it is.
    Priority,
    /// What it is about.
    Category,
    /// Who follows it.
    Collaborator(ParticipantId),
}

impl Key {
    /// Whether this key may stand in documents of `kind`.
    #[must_use]
    pub const fn belongs_to(self, kind: DocumentKind) -> bool {
        match self {
            Self::Format | Self::Message(_) | Self::Edit(_) | Self::Recall(_) => true,
            Self::Status | Self::Assignee | Self::Closed => {
                matches!(kind, DocumentKind::Timeline)
            }
            Self::Priority | Self::Category | Self::Collaborator(_) => {
                matches!(kind, DocumentKind::Team)
            }
        }
    }

    /// The key that a document spells like this.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.split_once('/') {
            Some(("message", id)) => Self::Message(id.parse().ok()?),
            Some(("edit", id)) => Self::Edit(id.parse().ok()?),
            Some(("recall", id)) => Self::Recall(id.parse().ok()?),
            Some(("collaborator", id)) => Self::Collaborator(id.parse().ok()?),
            Some(_) => return None,
            None => match text {
                "format" => Self::Format,
                "status" => Self::Status,
                "assignee" => Self::Assignee,
                "closed" => Self::Closed,
                "priority" => Self::Priority,
                "category" => Self::Category,
                _ => return None,
            },
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => f.write_str("format"),
            Self::Message(id) => write!(f, "message/{id}"),
            Self::Edit(id) => write!(f, "edit/{id}"),
            Self::Recall(id) => write!(f, "recall/{id}"),
            Self::Status => f.write_str("status"),
            Self::Assignee => f.write_str("assignee"),
            Self::Closed => f.write_str("closed"),
            Self::Priority => f.write_str("priority"),
            Self::Category => f.write_str("category"),
            Self::Collaborator(id) => write!(f, "collaborator/{id}"),
        }
    }
}

/// Who speaks in a message with words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Kind {
    /// The visitor.
    #[n(0)]
    Visitor,
    /// A human agent.
    #[n(1)]
    Agent,
    /// The AI.
    #[n(2)]
    Assistant,
    /// A human agent, to the team only.
    #[n(3)]
    Note,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Visitor => 0,
            Self::Agent => 1,
            Self::Assistant => 2,
            Self::Note => 3,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Visitor,
            1 => Self::Agent,
            2 => Self::Assistant,
            3 => Self::Note,
            _ => return None,
        })
    }

    /// The document that messages of this kind stand in.
    #[must_use]
    pub const fn document(self) -> DocumentKind {
        match self {
            Self::Visitor | Self::Agent | Self::Assistant => DocumentKind::Timeline,
            Self::Note => DocumentKind::Team,
        }
    }
}

macro_rules! codes {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            Encode, Decode,
        )]
        #[serde(rename_all = "snake_case")]
        #[cbor(index_only)]
        pub enum $name {
            $($(#[$vdoc])* #[n($code)] $variant,)*
        }

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The byte that stands for it in documents.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)* }
            }

            /// The one with this [`code`](Self::code).
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

codes! {
    /// Whose turn it is in an open conversation. A document without one is waiting for a human.
    Status {
        /// The assistant answers.
        ActiveAi = 0,
        /// A human is asked for and none has it yet.
        WaitingForHuman = 1,
        /// A human answers; the assistant is silent.
        ActiveHuman = 2,
        /// Nobody was online: the visitor is asked how to be reached.
        AwaitingOfflineInfo = 3,
    }
    /// How urgent a conversation is.
    Priority {
        /// Can wait.
        Low = 0,
        /// As usual.
        Medium = 1,
        /// Soon.
        High = 2,
        /// Now.
        Urgent = 3,
    }
    /// What a system message announces. Clients word it in their reader's language.
    Notice {
        /// An agent, the subject, took the conversation.
        Claimed = 0,
        /// The conversation was put back among those waiting.
        Released = 1,
        /// It was closed; the subject is who did it, none the server itself.
        Closed = 2,
        /// The assistant answers again.
        RestoredToAi = 3,
        /// Nobody has written for long: it will be closed unless somebody does.
        Closing = 4,
    }
}

impl Status {
    /// What a document without a status is in.
    pub const INITIAL: Self = Self::WaitingForHuman;
}

/// What a document says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageValue {
    /// Who wrote it.
    pub author: ParticipantId,
    /// When, by its author's clock.
    pub composed_at: Timestamp,
    /// What it is.
    pub content: Content,
}

/// What a message consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Words, which live beside the document.
    Words {
        /// Who speaks.
        kind: Kind,
        /// Its first revision.
        revision: RevisionId,
        /// The commitment to that revision.
        commitment: Commitment,
    },
    /// A notice of the system, without words.
    System {
        /// What happened.
        notice: Notice,
        /// To or by whom.
        subject: Option<ParticipantId>,
    },
}

/// What a document says of a message's newest words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EditValue {
    /// Who edited: the message's author.
    pub author: ParticipantId,
    /// When, by that author's clock.
    pub composed_at: Timestamp,
    /// The revision that takes the place of the one before.
    pub revision: RevisionId,
    /// The commitment to it.
    pub commitment: Commitment,
}

/// The value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of [`Key::Format`].
    Format(u64),
    /// Of [`Key::Message`].
    Message(MessageValue),
    /// Of [`Key::Edit`].
    Edit(EditValue),
    /// Of [`Key::Recall`].
    Recalled,
    /// Of [`Key::Status`].
    Status(Status),
    /// Of [`Key::Assignee`].
    Assignee(Option<ParticipantId>),
    /// Of [`Key::Closed`].
    Closed,
    /// Of [`Key::Priority`].
    Priority(Priority),
    /// Of [`Key::Category`].
    Category(Option<CategoryId>),
    /// Of [`Key::Collaborator`].
    Follows(bool),
}

/// The first byte of a message's value, and of an edit's.
const VALUE_VERSION: u8 = 1;
/// The second byte of a system message's value, beyond the codes of [`Kind`].
const SYSTEM: u8 = 16;

impl Value {
    /// The scalar that a document keeps.
    #[must_use]
    pub fn to_scalar(&self) -> ScalarValue {
        match self {
            Self::Format(version) => ScalarValue::Uint(*version),
            Self::Message(message) => ScalarValue::Bytes(message.to_bytes()),
            Self::Edit(edit) => ScalarValue::Bytes(edit.to_bytes()),
            Self::Recalled | Self::Closed => ScalarValue::Boolean(true),
            Self::Status(status) => ScalarValue::Bytes(vec![status.code()]),
            Self::Priority(priority) => ScalarValue::Bytes(vec![priority.code()]),
            Self::Assignee(id) => optional(id.as_ref().map(ParticipantId::as_bytes)),
            Self::Category(id) => optional(id.as_ref().map(CategoryId::as_bytes)),
            Self::Follows(follows) => ScalarValue::Boolean(*follows),
        }
    }

    /// Who wrote the words it names, if it names some.
    #[must_use]
    pub const fn author(&self) -> Option<ParticipantId> {
        match self {
            Self::Message(MessageValue { author, content: Content::Words { .. }, .. })
            | Self::Edit(EditValue { author, .. }) => Some(*author),
            Self::Message(_)
            | Self::Format(_)
            | Self::Recalled
            | Self::Status(_)
            | Self::Assignee(_)
            | Self::Closed
            | Self::Priority(_)
            | Self::Category(_)
            | Self::Follows(_) => None,
        }
    }

    /// The value of `key` that a document keeps as `scalar`.
    #[must_use]
    pub fn from_scalar(key: Key, scalar: &ScalarValue) -> Option<Self> {
        Some(match (key, scalar) {
            (Key::Format, ScalarValue::Uint(version)) => Self::Format(*version),
            (Key::Message(_), ScalarValue::Bytes(b)) => Self::Message(MessageValue::read(b)?),
            (Key::Edit(_), ScalarValue::Bytes(b)) => Self::Edit(EditValue::read(b)?),
            (Key::Recall(_), ScalarValue::Boolean(true)) => Self::Recalled,
            (Key::Closed, ScalarValue::Boolean(true)) => Self::Closed,
            (Key::Status, ScalarValue::Bytes(b)) => Self::Status(Status::from_code(single(b)?)?),
            (Key::Priority, ScalarValue::Bytes(b)) => {
                Self::Priority(Priority::from_code(single(b)?)?)
            }
            (Key::Assignee, ScalarValue::Null) => Self::Assignee(None),
            (Key::Assignee, ScalarValue::Bytes(b)) => {
                Self::Assignee(Some(ParticipantId::from_bytes(b.as_slice().try_into().ok()?)))
            }
            (Key::Category, ScalarValue::Null) => Self::Category(None),
            (Key::Category, ScalarValue::Bytes(b)) => {
                Self::Category(Some(CategoryId::from_bytes(b.as_slice().try_into().ok()?)))
            }
            (Key::Collaborator(_), ScalarValue::Boolean(follows)) => Self::Follows(*follows),
            _ => return None,
        })
    }
}

fn optional(id: Option<&[u8; 16]>) -> ScalarValue {
    id.map_or(ScalarValue::Null, |bytes| ScalarValue::Bytes(bytes.to_vec()))
}

fn single(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [byte] => Some(*byte),
        _ => None,
    }
}

/// Takes fixed parts from the front of a value.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn participant(&mut self) -> Option<ParticipantId> {
        self.take().map(ParticipantId::from_bytes)
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.take().map(i64::from_be_bytes).map(Timestamp::from_millis)
    }

    fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

impl MessageValue {
    /// `version | kind | author | composed-at | revision | commitment`, or, of a system message,
    /// `version | 16 | author | composed-at | notice | subject, zeros for none`.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(74);
        bytes.push(VALUE_VERSION);
        bytes.push(match self.content {
            Content::Words { kind, .. } => kind.code(),
            Content::System { .. } => SYSTEM,
        });
        bytes.extend_from_slice(self.author.as_bytes());
        bytes.extend_from_slice(&self.composed_at.as_millis().to_be_bytes());
        match self.content {
            Content::Words { revision, commitment, .. } => {
                bytes.extend_from_slice(revision.as_bytes());
                bytes.extend_from_slice(&commitment.0);
            }
            Content::System { notice, subject } => {
                bytes.push(notice.code());
                bytes.extend_from_slice(subject.map_or([0; 16], |id| *id.as_bytes()).as_slice());
            }
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        (reader.byte()? == VALUE_VERSION).then_some(())?;
        let tag = reader.byte()?;
        let (author, composed_at) = (reader.participant()?, reader.time()?);
        let content = if tag == SYSTEM {
            let notice = Notice::from_code(reader.byte()?)?;
            let subject = reader.take::<16>()?;
            let subject = (subject != [0; 16]).then(|| ParticipantId::from_bytes(subject));
            Content::System { notice, subject }
        } else {
            Content::Words {
                kind: Kind::from_code(tag)?,
                revision: RevisionId::from_bytes(reader.take()?),
                commitment: Commitment(reader.take()?),
            }
        };
        reader.end(Self { author, composed_at, content })
    }
}

impl EditValue {
    /// `version | author | composed-at | revision | commitment`.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(73);
        bytes.push(VALUE_VERSION);
        bytes.extend_from_slice(self.author.as_bytes());
        bytes.extend_from_slice(&self.composed_at.as_millis().to_be_bytes());
        bytes.extend_from_slice(self.revision.as_bytes());
        bytes.extend_from_slice(&self.commitment.0);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        (reader.byte()? == VALUE_VERSION).then_some(())?;
        let value = Self {
            author: reader.participant()?,
            composed_at: reader.time()?,
            revision: RevisionId::from_bytes(reader.take()?),
            commitment: Commitment(reader.take()?),
        };
        reader.end(value)
    }
}
