//! Revisions: the immutable words of a message at one moment, and the format of their body.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::commitment::commit;
use crate::dice::Dice;
use crate::id::{AttachmentId, Commitment, DocumentId, MessageId, ParticipantId, RevisionId};
use crate::limits;
use crate::sealing::SealingKey;

/// The version of the body's format.
const BODY_VERSION: u8 = 1;

/// The words of a message at one moment, as they travel and as stores keep them, sealed.
///
/// It belongs to exactly one message, and every replica checks it against the commitment in the
/// document before keeping it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Revision {
    /// Its id.
    #[n(0)]
    pub id: RevisionId,
    /// The message it belongs to.
    #[n(1)]
    pub message: MessageId,
    /// Who wrote it.
    #[n(2)]
    pub author: ParticipantId,
    /// Random; without it the commitment tells nothing.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// The encoded [`Body`].
    #[cbor(n(4), with = "minicbor::bytes")]
    pub body: Vec<u8>,
}

impl core::fmt::Debug for Revision {
    /// Never the words.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Revision").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Revision {
    /// New words for `message`.
    ///
    /// # Errors
    /// [`BodyError`] when the body is outside its bounds.
    pub fn new(
        message: MessageId,
        author: ParticipantId,
        body: &Body,
        dice: &mut Dice,
    ) -> Result<Self, BodyError> {
        let (id, salt) = (RevisionId::random(dice), dice.bytes());
        Ok(Self { id, message, author, salt, body: body.encode()? })
    }

    /// The commitment to it, as words of a message in `document`.
    #[must_use]
    pub fn commitment(&self, document: DocumentId) -> Commitment {
        commit(document, self)
    }

    /// What it says.
    ///
    /// # Errors
    /// [`BodyError`] when the body is not in its format.
    pub fn read(&self) -> Result<Body, BodyError> {
        Body::decode(&self.body)
    }

    /// Its text alone, where it stands: for scans through many that were read before, and are read
    /// whole when they are shown.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let mut decoder = minicbor::Decoder::new(&self.body);
        decoder.array().ok()?;
        decoder.u8().ok()?;
        decoder.str().ok()
    }
}

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Text in a subset of Markdown: bold, italic, strike, code, lists, quotes and links. Up to
    /// [`limits::TEXT_CHARACTERS`] characters.
    pub text: String,
    /// Descriptions of attachments, up to [`limits::ATTACHMENTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

/// What a revision says of an attachment; its bytes live [beside](crate::attachment), sealed under
/// the key that stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Attachment {
    /// Its id.
    #[n(0)]
    pub id: AttachmentId,
    /// Its file name, up to [`limits::FILE_NAME_CHARACTERS`] characters.
    #[n(1)]
    pub name: String,
    /// Its media type, such as `image/png`.
    #[n(2)]
    pub media_type: String,
    /// Its size in bytes, up to [`limits::ATTACHMENT_BYTES`].
    #[n(3)]
    pub bytes: u64,
    /// SHA-256 of its bytes.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// What its bytes are sealed under. It is for cores, and no view shows it.
    #[cbor(n(5), with = "sealing_key")]
    #[serde(skip_serializing, deserialize_with = "sealing_key::deserialize")]
    pub key: SealingKey,
}

/// A key among other fields: 32 bytes.
mod sealing_key {
    use minicbor::decode::{Decoder, Error};
    use minicbor::encode::{self, Encoder, Write};
    use serde::{Deserialize, Deserializer};

    use crate::sealing::SealingKey;

    pub(super) fn encode<C, W: Write>(
        key: &SealingKey,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.bytes(key.as_bytes()).map(drop)
    }

    pub(super) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<SealingKey, Error> {
        let bytes = decoder.bytes()?.try_into();
        let bytes = bytes.map_err(|_| Error::message("a key has 32 bytes"))?;
        Ok(SealingKey::from_bytes(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SealingKey, D::Error> {
        <[u8; 32]>::deserialize(from).map(SealingKey::from_bytes)
    }
}

/// The encoded form: `[version, text, [attachment, …]]`.
#[derive(Encode, Decode)]
struct Encoded {
    #[n(0)]
    version: u8,
    #[n(1)]
    text: String,
    #[n(2)]
    attachments: Vec<Attachment>,
}

/// A body outside its format or its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing to say.
    #[error("the message is empty: write something or attach a file")]
    Empty,
    /// More than [`limits::TEXT_CHARACTERS`].
    #[error(
        "the text has {characters} characters, at most {} are allowed: split it into several \
         messages",
        limits::TEXT_CHARACTERS
    )]
    TextTooLong {
        /// How many it has.
        characters: usize,
    },
    /// More than [`limits::ATTACHMENTS`].
    #[error("too many attachments: at most {} are allowed", limits::ATTACHMENTS)]
    TooManyAttachments,
    /// A description outside its bounds.
    #[error("an attachment's name, type or size is outside its bounds")]
    Attachment,
    /// Another version, not CBOR, or CBOR that is not in its one canonical form.
    #[error("the body is not version {BODY_VERSION} in canonical CBOR")]
    Format,
}

impl Body {
    /// Plain text without attachments.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), attachments: Vec::new() }
    }

    /// Whether it is inside its bounds.
    ///
    /// # Errors
    /// The bound it breaks.
    pub fn check(&self) -> Result<(), BodyError> {
        if self.text.trim().is_empty() && self.attachments.is_empty() {
            return Err(BodyError::Empty);
        }
        let characters = self.text.chars().count();
        if characters > limits::TEXT_CHARACTERS {
            return Err(BodyError::TextTooLong { characters });
        }
        if self.attachments.len() > limits::ATTACHMENTS {
            return Err(BodyError::TooManyAttachments);
        }
        let inside = |attachment: &Attachment| {
            is_file_name(&attachment.name)
                && (1..=127).contains(&attachment.media_type.len())
                && attachment.bytes <= limits::ATTACHMENT_BYTES
        };
        if self.attachments.iter().all(inside) { Ok(()) } else { Err(BodyError::Attachment) }
    }

    /// Its one canonical encoding.
    ///
    /// # Errors
    /// [`BodyError`] when it is outside its bounds.
    pub fn encode(&self) -> Result<Vec<u8>, BodyError> {
        self.check()?;
        let (text, attachments) = (self.text.clone(), self.attachments.clone());
        Ok(encode(&Encoded { version: BODY_VERSION, text, attachments }))
    }

    /// Reads what [`encode`](Self::encode) made, and only that.
    ///
    /// # Errors
    /// [`BodyError`] when the bytes are not canonical or the body is outside its bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, BodyError> {
        let encoded: Encoded = minicbor::decode(bytes).map_err(|_| BodyError::Format)?;
        if encoded.version != BODY_VERSION || encode(&encoded) != bytes {
            return Err(BodyError::Format);
        }
        let body = Self { text: encoded.text, attachments: encoded.attachments };
        body.check()?;
        // The bounds of the parts keep the whole below it.
        if bytes.len() > limits::BODY_BYTES { Err(BodyError::Format) } else { Ok(body) }
    }
}

/// Whether a file may be called so: in one line, without a folder, and not too long.
pub(crate) fn is_file_name(name: &str) -> bool {
    let plain = |it: char| !it.is_control() && !matches!(it, '/' | '\\' | '\u{2028}' | '\u{2029}');
    (1..=limits::FILE_NAME_CHARACTERS).contains(&name.chars().count()) && name.chars().all(plain)
}

fn encode(encoded: &Encoded) -> Vec<u8> {
    minicbor::to_vec(encoded).unwrap_or_else(|_| unreachable!("a Vec takes every byte"))
}
