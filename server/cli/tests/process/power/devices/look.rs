//! What must be so on a device after a power cut, whatever its disk had and had not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rejoinder_harness::client::id::{KeyId, MessageId};
use rejoinder_harness::client::{
    Client, ClientOptions, Composer, Conversation, Credential, MessageView, Network, Place, Role,
    Words,
};
use rejoinder_harness::core::keyring::{Found, Slot};
use rejoinder_harness::search::Needles;

use super::book::{Book, Device, Message, Pages, State};
use crate::power::check::{Key, Wrong, open_ring};
use crate::power::{MARKER, Moment};

/// The keys on one device, as far as they were ever seen, and of which message each was; of none
/// are those of drafts and of the log-in.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    all: BTreeMap<Key, Option<MessageId>>,
    /// When all was quiet: what nothing named any more.
    gone: Vec<(Moment, BTreeSet<Key>)>,
}

impl Seen {
    /// Looks into a folder in which everything is that the client has written by now.
    pub(crate) fn look(&mut self, folder: &Path) {
        self.all.extend(named(folder));
    }

    /// The same, when nothing was under way: what nothing names now is gone for ever.
    pub(crate) fn look_when_quiet(&mut self, folder: &Path, when: Moment) {
        let named = named(folder);
        self.all.extend(named.clone());
        let gone = self.all.keys().filter(|key| !named.contains_key(*key)).copied();
        self.gone.push((when, gone.collect()));
    }

    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Keys that must be nowhere, if the power goes at a moment.
    fn shredded(&self, pages: &Pages, device: Device, by: Moment) -> Vec<Key> {
        let quiet = self.gone.iter().filter(|(when, _)| *when <= by);
        let mut keys: BTreeSet<_> = quiet.flat_map(|(_, keys)| keys).copied().collect();
        let recalled = |id: &MessageId| pages.messages[id].is_recalled(device, by);
        let known = self.all.iter().filter_map(|(key, message)| Some((key, message.as_ref()?)));
        let known = known.filter(|(_, message)| pages.messages.contains_key(*message));
        keys.extend(known.filter(|(_, message)| recalled(message)).map(|(key, _)| *key));
        keys.into_iter().collect()
    }

    /// Whether there is nothing in a folder but what its rows need.
    fn is_tidy(&self, folder: &Path) -> Result<(), Wrong> {
        let named = named(folder);
        let others = self.all.keys().filter(|key| !named.contains_key(*key));
        holds_none(folder, &others.copied().collect::<Vec<_>>(), "opened")
    }
}

/// The keys that the rows of a client's database name.
fn named(folder: &Path) -> BTreeMap<Key, Option<MessageId>> {
    let Some(mut ring) = open_ring(&folder.join("client.keyring")) else { return BTreeMap::new() };
    let connection = rusqlite::Connection::open(folder.join("client.db")).unwrap();
    let sql = "SELECT slot, key, message FROM words UNION ALL SELECT slot, key, NULL FROM draft \
               UNION ALL SELECT slot, key, NULL FROM identity";
    let Ok(mut rows) = connection.prepare(sql) else { return BTreeMap::new() };
    let row = |row: &rusqlite::Row<'_>| {
        let slot = Slot { index: row.get(0)?, key: KeyId::from_bytes(row.get(1)?) };
        Ok((slot, row.get::<_, Option<[u8; 16]>>(2)?.map(MessageId::from_bytes)))
    };
    let rows: Vec<_> = rows.query_map([], row).unwrap().map(Result::unwrap).collect();
    let key = |(slot, message)| match ring.get(slot).unwrap() {
        Found::Key(key) => Some((*key.as_bytes(), message)),
        Found::Erased | Found::Damaged => None,
    };
    rows.into_iter().filter_map(key).collect()
}

fn holds_none(folder: &Path, keys: &[Key], when: &str) -> Result<(), Wrong> {
    let traces = Needles::with_keys(&[MARKER.to_owned()], keys).search(folder);
    if traces.is_empty() {
        return Ok(());
    }
    Err(format!("{when}: of {} keys that are gone, and all words: {traces:?}", keys.len()))
}

/// Whether a device's folder after a power cut, on which nothing was done yet, gives nobody what
/// was taken back, and a client opens it and shows everything that somebody was told.
pub(crate) async fn look(
    folder: &Path,
    book: &Book,
    seen: &Seen,
    device: Device,
    by: Moment,
) -> Result<(), Wrong> {
    let shredded = seen.shredded(&book.pages(), device, by);
    holds_none(folder, &shredded, "not opened yet")?;
    let credential = Credential::Token("the store knows".to_owned());
    let place = Place::Folder(folder.to_owned());
    let mut options = ClientOptions::new("ws://127.0.0.1:1", credential, place);
    options.network = Network::Offline;
    let client = Client::open(options).await.map_err(|error| format!("told, but {error}"))?;
    let shown = shows(&client, book, device, by).await;
    client.close().await;
    shown?;
    seen.is_tidy(folder)
}

async fn shows(client: &Client, book: &Book, device: Device, by: Moment) -> Result<(), Wrong> {
    let failed = |error: rejoinder_harness::client::Error| format!("told, but {error}");
    let principal = client.principal().await.map_err(failed)?;
    let Some(principal) = principal else {
        let told = book.pages().known.get(&device).is_some_and(|when| *when <= by);
        return if told { Err("told who they are, and forgotten".to_owned()) } else { Ok(()) };
    };
    let chats: BTreeSet<_> = {
        let pages = book.pages();
        let told = pages.messages.values().filter(|it| !it.possible(device, by).is_empty());
        told.map(|it| it.chat).chain(pages.typed.keys().map(|(_, chat)| *chat)).collect()
    };
    let mut found = BTreeMap::new();
    for id in chats {
        let Ok(chat) = client.conversation(id).await else { continue };
        found.extend(views(&chat, principal.role).await.into_iter().map(|it| (it.id, it)));
        let draft = chat.draft(Composer::Message).await.map_err(failed)?;
        let pages = book.pages();
        let Some(typed) = pages.typed.get(&(device, id)) else { continue };
        let possible = typed.possible(by);
        if !possible.is_empty() && !possible.iter().any(|(state, _)| *state == draft) {
            return Err(format!("told {possible:?}, found the draft {draft:?}"));
        }
    }
    let pages = book.pages();
    pages.messages.iter().try_for_each(|(id, message)| stands(message, device, by, found.get(id)))
}

/// What a client shows of a conversation.
pub(crate) async fn views(chat: &Conversation, role: Role) -> Vec<MessageView> {
    let mut messages = chat.view().await.map(|view| view.messages).unwrap_or_default();
    if role != Role::Visitor {
        messages.extend(chat.agent_view().await.map(|view| view.notes).unwrap_or_default());
    }
    messages
}

fn stands(
    message: &Message,
    device: Device,
    by: Moment,
    found: Option<&MessageView>,
) -> Result<(), Wrong> {
    let possible = message.possible(device, by);
    if possible.is_empty() {
        return Ok(());
    }
    let is = |state: &State| possible.contains(state);
    let is_possible = match found.map(|found| &found.words) {
        Some(Words::Said(body)) => is(&Some(body.text.clone())),
        Some(Words::Recalled) => is(&None),
        // What was never sent vanishes.
        None => message.author == device && message.seq(device, by).is_none() && is(&None),
        // The words of another's edit come after it.
        Some(Words::Absent) => message.author != device && possible.len() > 1,
        Some(Words::System { .. }) => false,
    };
    let seq = message.seq(device, by);
    if is_possible && (seq.is_none() || found.and_then(|found| found.seq) == seq) {
        return Ok(());
    }
    Err(format!("told {possible:?} at {seq:?}, found {found:?}"))
}
