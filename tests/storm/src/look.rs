//! What is left in the end.

use std::collections::BTreeSet;

use rejoinder_core::conversation::view::{MessageView, Words};
use rejoinder_core::id::MessageId;
use rejoinder_core::session::client::{Connection, Session};
use rejoinder_harness::search::Needles;

use crate::cast::AGENTS;
use crate::world::{Device, World, waiting};

impl World {
    /// What there is, for when something is wrong.
    pub(crate) fn describe(&self) -> String {
        let of = |(number, device): (usize, &Device)| {
            let (host, light) = (&device.host, &device.light);
            let state = light.sees(Session::connection);
            let waiting: Vec<_> =
                light.sees(waiting).into_iter().map(|(of, _, state)| (of.kind, state)).collect();
            let live = light.sees(|s| s.loaded().filter(|of| s.is_live(*of)).count());
            let (shown, heard) = (self.shown(number), light.heard());
            let absent: Vec<_> = shown.iter().filter(|(_, words, _)| words.is_none()).collect();
            let other: Vec<_> = shown.iter().filter(|it| !self.shown(0).contains(it)).collect();
            format!(
                "{host}: {state:?}, {live} live, {waiting:?} wait, {} welcomes, {} frames, {:?}; \
                 sees {}, without words {absent:?}, others {other:?}, notes {:?}",
                heard.welcomes,
                heard.frames,
                heard.problems,
                shown.len(),
                self.notes_of(number),
            )
        };
        self.devices.iter().enumerate().map(of).collect::<Vec<_>>().join("\n")
    }

    /// Whether everybody is up to date, has every word, and sees the same.
    pub(crate) fn same(&self) -> bool {
        let up_to_date = |device: &Device| {
            let live = device.light.sees(Session::connection) == Connection::Live;
            live && device.light.is_settled()
        };
        if !self.devices.iter().all(up_to_date) {
            return false;
        }
        let shown: Vec<_> = (0..self.devices.len()).map(|number| self.shown(number)).collect();
        let notes: Vec<_> = (1..=AGENTS.len()).map(|number| self.notes_of(number)).collect();
        let whole = |messages: &Vec<Shown>| messages.iter().all(|(_, words, _)| words.is_some());
        shown.iter().chain(&notes).all(whole)
            && shown.windows(2).all(|two| two[0] == two[1])
            && notes.windows(2).all(|two| two[0] == two[1])
    }

    fn shown(&self, number: usize) -> Vec<Shown> {
        let view = self.devices[number].light.sees(|session| session.timeline(self.chat()));
        view.map(|view| view.messages.into_iter().map(shown).collect()).unwrap_or_default()
    }

    fn notes_of(&self, number: usize) -> Vec<Shown> {
        let view = self.devices[number].light.sees(|session| session.agent_view(self.chat()));
        view.map(|view| view.notes.into_iter().map(shown).collect()).unwrap_or_default()
    }

    /// Nothing is lost, doubled or out of order, and what was taken back is nowhere.
    pub(crate) fn look(&mut self) {
        let (seen, notes) = (self.shown(0), self.notes_of(1));
        for all in [&seen, &notes] {
            let ids: BTreeSet<_> = all.iter().map(|(id, ..)| *id).collect();
            assert_eq!(ids.len(), all.len(), "SE14: nothing stands there twice");
        }
        let mut last = vec![0; self.devices.len()];
        for said in &self.said {
            let all = if said.note { &notes } else { &seen };
            let Some(at) = all.iter().position(|(id, ..)| *id == said.message) else {
                assert!(said.recalled, "ST8: {said:?} is lost");
                continue;
            };
            let words = all[at].1.as_deref();
            if said.recalled {
                assert_eq!(words, Some(""), "RE1: {said:?} was taken back");
            } else {
                let text = words.unwrap_or_default().to_owned();
                assert!(said.texts.contains(&text), "SE14: {said:?} stands as {text}");
            }
            // An agent's reply that collided is sent again later.
            if !self.is_agent(said.by) {
                assert!(at >= last[said.by], "SE2: {said:?} is out of order");
                last[said.by] = at;
            }
        }
        for device in &self.devices {
            let heard = device.light.heard();
            self.tally.welcomes += heard.welcomes;
        }
        self.traces();
    }

    fn traces(&mut self) {
        let of = |taken: bool| {
            let said = self.said.iter().filter(move |said| said.recalled == taken);
            said.flat_map(|said| said.texts.clone()).collect::<Vec<_>>()
        };
        let notes: Vec<_> =
            self.said.iter().filter(|said| said.note).flat_map(|s| s.texts.clone()).collect();
        let (taken, stays) = (Needles::new(&of(true)), Needles::new(&of(false)));
        for (number, device) in self.devices.iter().enumerate() {
            let kept = device.light.everything();
            let (host, found) = (&device.host, taken.find(&kept));
            assert!(found.is_empty(), "RE22: {host} keeps {found:?}");
            assert!(!stays.find(&kept).is_empty(), "what stays is found");
            if !self.is_agent(number) {
                let found = Needles::new(&notes).find(&kept).len();
                assert_eq!(found, 0, "WP19: {host} has notes");
                let heard = self.trace.heard(host);
                let found = Needles::new(&notes).find(&heard).len();
                assert_eq!(found, 0, "WP19: {host} was told notes");
                assert!(!stays.find(&heard).is_empty(), "what is said is found");
            }
        }
        // It ends as a process that is killed: what it had not erased by then would be found.
        self.end_server();
        let found = taken.search(self.folder.path());
        assert!(found.is_empty(), "RE22: the server keeps {found:?}");
    }
}

/// A message, its words where they are here (none of one that was taken back), and whether it was
/// edited.
type Shown = (MessageId, Option<String>, bool);

fn shown(message: MessageView) -> Shown {
    let words = match message.words {
        Words::Said(body) => Some(body.text),
        Words::Recalled | Words::System { .. } => Some(String::new()),
        Words::Absent => None,
    };
    (message.id, words, message.edited_at.is_some())
}
