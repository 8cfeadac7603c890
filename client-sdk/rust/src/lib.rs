//! A client for Rejoinder: live chat that keeps working without a network, and in which people can
//! take words back.
//!
//! ```no_run
//! use std::time::Duration;
//! use rejoinder_client::{Client, ClientOptions, Credential, Place};
//!
//! # async fn run(site: rejoinder_client::id::SiteId) -> Result<(), rejoinder_client::Error> {
//! let place = Place::Folder("visitor-data".into());
//! let options = ClientOptions::new("ws://127.0.0.1:8080", Credential::Visitor(site), place);
//! let client = Client::open(options).await?;
//! client.contact(Duration::from_secs(30)).await?; // once; afterwards it works without a network
//!
//! let chat = client.begin().await?;
//! let question = chat.send("Is it in stock?").await?; // kept here, sent when it can be
//! // Refused later, and told by an event, where the site does not let visitors edit:
//! chat.edit(question.message, "Is the blue one in stock?").await?;
//! let mut changes = chat.changes();
//! while changes.next().await.is_some() {
//!     for message in chat.view().await?.messages {
//!         println!("{:?} {:?}", message.words, message.delivery);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The model
//! A [`Client`] is one person on one device. It has [`Conversation`]s; each is a timeline, which
//! its visitor sees too, and a team document with notes, which only agents receive. A document is a
//! log of what the server has accepted, in one order for everybody, and on top of it an *outbox* of
//! what this client has done since. The view shows both together.
//!
//! - [`Client::open`] opens a client on its store. A thread owns session and store from there on,
//!   and a connection is kept beside it; the client works in every async runtime.
//! - A call that changes something returns when that is durable *here*. What became of it at the
//!   server is in the view: [`Delivery`] of a message, [`MessageView::change`] of an edit or a
//!   recall, [`Conversation::outbox`] of anything.
//! - [`Conversation::changes`] says that there is something new to show, [`Client::events`] what
//!   has happened: an edit that lost to a newer one, a refusal with its reason, how far a recall
//!   has come.
//! - [`Client::connection`] is the state of the connection, [`Client::settled`] waits until
//!   everything is exchanged.
//!
//! # Without a network
//! The first contact gives a client a token and an identity. From then on every call works without
//! a network, also after a restart: reading what was here, sending, editing, recalling, noting,
//! claiming, closing, and, for visitors, beginning a conversation. What is in the outbox is pushed
//! again, to the byte, until the server has said what became of it; nothing is lost and nothing
//! doubled when a connection breaks at any moment.
//!
//! The server decides. It may refuse (the role does not allow it, somebody else was first to
//! claim), and then the words stay here until they are [sent anyway](Conversation::send_anyway) or
//! [discarded](Conversation::discard). When an agent answers what another has answered meanwhile,
//! the message is held back in the same way. What a visitor writes into a conversation that was
//! closed meanwhile goes on in its follow-up, and [`Event::Moved`] says so.
//!
//! The client connects by itself, and again after a loss: the waits are drawn evenly below a bound
//! that doubles from half a second to 30 seconds. An application that knows about the network says
//! [`go_online`](Client::go_online) and [`go_offline`](Client::go_offline). There is no TLS yet:
//! addresses begin with `ws://`.
//!
//! # When the server was restored
//! A server that was put back from a backup names another epoch. The client then takes its
//! documents anew and offers again those of its own messages, edits and recalls that are missing
//! there, as far as their words are still here. Claims, statuses, closing and the like it does not
//! offer again.
//!
//! # What is stored
//! [`Place`] says where: in a folder (SQLite, and a keyring beside it), or in memory. There are the
//! logs, the outbox, the drafts, who this is, and the words. Documents hold no words: these stand
//! in records of their own, each sealed under a random key which stands in the keyring and nowhere
//! else. One client at a time has a folder open.
//!
//! # What erasure means
//! A recall overwrites the keys of all the message's words on this device before
//! [`Conversation::recall`] returns, whether or not there is a network. A message that was never
//! sent vanishes without a trace. When somebody else's recall arrives, the same happens, and it
//! arrives before anything else does: a device that comes back erases what was recalled meanwhile
//! before it shows anything new. The same goes for words that an edit replaced. [`Event::Progress`]
//! tells whoever recalled how many devices have carried it out.
//!
//! It does not reach a screen, a clipboard, a copy of the folder, or a drive that remaps its
//! blocks. Words that an application took out of a view are its own to forget.
//!
//! When the server no longer trusts the device, or [`Client::log_out`] is called, everything is
//! erased and every call answers [`Error::Wiped`].
//!
//! # Trying it without a server
//! A client can be opened without a network and without a server. Until the first contact there is
//! not much that it can do, and each call says so:
//!
//! ```
//! use rejoinder_client::{
//!     Client, ClientOptions, CommandError, Connection, Credential, Error, Network, Place,
//! };
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let credential = Credential::Token("from an earlier log-in".to_owned());
//! let mut options = ClientOptions::new("ws://127.0.0.1:8080", credential, Place::Memory);
//! options.network = Network::Offline;
//! let client = Client::open(options).await?;
//!
//! assert_eq!(*client.connection().borrow(), Connection::Offline);
//! assert_eq!(client.inbox().await?, []);
//! assert_eq!(client.begin().await.err(), Some(Error::Command(CommandError::NoIdentity)));
//! client.close().await;
//! # Ok::<(), Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! There are two small programs for the terminal, `examples/visitor.rs` and `examples/agent.rs`.

mod client;
mod connection;
mod conversation;
mod engine;
mod error;
mod event;
mod options;
pub mod store;

pub use client::{Client, Unsent};
pub use conversation::{Composer, Conversation, Following, Pending, Sent};
pub use error::Error;
pub use event::{Changes, Event, Events};
pub use options::{ClientOptions, Clock, Network, Place};
pub use store::memory::MemoryStore;
pub use store::sqlite::SqliteStore;
pub use store::{Store, StoreError};

pub use rejoinder_core as core;
pub use rejoinder_core::authority::fate::Refusal;
pub use rejoinder_core::conversation::layout::{Kind, Notice, Priority, Status};
pub use rejoinder_core::conversation::operation::Operation;
pub use rejoinder_core::conversation::revision::{Attachment, Body};
pub use rejoinder_core::conversation::view::{
    AgentView, Delivery, MessageView, Source, TimelineView, Words,
};
pub use rejoinder_core::id;
pub use rejoinder_core::principal::{AgentRole, Principal, Role};
pub use rejoinder_core::replica::CommandError;
pub use rejoinder_core::session::client::Connection;
pub use rejoinder_core::time::Timestamp;
pub use rejoinder_core::wire::{
    Credential, FeedRow, Keeping, Notification, NotificationKind, Offer, Problem, Progress, Signal,
};
