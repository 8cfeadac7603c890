//! Sealing: each revision (and each draft) is encrypted at rest under a key of its own, which
//! lives in a [keyring](crate::keyring). Shredding that key takes the words away wherever their
//! ciphertext lingers.
//!
//! XChaCha20-Poly1305; the nonce is random; the associated data names what was sealed, so that
//! a ciphertext moved to another row does not open.

use chacha20poly1305::aead::{Aead, AeadInOut, KeyInit, Payload};
use chacha20poly1305::{Key as CipherKey, XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::dice::Dice;
use crate::id::{AttachmentId, DocumentId, MessageId, RevisionId};

/// What the associated data of everything that is sealed begins with.
const DOMAIN: &[u8] = b"rejoinder/sealing/1";

/// Bytes of a nonce, which stands before the ciphertext.
const NONCE_BYTES: usize = 24;

/// Bytes of a tag, which stands behind it.
const TAG_BYTES: usize = 16;

/// Bytes that sealing adds.
pub const MORE_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// A random 32-byte key, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// A new key.
    #[must_use]
    pub fn random(dice: &mut Dice) -> Self {
        Self(dice.bytes())
    }

    /// The key with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for the keyring only.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl core::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealingKey")
    }
}

/// What a ciphertext is of. It is authenticated with it and stored nowhere inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The words of one revision.
    Revision {
        /// The document it stands beside.
        document: DocumentId,
        /// The message whose words they are.
        message: MessageId,
        /// The revision.
        revision: RevisionId,
    },
    /// A draft: what somebody typed and has not sent.
    Draft {
        /// The document it would be sent to.
        document: DocumentId,
    },
    /// The bytes of an attachment. Its id is random and used once: where it stands is not said, for
    /// a message that follows a closed conversation takes it along.
    Attachment {
        /// Which.
        id: AttachmentId,
    },
}

impl Sealed {
    fn associated_data(self) -> Vec<u8> {
        let mut data = Vec::with_capacity(DOMAIN.len() + 2 + 3 * 16);
        data.extend_from_slice(DOMAIN);
        let (tag, document) = match self {
            Self::Revision { document, .. } => (0, document),
            Self::Draft { document } => (1, document),
            Self::Attachment { id } => {
                data.push(2);
                data.extend_from_slice(id.as_bytes());
                return data;
            }
        };
        data.push(tag);
        data.extend_from_slice(document.conversation.as_bytes());
        data.push(document.kind.code());
        if let Self::Revision { message, revision, .. } = self {
            data.extend_from_slice(message.as_bytes());
            data.extend_from_slice(revision.as_bytes());
        }
        data
    }
}

/// The ciphertext does not open: another key, another place, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed words do not open under their key: the record is damaged or was moved")]
pub struct OpenError;

/// Encrypts `plain`: a random nonce, then ciphertext and tag.
#[must_use]
pub fn seal(key: &SealingKey, what: Sealed, plain: &[u8], dice: &mut Dice) -> Vec<u8> {
    let nonce: [u8; NONCE_BYTES] = dice.bytes();
    // In place: an attachment is large, and a browser's memory that grew stays.
    let mut sealed = Vec::with_capacity(plain.len() + MORE_BYTES);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = XChaCha20Poly1305::new(&CipherKey::from(key.0))
        .encrypt_inout_detached(
            &XNonce::from(nonce),
            &what.associated_data(),
            sealed[NONCE_BYTES..].as_mut().into(),
        )
        .unwrap_or_else(|_| unreachable!("XChaCha20 seals up to 256 GiB; what is said is bounded"));
    sealed.extend_from_slice(&tag);
    sealed
}

/// Decrypts what [`seal`] made.
///
/// # Errors
/// [`OpenError`] when key, place or bytes are not those of the sealing.
pub fn open(key: &SealingKey, what: Sealed, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError)?;
    let payload = Payload { msg: ciphertext, aad: &what.associated_data() };
    XChaCha20Poly1305::new(&CipherKey::from(key.0))
        .decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| OpenError)
}

#[cfg(test)]
mod tests {
    use super::{OpenError, Sealed, SealingKey, open, seal};
    use crate::dice::Dice;
    use crate::id::{ConversationId, DocumentId, MessageId, RevisionId};

    #[test]
    fn st1_sealed_words_open_only_in_their_place_and_under_their_key() {
        let dice = &mut Dice::from_seed([1; 32]);
        let document = DocumentId::timeline(ConversationId::random(dice));
        let place = Sealed::Revision {
            document,
            message: MessageId::random(dice),
            revision: RevisionId::random(dice),
        };
        let key = SealingKey::random(dice);
        let sealed = seal(&key, place, b"yes", dice);
        assert_eq!(open(&key, place, &sealed).as_deref(), Ok(b"yes".as_slice()));
        assert_eq!(open(&SealingKey::random(dice), place, &sealed), Err(OpenError));
        assert_eq!(open(&key, Sealed::Draft { document }, &sealed), Err(OpenError));
        assert_eq!(open(&key, place, &sealed[..20]), Err(OpenError));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(open(&key, place, &damaged), Err(OpenError));
        }
    }
}
