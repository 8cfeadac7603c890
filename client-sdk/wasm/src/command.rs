//! What an application tells a client to do, as it comes from JavaScript.

use rejoinder_core::attachment::AttachmentError;
use rejoinder_core::conversation::layout::{Priority, Status};
use rejoinder_core::conversation::revision::{Attachment, Body, BodyError};
use rejoinder_core::id::{
    AttachmentId, CategoryId, ConversationId, DocumentId, DocumentKind, MessageId, OperationId,
    ParticipantId, Seq,
};
use rejoinder_core::replica::{CommandError, Intent};
use rejoinder_core::session::client::{Output, Session};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Signal;
use serde::{Deserialize, Serialize};

/// What an application tells a client to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// A visitor begins a conversation.
    Begin {
        /// Its id, made by the caller: given twice, it is begun once.
        conversation: ConversationId,
    },
    /// Writes a message.
    Send {
        /// Where to.
        conversation: ConversationId,
        /// Its id, made by the caller: given twice, the message is written once.
        message: MessageId,
        /// What it says.
        text: String,
        /// What was attached to it, with the keys.
        #[serde(default)]
        attachments: Vec<Attachment>,
    },
    /// Writes a note.
    Note {
        /// Beside which timeline.
        conversation: ConversationId,
        /// Its id, made by the caller: given twice, the note is written once.
        message: MessageId,
        /// What it says.
        text: String,
        /// What was attached to it, with the keys.
        #[serde(default)]
        attachments: Vec<Attachment>,
    },
    /// Puts another text in place of a message's; its attachments stay.
    Edit {
        /// In which document.
        document: DocumentId,
        /// Of which message.
        message: MessageId,
        /// The words.
        text: String,
    },
    /// Takes a file out of a message; its text and other files stay.
    Detach {
        /// In which document.
        document: DocumentId,
        /// Out of which message.
        message: MessageId,
        /// Which.
        attachment: AttachmentId,
    },
    /// Takes a message back.
    Recall {
        /// In which document.
        document: DocumentId,
        /// Which.
        message: MessageId,
    },
    /// Takes a conversation for oneself.
    Claim {
        /// Which.
        conversation: ConversationId,
    },
    /// Gives a conversation to somebody, or to nobody.
    Assign {
        /// Which.
        conversation: ConversationId,
        /// To whom.
        to: Option<ParticipantId>,
    },
    /// Ends a conversation for good.
    Close {
        /// Which.
        conversation: ConversationId,
    },
    /// Says whose turn it is.
    Status {
        /// Of which conversation.
        conversation: ConversationId,
        /// Whose.
        status: Status,
    },
    /// Says how urgent a conversation is.
    Priority {
        /// Which.
        conversation: ConversationId,
        /// How urgent.
        priority: Priority,
    },
    /// Says what a conversation is about.
    Category {
        /// Which.
        conversation: ConversationId,
        /// What.
        category: Option<CategoryId>,
    },
    /// Makes somebody follow a conversation, or no longer.
    Collaborator {
        /// Which.
        conversation: ConversationId,
        /// Who.
        participant: ParticipantId,
        /// Whether they do.
        follows: bool,
    },
    /// Sends what collided, or was refused, anyway.
    SendAnyway {
        /// In which document.
        document: DocumentId,
        /// Which.
        operation: OperationId,
    },
    /// Gives up what collided or was refused.
    Discard {
        /// In which document.
        document: DocumentId,
        /// Which.
        operation: OperationId,
    },
    /// Keeps what somebody typed.
    Draft {
        /// Into which document it would go.
        document: DocumentId,
        /// Which message it would change.
        message: Option<MessageId>,
        /// What; nothing erases it.
        text: String,
    },
    /// Has seen a document up to a place.
    Seen {
        /// Which.
        document: DocumentId,
        /// Up to where.
        seq: Seq,
    },
    /// Is typing or viewing, or no longer.
    Signal {
        /// In which document.
        document: DocumentId,
        /// What.
        signal: Signal,
    },
    /// Asks for the words of older messages.
    Widen {
        /// Of which conversation.
        conversation: ConversationId,
        /// The words of how many newest messages are to be here.
        messages: usize,
    },
    /// Ends the session for good.
    LogOut {},
}

/// What a command made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The conversation that was begun, or that words went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// The message that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// The operation that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
}

/// Why a command was not carried out. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What went wrong, for programs.
    pub code: &'static str,
    /// What went wrong and what to do, in English.
    pub message: String,
}

impl Fault {
    /// Every code that a command may be answered with, beside `store`.
    pub const CODES: [&str; 16] = [
        "empty",
        "text_too_long",
        "malformed_words",
        "not_open",
        "unknown_message",
        "recalled",
        "not_yours",
        "closed",
        "not_allowed",
        "outbox_full",
        "unknown_operation",
        "no_identity",
        "file_empty",
        "file_too_large",
        "file_type",
        "file_content",
    ];
}

impl From<CommandError> for Fault {
    fn from(error: CommandError) -> Self {
        Self { code: code(error), message: error.to_string() }
    }
}

impl From<AttachmentError> for Fault {
    fn from(error: AttachmentError) -> Self {
        let code = match error {
            AttachmentError::Empty => "file_empty",
            AttachmentError::TooLarge => "file_too_large",
            AttachmentError::Type | AttachmentError::Name => "file_type",
            AttachmentError::Content | AttachmentError::Damaged => "file_content",
        };
        Self { code, message: error.to_string() }
    }
}

/// The codes of [`CommandError`], as applications see them.
const fn code(error: CommandError) -> &'static str {
    match error {
        CommandError::Body(BodyError::Empty) => "empty",
        CommandError::Body(BodyError::TextTooLong { .. }) => "text_too_long",
        CommandError::Body(_) => "malformed_words",
        CommandError::NotOpen => "not_open",
        CommandError::UnknownMessage => "unknown_message",
        CommandError::Recalled => "recalled",
        CommandError::NotYours => "not_yours",
        CommandError::Closed => "closed",
        CommandError::NotAllowed => "not_allowed",
        CommandError::OutboxFull => "outbox_full",
        CommandError::UnknownOperation => "unknown_operation",
        CommandError::NoIdentity => "no_identity",
    }
}

impl Command {
    /// The conversation that must be loaded for it.
    #[must_use]
    pub const fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::LogOut {} => None,
            Self::Begin { conversation }
            | Self::Send { conversation, .. }
            | Self::Note { conversation, .. }
            | Self::Claim { conversation }
            | Self::Assign { conversation, .. }
            | Self::Close { conversation }
            | Self::Status { conversation, .. }
            | Self::Priority { conversation, .. }
            | Self::Category { conversation, .. }
            | Self::Collaborator { conversation, .. }
            | Self::Widen { conversation, .. } => Some(*conversation),
            Self::Edit { document, .. }
            | Self::Detach { document, .. }
            | Self::Recall { document, .. }
            | Self::SendAnyway { document, .. }
            | Self::Discard { document, .. }
            | Self::Draft { document, .. }
            | Self::Seen { document, .. }
            | Self::Signal { document, .. } => Some(document.conversation),
        }
    }

    /// Steps a session by it.
    ///
    /// # Errors
    /// [`CommandError`]; then nothing has changed.
    pub fn run(
        self,
        session: &mut Session,
        now: Timestamp,
    ) -> Result<(Made, Output), CommandError> {
        let none = |output| Ok((Made::default(), output));
        match self {
            Self::Begin { conversation } => {
                let output = session.begin_as(conversation)?;
                Ok((Made { conversation: Some(conversation), ..Made::default() }, output))
            }
            Self::Send { conversation, message, text, attachments } => {
                let body = Body { text, attachments };
                let ((conversation, message), output) =
                    session.send_as(conversation, message, &body, now)?;
                let (conversation, message) = (Some(conversation), Some(message));
                Ok((Made { conversation, message, operation: None }, output))
            }
            Self::Note { conversation, message, text, attachments } => {
                let body = Body { text, attachments };
                let (message, output) = session.note_as(conversation, message, &body, now)?;
                Ok((Made { message: Some(message), ..Made::default() }, output))
            }
            Self::Edit { document, message, text } => {
                none(session.edit_text(document, message, text, now)?)
            }
            Self::Detach { document, message, attachment } => {
                none(session.detach(document, message, attachment, now)?)
            }
            Self::Recall { document, message } => none(session.recall(document, message, now)?),
            Self::SendAnyway { document, operation } => {
                none(session.send_anyway(document, operation, now)?)
            }
            Self::Discard { document, operation } => {
                none(session.discard(document, operation, now)?)
            }
            Self::Draft { document, message, text } => {
                none(session.set_draft(document, message, &text, now)?)
            }
            Self::Seen { document, seq } => none(session.mark_seen(document, seq)),
            Self::Signal { document, signal } => none(session.signal(document, signal)),
            Self::Widen { conversation, messages } => {
                let mut output = Output::default();
                for kind in [DocumentKind::Timeline, DocumentKind::Team] {
                    output.append(session.widen(DocumentId { conversation, kind }, messages));
                }
                none(output)
            }
            Self::LogOut {} => none(session.log_out()),
            Self::Claim { conversation } => intended(session.claim(conversation, now)?),
            Self::Assign { conversation, to } => {
                intended(session.intend(conversation, Intent::Assign(to), now)?)
            }
            Self::Close { conversation } => {
                intended(session.intend(conversation, Intent::Close, now)?)
            }
            Self::Status { conversation, status } => {
                intended(session.intend(conversation, Intent::Status(status), now)?)
            }
            Self::Priority { conversation, priority } => {
                intended(session.intend(conversation, Intent::Priority(priority), now)?)
            }
            Self::Category { conversation, category } => {
                intended(session.intend(conversation, Intent::Category(category), now)?)
            }
            Self::Collaborator { conversation, participant, follows } => {
                let intent = Intent::Collaborator(participant, follows);
                intended(session.intend(conversation, intent, now)?)
            }
        }
    }
}

fn intended((operation, output): (OperationId, Output)) -> Result<(Made, Output), CommandError> {
    Ok((Made { operation: Some(operation), ..Made::default() }, output))
}
