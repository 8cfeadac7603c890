//! Commitments: what a document says of words that live beside it.
//!
//! `SHA-256(domain ‖ lp(conversation) ‖ lp(kind) ‖ lp(message) ‖ lp(revision) ‖ lp(author) ‖
//! lp(salt) ‖ lp(body))`, where `lp(x)` is the length of `x` in bytes as a big-endian `u32`,
//! followed by `x`. The salt is random, lives only in the revision's record and goes with it:
//! after a recall the commitment tells nothing, not even whether the word was "yes".

use sha2::{Digest, Sha256};

use crate::conversation::revision::Revision;
use crate::id::{Commitment, DocumentId};

const DOMAIN: &[u8] = b"rejoinder/commitment/1";

/// The commitment to `revision` as words of a message in `document`.
#[must_use]
pub fn commit(document: DocumentId, revision: &Revision) -> Commitment {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    let parts: [&[u8]; 7] = [
        document.conversation.as_bytes(),
        &[document.kind.code()],
        revision.message.as_bytes(),
        revision.id.as_bytes(),
        revision.author.as_bytes(),
        &revision.salt,
        &revision.body,
    ];
    for part in parts {
        // Bounded by `limits::BODY_BYTES`, far below 4 GiB.
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part);
    }
    Commitment(hash.finalize().into())
}
