//! Why a frame is refused or put off.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

#[cfg(doc)]
use crate::wire::ServerFrame;

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $code:literal $text:literal;)*) => {
        /// Why a frame is answered with [`ServerFrame::Refused`] or [`ServerFrame::Retry`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
        #[serde(rename_all = "snake_case")]
        #[cbor(index_only)]
        pub enum Problem {
            $($(#[$doc])* #[n($code)] $name,)*
        }

        impl Problem {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What was wrong, and what to do, in English.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

problems! {
    /// Another protocol version.
    Version = 0 "this server speaks another protocol version: update the client";
    /// A token, or an e-mail address and password, that nobody has.
    Credential = 1 "the token, or the e-mail address and password, are not valid: log in again";
    /// Not a frame.
    Malformed = 2 "the frame is not valid CBOR of this protocol";
    /// Longer than allowed.
    FrameTooLarge = 3 "the frame is larger than 256 KiB";
    /// A frame before its turn, such as one before `Purged`; about a document, an `Open` from a
    /// place that its log does not have.
    OutOfTurn = 4 "the frame came before its turn: say Hello, then Purged";
    /// No such conversation, or none of this principal's: the answer is the same.
    UnknownConversation = 5 "there is no such conversation";
    /// Its rows or its keys are damaged; others are served.
    DamagedConversation = 6 "the conversation is damaged on the server: run `rejoinder verify`";
    /// More than a bound allows.
    TooMuch = 7 "more than the server allows at once: see the limits in Welcome";
    /// The disk is full or fails. Nothing was accepted, nothing is lost, reading goes on.
    Storage = 8 "the server cannot write at the moment: it will be tried again";
    /// More than it can do at the moment.
    Busy = 9 "the server is busy: it will be tried again";
    /// The server is shutting down.
    Closing = 10 "the server is restarting: it will be tried again";
    /// The first frame took too long, or nothing came for too long.
    TimedOut = 11 "nothing came for too long";
    /// A new connection of the same device has taken the place of this one.
    Replaced = 12 "another connection of this device took over";
    /// No such site.
    UnknownSite = 13 "there is no such site";
    /// A page of another origin than the server's own, or than those that the site names.
    Origin = 14 "this page may not connect: add its origin to the site's, or set public_url";
    /// The e-mail address and password are right, and the code of the second factor is missing,
    /// wrong or used.
    CodeNeeded = 15 "a code of the second factor is needed, and each is taken once: send the next";
}

impl core::fmt::Display for Problem {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}
