//! What the connection brings.

use crate::authority::fate::Refusal;
use crate::id::{DocumentId, Epoch, Seq};
use crate::limits;
use crate::replica::record::{Identity, Write};
use crate::replica::{ApplyError, Effects, Event};
use crate::session::client::{Gathered, Link, Opened, Output, Phase, Session, SessionEvent};
use crate::time::Timestamp;
use crate::wire::{
    ClientFrame, LogEntry, OperationFate, Order, ParticipantSignal, Problem, ServerFrame, Signal,
    Welcome,
};

/// Documents that are taken anew at once after a new epoch.
const REBUILT_AT_ONCE: usize = limits::OPEN_DOCUMENTS / 2;

impl Session {
    /// A frame has come.
    pub fn handle_frame(&mut self, frame: ServerFrame, now: Timestamp) -> Output {
        let mut output = Output::default();
        // Of a connection that this session did not greet: what was on its way when it was made.
        let greets = matches!(
            frame,
            ServerFrame::Welcome(_)
                | ServerFrame::Wipe
                | ServerFrame::Retry { .. }
                | ServerFrame::Refused { .. }
        );
        if self.phase != Phase::Open && !greets {
            return output;
        }
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(*welcome, &mut output),
            ServerFrame::Wipe => self.wipe(&mut output),
            ServerFrame::Erasures { cursor, orders } => self.erase(cursor, &orders, &mut output),
            ServerFrame::Feed { cursor, rows } => self.feed(cursor, rows, &mut output),
            ServerFrame::Snapshot { document, part, parts, bytes, order, .. } => {
                self.snapshot(document, (part, parts), &bytes, order, &mut output);
            }
            ServerFrame::Entries { document, entries, last } => {
                self.entries(document, entries, last, &mut output);
            }
            ServerFrame::Fates { document, fates } => self.fates(document, &fates, &mut output),
            ServerFrame::Revisions { document, records, gone } => {
                let mut effects = Effects::default();
                if let Some(opened) = self.documents.get_mut(&document) {
                    opened.replica.revisions(records, &gone, &mut effects);
                }
                output.take(effects);
                // There may be more to ask for than fits into one frame.
                self.ask_for_words(document, &mut output);
            }
            ServerFrame::Signals { document, signals } => {
                self.signals(document, &signals, now, &mut output);
            }
            ServerFrame::Progress(progress) => {
                self.progress.insert((progress.document, progress.message), progress.clone());
                output.events.push(SessionEvent::Document(Event::Progress(progress)));
            }
            ServerFrame::Offers { offers } => {
                self.offers = offers;
                output.events.push(SessionEvent::Offers);
            }
            ServerFrame::Notifications { unread } => {
                self.notifications = unread;
                output.events.push(SessionEvent::Notifications);
            }
            ServerFrame::Retry { after_millis, reason } => {
                // What was handed over may not have been admitted: the connection starts again.
                let retry_after = Some(after_millis);
                let event = SessionEvent::Problem { document: None, reason, retry_after };
                output.events.push(event);
                output.disconnect = true;
            }
            ServerFrame::Refused { document, reason } => {
                self.refused(document, reason, &mut output);
            }
            ServerFrame::Reopen { document } => {
                if let Some(opened) = self.documents.get_mut(&document) {
                    opened.link = Link::Closed;
                }
                self.follow(document, &mut output);
            }
        }
        self.finish(output)
    }

    fn welcome(&mut self, welcome: Welcome, output: &mut Output) {
        let former = self.identity.take();
        let token = welcome.token.or_else(|| self.given.take());
        let token = token.or_else(|| former.as_ref().map(|id| id.token.clone()));
        let identity = Identity {
            token: token.unwrap_or_default(),
            principal: welcome.principal.clone(),
            site: welcome.site,
        };
        if former.as_ref() != Some(&identity) {
            output.writes.push(Write::Identity(identity.clone()));
        }
        self.identity = Some(identity);
        for opened in self.documents.values_mut() {
            opened.replica.set_principal(welcome.principal.clone());
        }
        self.phase = Phase::Open;
        // There may be more to see than when it was read, and less; and a reading of it anew may
        // have been broken off.
        let begun = !self.is_visitor() && self.cursors.feed == 0;
        if self.cursors.scope != welcome.scope || begun {
            self.read_anew(welcome.scope, output);
        }
        if self.cursors.epoch.is_some_and(|known| known != welcome.epoch) {
            self.say_holding(output);
            self.begin_epoch(welcome.epoch, welcome.scope, output);
        } else {
            self.cursors.epoch = Some(welcome.epoch);
        }
        self.erase(welcome.cursor, &welcome.erasures, output);
        self.follow_all(output);
        self.end_epoch(output);
    }

    /// The server's data has begun another life, from a backup: every document is taken anew, and
    /// what it lacks of one's own is offered again.
    fn begin_epoch(&mut self, epoch: Epoch, scope: u64, output: &mut Output) {
        self.rebuilding = Some(epoch);
        if self.is_visitor() {
            // What the server does not know is to be begun again.
            self.cursors.feed = 0;
        } else {
            self.read_anew(scope, output);
        }
        for opened in self.documents.values_mut() {
            // The server has forgotten what was opened with cursors of the former life.
            opened.link = Link::Closed;
            opened.replica.begin_epoch();
        }
        let loaded = |id: &&DocumentId| !self.documents.contains_key(id);
        self.visited.clear();
        self.to_rebuild = self.stored.iter().filter(loaded).copied().collect();
        self.visit_more(output);
    }

    /// Loads further documents that are to be taken anew: only so many at once, for a connection
    /// follows no more than [`limits::OPEN_DOCUMENTS`].
    pub(super) fn visit_more(&mut self, output: &mut Output) {
        let coming = self.visited.iter().filter(|id| !self.documents.contains_key(id)).count();
        let room = REBUILT_AT_ONCE.saturating_sub(self.documents.len() + coming);
        for _ in 0..room {
            let Some(document) = self.to_rebuild.pop_first() else { return };
            self.visited.insert(document);
            output.load.push(document);
        }
    }

    /// A document that was loaded to be taken anew is done: another takes its place.
    fn visited(&mut self, document: DocumentId, output: &mut Output) {
        let done = self.documents.get(&document).is_some_and(|opened| {
            opened.replica.outbox().is_empty() && !opened.replica.is_rebuilding()
        });
        if done && self.visited.remove(&document) {
            self.documents.remove(&document);
            output.frames.push(ClientFrame::Leave { document });
            self.visit_more(output);
        }
    }

    /// The new epoch is written down once every document is taken anew: until then a crash begins
    /// it again.
    pub(super) fn end_epoch(&mut self, output: &mut Output) {
        let Some(epoch) = self.rebuilding else { return };
        let coming = self.visited.iter().any(|document| !self.documents.contains_key(document));
        let open = |opened: &Opened| opened.replica.is_rebuilding();
        if self.to_rebuild.is_empty() && !coming && !self.documents.values().any(open) {
            self.rebuilding = None;
            self.visited.clear();
            self.cursors.epoch = Some(epoch);
            output.writes.push(Write::Cursors(self.cursors));
        }
    }

    fn snapshot(
        &mut self,
        document: DocumentId,
        (part, parts): (u32, u32),
        bytes: &[u8],
        order: Order,
        output: &mut Output,
    ) {
        let Some(Opened { replica, link: Link::Opening(gathered), .. }) =
            self.documents.get_mut(&document)
        else {
            return;
        };
        if part == 0 {
            *gathered = Gathered::default();
        }
        gathered.bytes.extend_from_slice(bytes);
        gathered.order.actors.extend(order.actors);
        gathered.order.rows.extend(order.rows);
        if part + 1 < parts {
            return;
        }
        let Gathered { bytes, order } = core::mem::take(gathered);
        let mut effects = Effects::default();
        let taken = replica.snapshot(&bytes, &order, &mut self.dice, &mut effects);
        output.take(effects);
        if let Err(error) = taken {
            self.damaged(document, error, output);
        }
    }

    fn entries(
        &mut self,
        document: DocumentId,
        entries: Vec<LogEntry>,
        last: Seq,
        output: &mut Output,
    ) {
        let Some(opened) = self.documents.get_mut(&document) else { return };
        if matches!(opened.link, Link::Closed) {
            return;
        }
        let mut effects = Effects::default();
        let end = opened.replica.end();
        let applied = opened.replica.entries(entries, &mut self.dice, &mut effects);
        let reached = opened.replica.cursor() >= last;
        output.take(effects);
        self.have_spoken(document, end, output);
        if let Err(error) = applied {
            self.damaged(document, error, output);
        } else if reached {
            self.caught_up(document, output);
        }
    }

    /// Who wrote what came after `end` is not typing it any more, whatever their last signal was.
    fn have_spoken(&mut self, document: DocumentId, end: Seq, output: &mut Output) {
        let Some(opened) = self.documents.get(&document) else { return };
        let entries = opened.replica.confirmed().history().entries().rev();
        let new = entries.take_while(|(seq, _)| *seq > end);
        let authors: Vec<_> = new.filter_map(|(_, entry)| entry.value.author()).collect();
        let mut typed = false;
        for author in authors {
            let at = (document, author);
            if matches!(self.signals.get(&at), Some((Signal::Typing, _))) {
                self.signals.remove(&at);
                typed = true;
            }
        }
        if typed {
            output.events.push(SessionEvent::Signals(document));
        }
    }

    /// Everything that the server has of a document is here.
    fn caught_up(&mut self, document: DocumentId, output: &mut Output) {
        let me = self.identity.as_ref().map(|id| id.principal.participant);
        let Some(opened) = self.documents.get_mut(&document) else { return };
        let first = !matches!(opened.link, Link::Live);
        opened.link = Link::Live;
        let mut effects = Effects::default();
        opened.replica.caught_up(&mut self.dice, &mut effects);
        output.take(effects);
        let seen = me.and_then(|me| self.replica(document)?.seen().get(&me).copied());
        if let (true, Some(seq)) = (first, seen) {
            output.frames.push(ClientFrame::Signal { document, signal: Signal::Seen(seq) });
        }
        self.exchange(document, output);
        self.ask_for_words(document, output);
        self.visited(document, output);
        self.end_epoch(output);
    }

    /// What is here and what came do not fit together. After a gap the document is opened again
    /// from its cursor; otherwise it is taken anew, once, and what it then lacks of one's own is
    /// offered again.
    fn damaged(&mut self, document: DocumentId, error: ApplyError, output: &mut Output) {
        let Some(opened) = self.documents.get_mut(&document) else { return };
        opened.link = Link::Closed;
        if matches!(error, ApplyError::Gap(_)) {
            self.follow(document, output);
            return;
        }
        // What does not fit an empty document, or one that is being taken anew, will not fit it the
        // next time either.
        let hopeless = opened.replica.cursor() == Seq::START || opened.replica.is_rebuilding();
        if hopeless {
            let mut effects = Effects::default();
            opened.replica.start_over(&mut effects);
            output.take(effects);
            let (document, reason) = (Some(document), Problem::DamagedConversation);
            output.events.push(SessionEvent::Problem { document, reason, retry_after: None });
        } else {
            opened.replica.begin_epoch();
            self.follow(document, output);
        }
    }

    fn fates(&mut self, document: DocumentId, fates: &[OperationFate], output: &mut Output) {
        let Some(opened) = self.documents.get_mut(&document) else { return };
        let mut effects = Effects::default();
        let moving = opened.replica.fates(fates, &mut self.dice, &mut effects);
        output.take(effects);
        if matches!(opened.link, Link::Unborn) {
            // It exists by now, or never will.
            opened.link = Link::Closed;
            self.follow(document, output);
        }
        for moving in &moving {
            self.take_along(document.conversation, moving, output);
        }
        self.exchange(document, output);
        self.ask_for_words(document, output);
    }

    fn signals(
        &mut self,
        document: DocumentId,
        signals: &[ParticipantSignal],
        now: Timestamp,
        output: &mut Output,
    ) {
        let mut effects = Effects::default();
        for &ParticipantSignal { participant, signal } in signals {
            match signal {
                Signal::Seen(seq) => {
                    if let Some(opened) = self.documents.get_mut(&document) {
                        opened.replica.raise_seen(participant, seq, &mut effects);
                    }
                }
                Signal::Idle => drop(self.signals.remove(&(document, participant))),
                Signal::Viewing | Signal::Typing => {
                    let until = now.plus_millis(limits::SIGNAL_MILLIS);
                    self.signals.insert((document, participant), (signal, until));
                }
            }
        }
        output.take(effects);
        output.events.push(SessionEvent::Signals(document));
    }

    fn refused(&mut self, document: Option<DocumentId>, reason: Problem, output: &mut Output) {
        let Some(id) = document else {
            output.events.push(SessionEvent::Problem { document, reason, retry_after: None });
            output.disconnect = true;
            return;
        };
        let visitor = self.is_visitor();
        let Some(opened) = self.documents.get_mut(&id) else { return };
        let opening = matches!(opened.link, Link::Opening(_));
        let unborn = visitor && opening && opened.replica.cursor() == Seq::START;
        if unborn && reason == Problem::UnknownConversation {
            // Begun here, without a network perhaps: the first push makes it.
            opened.link = Link::Unborn;
            let mut effects = Effects::default();
            opened.replica.caught_up(&mut self.dice, &mut effects);
            output.take(effects);
            self.exchange(id, output);
            self.end_epoch(output);
            return;
        }
        opened.link = Link::Closed;
        match reason {
            Problem::OutOfTurn if opening && !opened.replica.is_rebuilding() => {
                // More is here than the server has: of a life of its data that a backup rolled
                // back.
                opened.replica.begin_epoch();
                self.follow(id, output);
                return;
            }
            Problem::UnknownConversation if opened.replica.is_rebuilding() => {
                // The new log is empty until the visitor begins it again. The former one must not
                // stay: its places will be taken by other entries.
                let mut effects = Effects::default();
                opened.replica.begin_epoch();
                opened.replica.caught_up(&mut self.dice, &mut effects);
                output.take(effects);
                self.visited(id, output);
                self.end_epoch(output);
            }
            Problem::UnknownConversation => {
                let mut effects = Effects::default();
                opened.replica.hold_all(Refusal::NotAllowed, &mut self.dice, &mut effects);
                output.take(effects);
                if !visitor && opened.replica.cursor() > Seq::START {
                    // A device that keeps nothing is not ordered to drop it.
                    self.drop_document(id, output);
                }
            }
            _ => {}
        }
        let retry_after = None;
        output.events.push(SessionEvent::Problem { document, reason, retry_after });
    }
}
