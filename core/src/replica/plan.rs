//! What every store makes of a list of writes before it carries it out, so that all of them keep
//! the promises that do not depend on the medium in the same way.

use std::collections::BTreeSet;

use crate::id::{DocumentId, MessageId, Seq};
use crate::replica::record::Write;

/// A place in a log that no store can keep: they order by signed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no place in a log: it is too large")]
pub struct NoPlace(pub Seq);

/// The writes that are left of a list: none that the list itself wipes, and no words or drafts of
/// a message that was recalled before, or that the same list recalls in whatever place.
///
/// # Errors
/// [`NoPlace`] for a place in a log that no store can keep, and whatever `was_recalled` answers.
pub fn plan<E: From<NoPlace>>(
    mut writes: Vec<Write>,
    mut was_recalled: impl FnMut(DocumentId, MessageId) -> Result<bool, E>,
) -> Result<Vec<Write>, E> {
    let recalled: BTreeSet<(DocumentId, MessageId)> = writes.iter().filter_map(recalls).collect();
    if let Some(last) = writes.iter().rposition(|write| matches!(write, Write::Wipe)) {
        writes.drain(..last);
    }
    let mut kept = Vec::with_capacity(writes.len());
    for write in writes {
        seqs(&write).try_for_each(|seq| place(seq).map(drop))?;
        let refused = match words_of(&write) {
            Some(of) => recalled.contains(&of) || was_recalled(of.0, of.1)?,
            None => false,
        };
        if !refused {
            kept.push(write);
        }
    }
    Ok(kept)
}

/// The place as a signed number, which is what SQLite keeps and orders by.
///
/// # Errors
/// [`NoPlace`].
pub fn place(seq: Seq) -> Result<i64, NoPlace> {
    i64::try_from(seq.0).map_err(|_| NoPlace(seq))
}

fn recalls(write: &Write) -> Option<(DocumentId, MessageId)> {
    if let Write::Recalled(document, message) = write { Some((*document, *message)) } else { None }
}

/// The message whose words a write would keep.
fn words_of(write: &Write) -> Option<(DocumentId, MessageId)> {
    match write {
        Write::Words(document, revision) => Some((*document, revision.message)),
        Write::Draft(at, Some(_)) => at.message.map(|message| (at.document, message)),
        Write::Draft(_, None)
        | Write::Identity(_)
        | Write::Cursors(_)
        | Write::Feed(_)
        | Write::ForgetFeed
        | Write::Entries(..)
        | Write::Replace(..)
        | Write::Waiting(..)
        | Write::Settled(..)
        | Write::EraseWords(..)
        | Write::Recalled(..)
        | Write::Seen(..)
        | Write::DropDocument(_)
        | Write::Wipe => None,
    }
}

/// The places that a write would keep.
fn seqs(write: &Write) -> impl Iterator<Item = Seq> {
    let (entries, seen) = match write {
        Write::Entries(_, entries) | Write::Replace(_, entries) => (entries.as_slice(), None),
        Write::Seen(_, _, seq) => ([].as_slice(), Some(*seq)),
        _ => ([].as_slice(), None),
    };
    entries.iter().map(|entry| entry.seq).chain(seen)
}
