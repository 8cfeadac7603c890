//! What a site allows, and who may move a conversation between statuses: the tables that the
//! authority consults.

use core::fmt;
use core::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::conversation::layout::Status;
use crate::principal::Role;

/// Which of their messages people may still change.
///
/// `Last` and `Minutes` are judged by what the operation says its author could see and when, which
/// can be claimed: they are courtesies for honest people, not barriers.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Any of them.
    #[default]
    #[n(0)]
    Any,
    /// Their last one.
    #[n(1)]
    Last,
    /// Those accepted at most this many minutes before.
    #[n(2)]
    Minutes(#[n(0)] u32),
}

/// A text that is not a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a window: write any, last or minutes(15)")]
pub struct ParseWindowError(String);

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Last => f.write_str("last"),
            Self::Minutes(minutes) => write!(f, "minutes({minutes})"),
        }
    }
}

impl FromStr for Window {
    type Err = ParseWindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let minutes = || text.strip_prefix("minutes(")?.strip_suffix(')')?.parse().ok();
        match text {
            "any" => Ok(Self::Any),
            "last" => Ok(Self::Last),
            _ => minutes()
                .map(Self::Minutes)
                .ok_or_else(|| ParseWindowError(text.chars().take(64).collect())),
        }
    }
}

/// What a site allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Policy {
    /// Which of their own messages agents may edit. Default: any.
    #[n(0)]
    pub edit: Window,
    /// Which of their own messages agents may recall. Default: any.
    #[n(1)]
    pub recall: Window,
    /// Whether visitors may edit their own, within [`Self::edit`]. Default: no.
    #[n(2)]
    pub visitor_edits: bool,
    /// Whether visitors may recall their own, within [`Self::recall`]. Default: no.
    #[n(3)]
    pub visitor_recalls: bool,
}

/// Whether somebody with `role` may move an open conversation from one status to another.
#[must_use]
pub const fn may_move(from: Status, to: Status, role: Role) -> bool {
    use Status::{ActiveAi, ActiveHuman, AwaitingOfflineInfo, WaitingForHuman};
    match role {
        Role::Server => true,
        Role::Visitor => matches!(
            (from, to),
            // The visitor asks for a human, or has left how to be reached.
            (ActiveAi | AwaitingOfflineInfo, WaitingForHuman)
        ),
        Role::Assistant => {
            from.code() == to.code()
                || matches!((from, to), (ActiveAi, WaitingForHuman | AwaitingOfflineInfo))
        }
        Role::Agent(_) => match to {
            ActiveHuman | ActiveAi | WaitingForHuman => true,
            // Only the system finds out that nobody is online.
            AwaitingOfflineInfo => matches!(from, AwaitingOfflineInfo),
        },
    }
}
