//! The engine as a class for JavaScript. It moves bytes and decides nothing.

mod tell;

use std::collections::BTreeMap;

use js_sys::{Array, Object, Reflect, Uint8Array};
use rejoinder_core::attachment;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ConversationId, DocumentId};
use rejoinder_core::keyring::Blocks;
use rejoinder_core::replica::CommandError;
use rejoinder_core::session::client::Whereabouts;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Credential, Keeping, ServerFrame};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use self::tell::{connection, event, received, sent, whereabouts, with_key};
use crate::command::Fault;
use crate::engine::{Engine, Step};
use crate::rows::key::Key;
use crate::rows::{Batch, Rows, RowsError, Words};
use crate::show;

#[wasm_bindgen]
extern "C" {
    /// What a keyring lives in: bytes that are overwritten in place, such as an OPFS file's
    /// synchronous handle.
    #[derive(Debug)]
    pub type Medium;

    #[wasm_bindgen(method, catch)]
    fn size(this: &Medium) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn read(this: &Medium, offset: f64, bytes: usize) -> Result<Uint8Array, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn write(this: &Medium, offset: f64, bytes: &[u8]) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn flush(this: &Medium) -> Result<(), JsValue>;
}

/// A medium as the keyring wants it.
#[derive(Debug)]
struct Handle(Medium);

#[expect(clippy::cast_precision_loss, reason = "a keyring is far below 2^53 bytes")]
#[expect(clippy::cast_possible_truncation, reason = "a keyring is far below 2^53 bytes")]
#[expect(clippy::cast_sign_loss, reason = "sizes are not negative")]
impl Blocks for Handle {
    type Error = String;

    fn len(&mut self) -> Result<u64, String> {
        Ok(self.0.size().map_err(|e| text(&e))? as u64)
    }

    fn read(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), String> {
        let read = self.0.read(offset as f64, bytes.len()).map_err(|e| text(&e))?;
        if read.length() as usize != bytes.len() {
            return Err("the keyring ends before".to_owned());
        }
        read.copy_to(bytes);
        // The copy in JavaScript's memory holds keys.
        read.fill(0, 0, read.length());
        Ok(())
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), String> {
        self.0.write(offset as f64, bytes).map_err(|e| text(&e))
    }

    fn flush(&mut self) -> Result<(), String> {
        self.0.flush().map_err(|e| text(&e))
    }
}

fn text(error: &JsValue) -> String {
    let message =
        Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| error.as_string()).unwrap_or_else(|| "unknown failure".to_owned())
}

/// What is thrown: `{ code, message }` as JSON.
fn fault(code: &str, message: &dyn core::fmt::Display) -> JsValue {
    JsValue::from_str(&json!({ "code": code, "message": message.to_string() }).to_string())
}

/// Without what was given: it may hold words.
fn malformed(what: &str) -> JsValue {
    fault("malformed", &format_args!("{what} is not in its form"))
}

fn store(error: impl core::fmt::Display) -> JsValue {
    fault("store", &error)
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| unreachable!("views have text keys only"))
}

fn at(millis: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "a clock's milliseconds are whole")]
    Timestamp::from_millis(millis as i64)
}

/// A client's core. Every method that steps it returns a step: see [`crate::engine::Step`].
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    engine: Engine<Handle>,
    /// What the table was handed and has not committed yet.
    batch: Option<Batch>,
}

#[wasm_bindgen]
impl Core {
    /// Opens a core on the rows there are: `keys`, all of them; `head`, keys and values in turn of
    /// those below `0f`. `opened` is called with the first step.
    ///
    /// # Errors
    /// `{ code: "damaged", message }` when rows and keyring are of no use to each other, and
    /// `{ code: "store", message }`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        keys: &Array,
        head: &Array,
        medium: Medium,
        mode: &str,
        seed: &[u8],
        opened: &js_sys::Function,
    ) -> Result<Self, JsValue> {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            complain(&format!("the core trapped at {place}"));
        }));
        let seed = seed.try_into().map_err(|_| store("a seed has 32 bytes"))?;
        let (words, keeping) = match mode {
            "durable" => (Words::All, Keeping::Durable),
            "outbox_only" => (Words::Unsent, Keeping::Memory),
            _ => (Words::All, Keeping::Memory),
        };
        let keys: Vec<Key> = keys.iter().map(|key| bytes(&key)).collect();
        let head: BTreeMap<Key, Vec<u8>> = pairs(head).into_iter().collect();
        let dice = Dice::from_seed(seed);
        let (engine, first) = Engine::open(keys, head, Handle(medium), words, keeping, dice)
            .map_err(|error| {
                let damaged = matches!(error, RowsError::Damaged(_));
                fault(if damaged { "damaged" } else { "store" }, &error)
            })?;
        let mut core = Self { engine, batch: None };
        opened.call1(&JsValue::NULL, &core.step(first))?;
        Ok(core)
    }

    /// What the keys of a document's rows begin with.
    ///
    /// # Errors
    /// When it is not a document's id.
    pub fn document_prefix(document: &str) -> Result<Uint8Array, JsValue> {
        Ok(array(&Rows::<Handle>::document_prefix(parse(document)?)))
    }

    /// The table has committed the last step's batch: keys of what was erased are overwritten.
    ///
    /// # Errors
    /// `{ code: "store", message }`.
    pub fn committed(&mut self) -> Result<(), JsValue> {
        let Some(batch) = self.batch.take() else { return Ok(()) };
        self.engine.committed(batch).map_err(store)
    }

    /// Takes a document's rows: keys and values in turn, in their order.
    ///
    /// # Errors
    /// `{ code: "store", message }`.
    pub fn load(&mut self, document: &str, rows: &Array, now: f64) -> Result<Object, JsValue> {
        let step = self.engine.load(parse(document)?, pairs(rows), at(now)).map_err(store)?;
        Ok(self.step(step))
    }

    /// The documents of a conversation that are not loaded yet, as JSON.
    ///
    /// # Errors
    /// When it is not a conversation's id.
    pub fn missing(&self, conversation: &str) -> Result<String, JsValue> {
        Ok(json(&self.engine.missing(conversation_id(conversation)?)))
    }

    /// Whether any document of a conversation is loaded, and so followed.
    ///
    /// # Errors
    /// When it is not a conversation's id.
    pub fn follows(&self, conversation: &str) -> Result<bool, JsValue> {
        Ok(self.engine.follows(conversation_id(conversation)?))
    }

    /// Follows a conversation no longer, but for documents with something in their outbox.
    ///
    /// # Errors
    /// `{ code: "store", message }`.
    pub fn leave(&mut self, conversation: &str, now: f64) -> Result<Object, JsValue> {
        let step = self.engine.leave(conversation_id(conversation)?, at(now)).map_err(store)?;
        Ok(self.step(step))
    }

    /// Carries a command out: see [`crate::command::Command`]. The step's `made` is what it made.
    ///
    /// # Errors
    /// `{ code, message }`.
    pub fn command(&mut self, command: &str, now: f64) -> Result<Object, JsValue> {
        let command = serde_json::from_str(command).map_err(|_| malformed("a command"))?;
        let (made, step) = self.engine.command(command, at(now)).map_err(|wrong| told(&wrong))?;
        let step = self.step(step);
        set(&step, "made", &json(&made).into());
        Ok(step)
    }

    /// Describes a file that is to be sent, and seals its bytes: `{ attachment, sealed }`.
    /// `attachment` is JSON for a command's `attachments`: the key of the bytes is in it.
    ///
    /// # Errors
    /// `{ code, message }`, why it may not be attached.
    pub fn attach(&mut self, name: &str, bytes: &[u8]) -> Result<Object, JsValue> {
        let (attachment, sealed) = self.engine.attach(name, bytes).map_err(|wrong| told(&wrong))?;
        let object = Object::new();
        set(&object, "attachment", &json(&with_key(&attachment)).into());
        set(&object, "sealed", &array(&sealed));
        Ok(object)
    }

    /// What is known here of an attachment of a message, as JSON:
    /// `{ here: { media_type, accepted } }`, `{ next: conversation }`, `"gone"` or `"unknown"`.
    ///
    /// # Errors
    /// When something of it is no id.
    pub fn attachment(&self, document: &str, message: &str, id: &str) -> Result<String, JsValue> {
        Ok(json(&whereabouts(&self.find(document, message, id)?)))
    }

    /// The bytes of an attachment that a loaded message describes.
    ///
    /// # Errors
    /// `{ code: "unknown_message", message }` when none does, `{ code: "file_content", message }`
    /// when they do not open.
    pub fn open_attachment(
        &self,
        document: &str,
        message: &str,
        id: &str,
        sealed: &[u8],
    ) -> Result<Uint8Array, JsValue> {
        let Whereabouts::Here { attachment, .. } = self.find(document, message, id)? else {
            return Err(told(&CommandError::UnknownMessage.into()));
        };
        let opened = attachment::open(&attachment, sealed).map_err(|error| told(&error.into()))?;
        Ok(array(&opened))
    }

    /// A first try to connect begins.
    pub fn trying(&mut self, now: f64) {
        self.engine.trying(at(now));
    }

    /// There is no network, or it could not be reached.
    pub fn unreachable(&mut self) {
        self.engine.unreachable();
    }

    /// There is a connection. `credential` is JSON: `{visitor}`, `{token}` or `{password}`.
    ///
    /// # Errors
    /// `{ code, message }`.
    pub fn connected(&mut self, credential: &str, now: f64) -> Result<Object, JsValue> {
        let credential = read_credential(credential)?;
        let step = self.engine.connected(credential, at(now)).map_err(store)?;
        Ok(self.step(step))
    }

    /// A frame has come.
    ///
    /// # Errors
    /// `{ code, message }`; `malformed` when it is none.
    pub fn frame(&mut self, bytes: &[u8], now: f64) -> Result<Object, JsValue> {
        let frame = ServerFrame::decode(bytes).map_err(|_| malformed("what was given"))?;
        let (name, about) = received(&frame);
        let step = self.engine.frame(frame, at(now)).map_err(store)?;
        let step = self.step(step);
        set(&step, "name", &name.into());
        set(&step, "about", &json(&about).into());
        Ok(step)
    }

    /// The connection is gone.
    ///
    /// # Errors
    /// `{ code: "store", message }`.
    pub fn disconnected(
        &mut self,
        lasted_millis: f64,
        by_peer: bool,
        now: f64,
    ) -> Result<Object, JsValue> {
        #[expect(clippy::cast_possible_truncation, reason = "a duration is whole and below 2^53")]
        #[expect(clippy::cast_sign_loss, reason = "a duration is not negative")]
        let lasted = lasted_millis.max(0.0) as u64;
        let step = self.engine.disconnected(lasted, by_peer, at(now)).map_err(store)?;
        Ok(self.step(step))
    }

    /// Milliseconds to wait before connecting again; nothing when no try will go better.
    #[expect(clippy::cast_precision_loss, reason = "waits are far below 2^53 milliseconds")]
    pub fn wait(&mut self) -> Option<f64> {
        self.engine.wait().map(|millis| millis as f64)
    }

    /// Somebody says that the network is there.
    pub fn forget_failures(&mut self) {
        self.engine.forget_failures();
    }

    /// Erases everything here: for a log-out that the server does not answer.
    ///
    /// # Errors
    /// `{ code: "store", message }`.
    pub fn wipe(&mut self, now: f64) -> Result<Object, JsValue> {
        let step = self.engine.frame(ServerFrame::Wipe, at(now)).map_err(store)?;
        Ok(self.step(step))
    }

    /// Who this client is, as JSON; `null` before the first contact.
    #[must_use]
    pub fn identity(&self) -> String {
        json(&self.engine.identity())
    }

    /// What proves who this client is.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        self.engine.session().identity().map(|identity| identity.token.clone())
    }

    /// A conversation's view as JSON; `null` when it is not loaded.
    ///
    /// # Errors
    /// When it is not a conversation's id.
    pub fn conversation(&self, conversation: &str, now: f64) -> Result<String, JsValue> {
        Ok(json(&self.engine.conversation(conversation_id(conversation)?, at(now))))
    }

    /// Every conversation, newest first, as JSON.
    #[must_use]
    pub fn inbox(&self) -> String {
        json(&self.engine.inbox())
    }

    /// Waiting conversations that are offered to this agent, as JSON.
    #[must_use]
    pub fn offers(&self) -> String {
        json(&self.engine.offers())
    }

    /// What this agent was notified of and has not read, as JSON.
    #[must_use]
    pub fn notifications(&self) -> String {
        json(&self.engine.notifications())
    }

    /// The state of the connection.
    #[must_use]
    pub fn connection(&self) -> String {
        connection(self.engine.session().connection()).to_owned()
    }

    /// Operations that wait for a fate.
    #[must_use]
    pub fn waiting(&self) -> usize {
        show::waiting(self.engine.session())
    }

    /// Operations that wait for a fate, or for a decision of their author.
    #[must_use]
    pub fn unsent(&self) -> usize {
        let session = self.engine.session();
        session.loaded().filter_map(|id| session.replica(id)).map(|r| r.outbox().len()).sum()
    }

    /// Whether the server has said who this is on this connection.
    #[must_use]
    pub fn is_welcome(&self) -> bool {
        self.engine.session().is_welcome()
    }

    /// Documents that may be followed beside those that are.
    #[must_use]
    pub fn room(&self) -> usize {
        self.engine.room()
    }

    fn find(&self, document: &str, message: &str, id: &str) -> Result<Whereabouts, JsValue> {
        let id = id.parse().map_err(|_| malformed("an attachment's id"))?;
        let message = message.parse().map_err(|_| malformed("a message's id"))?;
        Ok(self.engine.session().attachment(parse(document)?, message, id))
    }

    /// A step as JavaScript sees it: `clear`, `puts` (keys and values in turn), `deletes`,
    /// `frames` (`[name, document, bytes]` in turn), `events` (JSON), `load` and `removed` (JSON),
    /// `disconnect`, `wiped`.
    fn step(&mut self, step: Step) -> Object {
        let Step { batch, frames, events, load, removed, disconnect, wiped } = step;
        let object = Object::new();
        let (puts, deletes) = (Array::new(), Array::new());
        for (key, value) in &batch.changes {
            match value {
                Some(value) => {
                    puts.push(&array(key));
                    puts.push(&array(value));
                }
                None => drop(deletes.push(&array(key))),
            }
        }
        let out = Array::new();
        for frame in &frames {
            let (name, about) = sent(frame);
            out.push(&name.into());
            out.push(&json(&about).into());
            out.push(&array(&frame.encode()));
        }
        let events: Vec<Value> = events.into_iter().map(event).collect();
        set(&object, "clear", &batch.clear.into());
        set(&object, "puts", &puts);
        set(&object, "deletes", &deletes);
        set(&object, "frames", &out);
        set(&object, "events", &json(&events).into());
        set(&object, "load", &json(&load).into());
        set(&object, "removed", &json(&removed).into());
        set(&object, "disconnect", &disconnect.into());
        set(&object, "wiped", &wiped.into());
        self.batch = (!batch.is_empty()).then_some(batch);
        object
    }
}

fn told(wrong: &Fault) -> JsValue {
    fault(wrong.code, &wrong.message)
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn complain(text: &str);
}

fn set(object: &Object, name: &str, value: &JsValue) {
    drop(Reflect::set(object, &name.into(), value));
}

fn array(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

fn bytes(value: &JsValue) -> Vec<u8> {
    Uint8Array::new(value).to_vec()
}

fn pairs(rows: &Array) -> Vec<(Key, Vec<u8>)> {
    let all: Vec<Vec<u8>> = rows.iter().map(|row| bytes(&row)).collect();
    let mut all = all.into_iter();
    core::iter::from_fn(|| Some((all.next()?, all.next()?))).collect()
}

fn parse(document: &str) -> Result<DocumentId, JsValue> {
    serde_json::from_str(document).map_err(|_| malformed("what was given"))
}

fn conversation_id(id: &str) -> Result<ConversationId, JsValue> {
    id.parse().map_err(|_| malformed("what was given"))
}

/// What proves who somebody is, as applications write it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Proof {
    Visitor(rejoinder_core::id::SiteId),
    Token(String),
    Password { email: String, password: String, code: Option<String> },
}

fn read_credential(text: &str) -> Result<Option<Credential>, JsValue> {
    let proof: Option<Proof> =
        serde_json::from_str(text).map_err(|_| malformed("what was given"))?;
    Ok(proof.map(|proof| match proof {
        Proof::Visitor(site) => Credential::Visitor(site),
        Proof::Token(token) => Credential::Token(token),
        Proof::Password { email, password, code } => Credential::Password { email, password, code },
    }))
}
