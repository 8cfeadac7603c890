//! What people wrote, and what their devices told them of it, and when.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use rejoinder_harness::client::id::{ConversationId, MessageId, Seq};
use rejoinder_harness::client::{MessageView, Words};

use crate::power::Moment;

/// One of the devices.
pub(crate) type Device = usize;

/// The words of a message from some moment on; none once it is recalled.
pub(crate) type State = Option<String>;

/// A message, and what became of it.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) chat: ConversationId,
    pub(crate) author: Device,
    pub(crate) is_note: bool,
    /// What its author made of it, in their order, told or not.
    pub(crate) states: Vec<State>,
    /// How far a device had told somebody that it is.
    told: BTreeMap<Device, Vec<(usize, Moment)>>,
    /// Its place in the log, as devices told it.
    accepted: BTreeMap<Device, (Seq, Moment)>,
}

impl Message {
    /// What a message may be on a device of which the power went at a moment: at least as far as
    /// somebody was told. Nothing if nobody was told anything.
    pub(crate) fn possible(&self, device: Device, by: Moment) -> &[State] {
        let told = self.told.get(&device).into_iter().flatten();
        let from = told.filter(|(_, when)| *when <= by).map(|(state, _)| *state).max();
        from.map_or(&[], |from| &self.states[from..])
    }

    /// Whether somebody was told by a moment that it is recalled.
    pub(crate) fn is_recalled(&self, device: Device, by: Moment) -> bool {
        self.possible(device, by).first().is_some_and(Option::is_none)
    }

    /// Its place in the log, if a device had told it by a moment.
    pub(crate) fn seq(&self, device: Device, by: Moment) -> Option<Seq> {
        self.accepted.get(&device).filter(|(_, when)| *when <= by).map(|(seq, _)| *seq)
    }

    fn tell(&mut self, device: Device, state: usize, when: Moment) {
        let told = self.told.entry(device).or_default();
        let before = told.last().map_or(0, |(state, _)| *state);
        assert!(state >= before, "somebody was told more of it before: {self:?}");
        told.push((state, when));
    }
}

/// What stands in a composer of one's own, as far as was told.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    /// What it was set to, and when that was told.
    pub(crate) states: Vec<(State, Option<Moment>)>,
}

impl Typed {
    /// What may stand there after the power went.
    pub(crate) fn possible(&self, by: Moment) -> &[(State, Option<Moment>)] {
        let told = |(_, when): &(State, Option<Moment>)| when.is_some_and(|when| when <= by);
        self.states.iter().rposition(told).map_or(&[], |from| &self.states[from..])
    }
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    pub(crate) messages: BTreeMap<MessageId, Message>,
    pub(crate) typed: BTreeMap<(Device, ConversationId), Typed>,
    /// Who was told who they are.
    pub(crate) known: BTreeMap<Device, Moment>,
    /// When to look at the keys there are: before they go.
    pub(crate) looks: Vec<Moment>,
    /// When all was exchanged and nothing was under way.
    pub(crate) quiet: Vec<Moment>,
}

/// The same, for several who write in it.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Pages>);

impl Book {
    pub(crate) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap()
    }

    /// Somebody was told that their message is there.
    pub(crate) fn said(
        &self,
        author: Device,
        (chat, is_note): (ConversationId, bool),
        message: MessageId,
        (words, when): (String, Moment),
    ) {
        let told = BTreeMap::from([(author, vec![(0, when)])]);
        let (states, accepted) = (vec![Some(words)], BTreeMap::new());
        let said = Message { chat, author, is_note, states, told, accepted };
        assert!(self.pages().messages.insert(message, said).is_none());
    }

    /// An author is about to change their message, which may come to the disk from now on.
    pub(crate) fn changes(&self, message: MessageId, to: State, now: Moment) {
        let mut pages = self.pages();
        pages.looks.push(now);
        pages.messages.get_mut(&message).unwrap().states.push(to);
    }

    /// The author was told that it is done.
    pub(crate) fn changed(&self, message: MessageId, when: Moment) {
        let mut pages = self.pages();
        let message = pages.messages.get_mut(&message).unwrap();
        message.tell(message.author, message.states.len() - 1, when);
    }

    /// Something that its author has not recalled: one's own of such a kind.
    pub(crate) fn standing(&self, author: Device, is_note: bool) -> Vec<MessageId> {
        let pages = self.pages();
        let standing = pages.messages.iter().filter(|(_, it)| {
            let stands = it.states.last().is_some_and(Option::is_some);
            it.author == author && it.is_note == is_note && stands
        });
        standing.map(|(id, _)| *id).collect()
    }

    /// A device shows this.
    pub(crate) fn shown(&self, device: Device, messages: &[MessageView], when: Moment) {
        let mut pages = self.pages();
        for view in messages {
            // Of what was under way when the power went, its author never learned the id.
            let Some(message) = pages.messages.get_mut(&view.id) else { continue };
            let words = match &view.words {
                Words::Said(body) => Some(body.text.clone()),
                Words::Recalled => None,
                Words::Absent | Words::System { .. } => continue,
            };
            let state = message.states.iter().rposition(|state| *state == words);
            let state = state.unwrap_or_else(|| panic!("nobody wrote {words:?}: {message:?}"));
            message.tell(device, state, when);
            if let Some(seq) = view.seq {
                let before = message.accepted.entry(device).or_insert((seq, when));
                assert_eq!(before.0, seq, "it has another place now");
            }
        }
    }

    /// A composer is about to be set to this, or perhaps emptied.
    pub(crate) fn types(&self, device: Device, chat: ConversationId, text: State) {
        let mut pages = self.pages();
        pages.typed.entry((device, chat)).or_default().states.push((text, None));
    }

    /// It was.
    pub(crate) fn typed(&self, device: Device, chat: ConversationId, when: Moment) {
        let mut pages = self.pages();
        let typed = pages.typed.get_mut(&(device, chat)).unwrap();
        typed.states.last_mut().unwrap().1 = Some(when);
    }
}
