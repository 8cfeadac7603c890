//! The protocol's frames: CBOR arrays, one frame a binary WebSocket message.
//!
//! `docs/wire.md` describes them for people who write a client without this crate; golden files
//! pin their bytes. Wire types are not domain types: the sessions translate.

mod client;
mod feed;
mod notice;
mod problem;
mod server;

use crate::limits;

pub use client::{ClientFrame, Credential, Hello, Keeping, Signal};
pub use feed::{FeedRow, NewestMessage, TeamRow};
pub use notice::{Notification, NotificationKind, Offer};
pub use problem::Problem;
pub use server::{
    ErasureOrder, Limits, LogEntry, OperationFate, Order, OrderRow, ParticipantSignal, Progress,
    ServerFrame, Welcome,
};

/// The version of this protocol. A server names the one it speaks when it refuses another.
pub const VERSION: u16 = 3;

/// Bytes that are not a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Longer than [`limits::FRAME_BYTES`].
    #[error("the frame has {0} bytes, at most {max} are allowed", max = limits::FRAME_BYTES)]
    TooLarge(usize),
    /// Not CBOR of this protocol.
    #[error("the frame is not valid CBOR of this protocol: {0}")]
    Malformed(String),
}

macro_rules! codec {
    ($($frame:ident),*) => {$(
        impl $frame {
            /// Its bytes.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                minicbor::to_vec(self).unwrap_or_else(|_| unreachable!("a Vec takes every byte"))
            }

            /// The frame that these bytes are: all of them, and nothing more.
            ///
            /// # Errors
            /// [`FrameError`] when they are too many or not a frame.
            pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
                if bytes.len() > limits::FRAME_BYTES {
                    return Err(FrameError::TooLarge(bytes.len()));
                }
                let mut decoder = minicbor::Decoder::new(bytes);
                let frame = decoder
                    .decode()
                    .map_err(|error| FrameError::Malformed(error.to_string()))?;
                if decoder.position() != bytes.len() {
                    return Err(FrameError::Malformed("bytes follow the frame".to_owned()));
                }
                Ok(frame)
            }
        }
    )*};
}

codec!(ClientFrame, ServerFrame);
