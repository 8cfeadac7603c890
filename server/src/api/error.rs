//! The one envelope: `{"error": {"code", "message"}}`, with the field that was wrong where one was.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::directory::{AuthError, DirectoryError, PasswordError};

/// Why a request was not carried out. The code is for programs, the message for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// Nothing stands there.
    Unknown,
    /// Something does, but is asked for otherwise.
    WrongMethod,
    /// No site has this id.
    UnknownSite,
    /// Nothing has this id, or it is not for the asker.
    NotFound,
    /// There is no such conversation, or not for them: the answer is the same.
    UnknownConversation,
    /// The message was recalled.
    Recalled,
    /// Its message was recalled, or describes it no more.
    AttachmentGone,
    /// Its message is there, and its bytes did not come yet.
    AttachmentNotThere,
    /// Its message is there, and its bytes were not taken.
    AttachmentNotTaken,
    /// A conversation holds as many files as one may.
    FilesFull,
    /// Nobody has this link, or it is worth nothing any more.
    UnknownLink,
    /// `Authorization` holds no bearer token.
    NoToken,
    /// Nobody has this token.
    InvalidToken,
    /// Somebody had it.
    RevokedToken,
    /// The token is that of an agent, and what was asked for is a visitor's.
    VisitorsOnly,
    /// The token is that of a visitor, and what was asked for is an agent's.
    AgentsOnly,
    /// The role does not allow it.
    NotAllowed,
    /// Nothing that this visitor sends is taken.
    Blocked,
    /// What was sent is not what is expected there.
    Malformed,
    /// What stands after `?` is not what is expected there.
    BadQuery,
    /// Nothing to look for, or too much of it.
    BadSearch,
    /// Too many ask for the same at once.
    Busy,
    /// What was sent is longer than anything that is expected there.
    TooLarge,
    /// A field is not as it may be.
    Invalid {
        /// Which.
        field: &'static str,
        /// What it may be.
        message: &'static str,
    },
    /// It does not go together with what is there.
    Conflict(Conflict),
    /// Too often.
    TooMany {
        /// Seconds to wait.
        after_seconds: u64,
    },
    /// A word of the demo's search that is too short to mean anything, or too long to be one.
    BadWord,
    /// The disk is full or fails.
    Storage,
}

/// What does not go together with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The id stands for something else.
    Id,
    /// Another one is called so.
    Name,
    /// Another canned response has the shortcut.
    Shortcut,
    /// Another agent logs in with the address.
    Email,
    /// Somebody else has changed it since.
    ChangedMeanwhile,
    /// Nobody would be left who may do everything.
    LastOwner,
    /// One would shut oneself out.
    Oneself,
    /// The agent may do nothing.
    Disabled,
    /// There is a second factor already.
    SecondFactorOn,
    /// There is no second factor to confirm.
    NotBegun,
    /// Nothing is kept of the visitor any more.
    Erased,
    /// One's own second factor goes by one's password.
    OwnFactor,
}

/// What went wrong at the server itself: the log says more than strangers are told.
pub(super) fn fault(error: &dyn std::error::Error) -> ApiError {
    tracing::warn!(%error, "a request was not answered");
    ApiError::Storage
}

impl From<DirectoryError> for ApiError {
    fn from(error: DirectoryError) -> Self {
        use DirectoryError as E;
        let invalid = |field, message| Self::Invalid { field, message };
        match error {
            E::Missing(_) | E::Folder { .. } | E::Newer { .. } | E::Begun | E::Storage(_) => {
                fault(&error)
            }
            E::UnknownSite(_) => Self::UnknownSite,
            E::UnknownAgent(_) | E::UnknownVisitor(_) | E::UnknownTicket => Self::NotFound,
            E::UnknownLink => Self::UnknownLink,
            E::EmailTaken(_) => Self::Conflict(Conflict::Email),
            E::IdTaken => Self::Conflict(Conflict::Id),
            E::NameTaken => Self::Conflict(Conflict::Name),
            E::ShortcutTaken => Self::Conflict(Conflict::Shortcut),
            E::ChangedMeanwhile => Self::Conflict(Conflict::ChangedMeanwhile),
            E::LastOwner => Self::Conflict(Conflict::LastOwner),
            E::Erased => Self::Conflict(Conflict::Erased),
            E::Disabled => Self::Conflict(Conflict::Disabled),
            E::BadName => invalid("name", "use 1 to 100 characters, in one line"),
            E::OtherName => invalid("name", "this is not its name: type it as it stands there"),
            E::BadAnswer => {
                invalid("answers", "one is missing, is not as it may be, or was not asked for")
            }
            E::BadShortcut => invalid("shortcut", "use 1 to 40 letters, digits, - and _"),
            E::BadText => invalid("text", "it is empty, or longer than 10,000 characters"),
            E::BadSubject => invalid("subject", "use 1 to 200 characters, in one line"),
            E::BadUrl => invalid("url", "expected one of http or https, of at most 2,000 bytes"),
            E::BadSetting(field) => invalid(field, "it is out of its bounds: see the description"),
            E::NotOnSite(_) => {
                invalid("assignee", "they do not answer on this site: assign them to it first")
            }
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Wipe => Self::RevokedToken,
            AuthError::Directory(error) => error.into(),
            AuthError::TooMany { after_millis } => {
                Self::TooMany { after_seconds: after_millis.div_ceil(1_000) }
            }
            AuthError::Invalid | AuthError::UnknownSite | AuthError::CodeNeeded => {
                Self::InvalidToken
            }
        }
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        let message = match error {
            PasswordError::Empty | PasswordError::TooShort { .. } => {
                "choose one of at least 10 characters, such as four words"
            }
            PasswordError::TooLong => "choose one of at most 256 characters",
            PasswordError::Monotonous => {
                "it is the same few characters again and again: choose another"
            }
        };
        Self::Invalid { field: "password", message }
    }
}

/// Status, code, and what people read.
type Parts = (StatusCode, &'static str, &'static str);

impl ApiError {
    const fn parts(self) -> Parts {
        match self {
            Self::Unknown
            | Self::WrongMethod
            | Self::UnknownSite
            | Self::NotFound
            | Self::UnknownConversation
            | Self::Recalled
            | Self::AttachmentGone
            | Self::AttachmentNotThere
            | Self::AttachmentNotTaken
            | Self::UnknownLink => self.missing(),
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "what was sent is not what is expected here: compare it with the documentation",
            ),
            Self::BadQuery => (
                StatusCode::BAD_REQUEST,
                "bad_query",
                "what stands after `?` is not expected here: compare it with the documentation",
            ),
            Self::BadSearch => {
                (StatusCode::BAD_REQUEST, "bad_search", "look for 2 to 200 characters")
            }
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "too many ask for this at once: try again in a moment",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "what was sent is longer than anything that is expected here: shorten it",
            ),
            Self::FilesFull => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "files_full",
                "this conversation holds 500 MB of files, more than which none does: send a link",
            ),
            Self::Invalid { message, .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", message),
            Self::Conflict(conflict) => conflict.parts(),
            Self::TooMany { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many", "that was too often: try again later")
            }
            Self::BadWord => (
                StatusCode::BAD_REQUEST,
                "bad_word",
                "choose 5 to 200 characters: a shorter word stands in sealed ones by chance",
            ),
            Self::Storage => (
                StatusCode::SERVICE_UNAVAILABLE,
                "storage",
                "the server cannot read what it keeps: try again in a moment",
            ),
            Self::NoToken | Self::InvalidToken | Self::RevokedToken => self.credential(),
            Self::VisitorsOnly | Self::AgentsOnly | Self::NotAllowed | Self::Blocked => {
                self.forbidden()
            }
        }
    }

    /// Nothing is there, or nothing that is for them.
    const fn missing(self) -> Parts {
        match self {
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                "unknown",
                "there is nothing at this address: compare it with the documentation",
            ),
            Self::WrongMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "wrong_method",
                "this address is asked with another method: the header Allow names it",
            ),
            Self::UnknownSite => (
                StatusCode::NOT_FOUND,
                "unknown_site",
                "there is no such site: compare its id with `rejoinder site list`",
            ),
            Self::UnknownConversation => (
                StatusCode::NOT_FOUND,
                "unknown_conversation",
                "there is no such conversation, or you may not see it: compare its id",
            ),
            Self::Recalled => (
                StatusCode::GONE,
                "recalled",
                "the message was recalled: nothing keeps any of its words",
            ),
            Self::AttachmentGone => (
                StatusCode::GONE,
                "attachment_gone",
                "the file was taken back, or is in no message: nothing keeps it",
            ),
            Self::AttachmentNotThere => (
                StatusCode::NOT_FOUND,
                "not_there_yet",
                "whoever wrote the message is still sending the file: ask again in a moment",
            ),
            Self::AttachmentNotTaken => (
                StatusCode::NOT_FOUND,
                "not_taken",
                "the server did not take the file: ask whoever wrote the message to send it anew",
            ),
            Self::UnknownLink => (
                StatusCode::NOT_FOUND,
                "unknown_link",
                "the link is not valid any more: ask for another",
            ),
            _ => (
                StatusCode::NOT_FOUND,
                "not_found",
                "there is no such thing, or it is on a site that you do not work on",
            ),
        }
    }

    const fn credential(self) -> Parts {
        let (code, message) = match self {
            Self::NoToken => (
                "no_token",
                "a token is expected in the header Authorization, as in `Bearer TOKEN`",
            ),
            Self::RevokedToken => (
                "revoked_token",
                "the token is revoked: erase what it gave access to, and log in again",
            ),
            _ => ("invalid_token", "the token is not valid: log in again"),
        };
        (StatusCode::UNAUTHORIZED, code, message)
    }

    const fn forbidden(self) -> Parts {
        let (code, message) = match self {
            Self::VisitorsOnly => ("visitors_only", "this is for visitors: use their token"),
            Self::AgentsOnly => ("agents_only", "this is for agents: log in as one"),
            Self::Blocked => ("blocked", "nothing more is taken from you here"),
            _ => ("not_allowed", "your role does not allow this: ask an admin to do it"),
        };
        (StatusCode::FORBIDDEN, code, message)
    }

    /// Which field was wrong.
    const fn field(self) -> Option<&'static str> {
        match self {
            Self::Invalid { field, .. } => Some(field),
            Self::Conflict(Conflict::Name) => Some("name"),
            Self::Conflict(Conflict::Shortcut) => Some("shortcut"),
            Self::Conflict(Conflict::Email) => Some("email"),
            _ => None,
        }
    }
}

impl Conflict {
    const fn parts(self) -> Parts {
        let (code, message) = match self {
            Self::Id => ("id_taken", "this id was used before for something else: make a new one"),
            Self::Name => ("name_taken", "another one of the site has this name: choose another"),
            Self::Shortcut => {
                ("shortcut_taken", "another canned response has this shortcut: choose another")
            }
            Self::Email => {
                ("email_taken", "another agent logs in with this address: choose another")
            }
            Self::ChangedMeanwhile => (
                "changed_meanwhile",
                "somebody else has changed it: look at what it is now, and change that",
            ),
            Self::LastOwner => (
                "last_owner",
                "this is the last owner who can log in: make somebody else an owner first",
            ),
            Self::Oneself => ("oneself", "you would shut yourself out: ask another admin to do it"),
            Self::Disabled => ("disabled", "the agent is disabled: enable them first"),
            Self::SecondFactorOn => {
                ("second_factor_on", "there is a second factor already: remove that one first")
            }
            Self::Erased => ("erased", "this visitor was erased: nothing can be kept of them"),
            Self::OwnFactor => ("own_second_factor", "remove your own one with your password"),
            Self::NotBegun => ("not_begun", "no second factor was begun: begin with your password"),
        };
        (StatusCode::CONFLICT, code, message)
    }
}

/// What every request is answered with that was not carried out.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure {
    error: Reason,
}

/// Why it was not.
#[derive(Serialize, ToSchema)]
struct Reason {
    /// For programs.
    code: &'static str,
    /// For people: what was wrong, and what to do.
    message: &'static str,
    /// Which field was wrong, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let ((status, code, message), field) = (self.parts(), self.field());
        let failure = Failure { error: Reason { code, message, field } };
        let mut response = (status, Json(failure)).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if let Self::TooMany { after_seconds } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after_seconds));
        }
        response
    }
}

/// For what stands nowhere.
pub(crate) async fn unknown() -> ApiError {
    ApiError::Unknown
}

/// For what is asked otherwise.
pub(crate) async fn wrong_method() -> ApiError {
    ApiError::WrongMethod
}
