//! A conversation's turn: pushes are admitted in batches, everything else in its order.

use std::collections::BTreeSet;

use automerge::{Automerge, Change};
use rejoinder_core::authority::fate::Fate;
use rejoinder_core::authority::log::Row;
use rejoinder_core::authority::{Admission, Authority, Push, Rows, Setting, Which, follow_up};
use rejoinder_core::conversation::compose;
use rejoinder_core::conversation::operation::Submission;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    ChangeHash, ConversationId, DocumentId, DocumentKind, ParticipantId, RevisionId, Seq,
};
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::wire::{
    OperationFate, Order, OrderRow, ParticipantSignal, Problem, ServerFrame, Signal,
};

use crate::disk::Conversation;
use crate::plant::{self, Bug};
use crate::roll::Roll;
use crate::server::{ConnectionId, Server};

/// What a connection asks of a conversation.
#[derive(Debug)]
pub(super) enum Ask {
    Open(ConnectionId, DocumentId, Seq),
    Leave(ConnectionId, DocumentId),
    Push(ConnectionId, DocumentId, Vec<Submission>, Vec<Revision>),
    Want(ConnectionId, DocumentId, Vec<RevisionId>),
    Signal(ConnectionId, DocumentId, Signal),
}

/// Operations that wait for admission, and who pushed them.
struct Pushed {
    id: ConnectionId,
    principal: Principal,
    document: DocumentId,
    submissions: Vec<Submission>,
    revisions: Vec<Revision>,
}

/// What the server itself does in a conversation.
pub(crate) enum Upkeep {
    /// LC1: it announces that a silent one will be closed, or closes it.
    Lapse,
    /// LC4: it takes back what its visitor wrote.
    EraseVisitor,
    /// LC4: it takes back all.
    EraseAll,
}

/// Milliseconds of silence that a run allows.
const SILENCE: i64 = 1_800_000;

/// How a commit ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Commit {
    Done,
    Failed,
    Died,
    DiedAfter,
}

impl Server {
    /// One turn of a conversation: up to `most` asks.
    pub(crate) fn turn(&mut self, conversation: ConversationId, most: usize) {
        let mut batch: Vec<Pushed> = Vec::new();
        for _ in 0..most {
            let next = self.asks.get_mut(&conversation).and_then(|asks| asks.pop_front());
            let Some(ask) = next else { break };
            if let Ask::Push(id, document, submissions, revisions) = ask {
                batch.extend(self.pushed(id, document, submissions, revisions));
                continue;
            }
            let waiting = core::mem::take(&mut batch);
            if !self.admit(conversation, &waiting) {
                return;
            }
            match ask {
                Ask::Open(id, document, cursor) => self.open(id, document, cursor),
                Ask::Leave(id, document) => {
                    let connection = self.connections.get_mut(&id);
                    connection.map(|connection| connection.followed.remove(&document));
                }
                Ask::Want(id, document, revisions) => self.want(id, document, &revisions),
                Ask::Signal(id, document, signal) => self.signal(id, document, signal),
                Ask::Push(..) => unreachable!("gathered above"),
            }
        }
        self.admit(conversation, &batch);
    }

    fn pushed(
        &mut self,
        id: ConnectionId,
        document: DocumentId,
        submissions: Vec<Submission>,
        revisions: Vec<Revision>,
    ) -> Option<Pushed> {
        // A connection that was cut has said what it said, unless a newer one fences it.
        let principal = self.connections.get(&id)?.principal()?.clone();
        let known = self.disk.database.conversations.contains_key(&document.conversation);
        let begins = !known && principal.role == Role::Visitor;
        if begins {
            self.begin(document.conversation, principal.participant);
        } else if !self.may_see(id, document.conversation) {
            self.unknown(id, document);
            return None;
        }
        Some(Pushed { id, principal, document, submissions, revisions })
    }

    /// AU35: a conversation begins with its visitor's first push.
    fn begin(&mut self, conversation: ConversationId, visitor: ParticipantId) {
        let known: Vec<_> = self.disk.database.conversations.keys().copied().collect();
        let follows = known.into_iter().find(|of| follow_up(*of) == conversation);
        let rows = Rows::default();
        let made = Conversation { visitor, follows, rows, summary: None, feed: 0 };
        self.disk.database.conversations.entry(conversation).or_insert(made);
    }

    /// The authority of a conversation, loaded and repaired.
    fn authority(&mut self, conversation: ConversationId) -> (Authority, Admission) {
        let mut admission = Admission::default();
        if let Some(authority) = self.authorities.remove(&conversation) {
            return (authority, admission);
        }
        let found = &self.disk.database.conversations[&conversation];
        let tombstones = self.disk.tombstones(conversation);
        let rows = Rows { tombstones, ..found.rows.clone() };
        let mut authority = Authority::load(conversation, found.visitor, &rows, &mut self.dice)
            .expect("ST9: the rows that an authority made load again");
        let policy = self.policy();
        authority.repair(&mut admission, &policy, self.now, &mut self.dice);
        (authority, admission)
    }

    /// Admits a batch and tells what became of it; false when the server has died.
    fn admit(&mut self, conversation: ConversationId, batch: &[Pushed]) -> bool {
        if !self.disk.database.conversations.contains_key(&conversation) {
            return true;
        }
        let admitted = self.admit_there(conversation, batch);
        // What a batch began and did not commit has not begun.
        self.disk.database.conversations.retain(|_, found| found.feed > 0);
        admitted
    }

    fn admit_there(&mut self, conversation: ConversationId, batch: &[Pushed]) -> bool {
        let (mut authority, mut admission) = self.authority(conversation);
        let mut told = Vec::new();
        for pushed in batch {
            let fates = self.judge(&mut authority, &mut admission, pushed);
            told.push((pushed.id, pushed.document, fates));
        }
        if self.bug == Some(Bug::AcknowledgeBeforeWrite) {
            self.tell_fates(&told);
        }
        let commit = match admission.is_empty() {
            true => Commit::Done,
            false => self.commit_ends(),
        };
        if matches!(commit, Commit::Done | Commit::DiedAfter) && !admission.is_empty() {
            self.disk.append(conversation, &admission, authority.summary());
            self.remember_holders(batch);
            if admission.follow_up {
                let visitor = authority.visitor();
                self.begin(authority.follow_up(), visitor);
                let of = self.disk.database.conversations.get_mut(&authority.follow_up()).unwrap();
                of.feed = of.feed.max(1);
            }
        }
        match commit {
            Commit::Done => {
                if !admission.is_empty() || self.disk.database.conversations[&conversation].feed > 0
                {
                    self.authorities.insert(conversation, authority);
                }
                for (pushed, (_, _, fates)) in batch.iter().zip(&told) {
                    self.check_repeats(pushed, fates);
                }
                self.publish(conversation, &admission, &told);
                true
            }
            Commit::Failed => {
                let retry = ServerFrame::Retry { after_millis: 1, reason: Problem::Storage };
                batch.iter().for_each(|pushed| self.tell(pushed.id, &retry));
                true
            }
            Commit::Died | Commit::DiedAfter => {
                self.restart();
                false
            }
        }
    }

    /// The server does what is due, by dice of its own: what others do is not moved by it.
    pub(crate) fn keep_up(&mut self, conversation: ConversationId, what: &Upkeep, dice: &mut Dice) {
        let (mut authority, mut admission) = self.authority(conversation);
        let (policy, now) = (self.policy(), self.now);
        let visitor = BTreeSet::from([authority.visitor()]);
        let erased = match what {
            Upkeep::Lapse => {
                authority.lapse(&mut admission, Some(SILENCE), &policy, now, dice);
                None
            }
            Upkeep::EraseVisitor => Some(Which { authors: Some(&visitor), until: None }),
            Upkeep::EraseAll => Some(Which::default()),
        };
        if let Some(which) = erased {
            authority.recall_all(&mut admission, which, usize::MAX - 1, &policy, now, dice);
        }
        self.tally.kept_up += admission.rows.len() as u64;
        if !admission.is_empty() {
            self.disk.append(conversation, &admission, authority.summary());
        }
        self.authorities.insert(conversation, authority);
        self.publish(conversation, &admission, &[]);
    }

    fn commit_ends(&mut self) -> Commit {
        match self.dice.index(4) {
            _ if !self.fails(self.plan.server_trouble) => Commit::Done,
            0 => Commit::Failed,
            1 => Commit::Died,
            _ => Commit::DiedAfter,
        }
    }

    fn judge(
        &mut self,
        authority: &mut Authority,
        admission: &mut Admission,
        pushed: &Pushed,
    ) -> Vec<OperationFate> {
        let (kind, document) = (pushed.document.kind, pushed.document);
        let actors = pushed.submissions.iter().map(|submission| submission.context.actor);
        let bound = &self.disk.database.actors;
        let mut elsewhere = self.elsewhere(document, &pushed.submissions);
        elsewhere.actors = authority
            .unknown_actors(kind, actors)
            .into_iter()
            .filter(|actor| bound.get(actor).is_some_and(|(of, _)| *of != document))
            .collect();
        let push = Push { kind, submissions: &pushed.submissions, revisions: &pushed.revisions };
        let (principal, now, policy) = (&pushed.principal, self.now, self.policy());
        let setting = Setting { principal, policy: &policy, elsewhere: &elsewhere, now };
        let mut fates = authority.admit(admission, push, setting, &mut self.dice);
        plant::misjudge(self.bug, &self.disk, (document, push.submissions), admission, &mut fates);
        fates
    }

    /// Everybody says again what was accepted of theirs in a document, to a server that has been
    /// started again: the fates, and whether nothing comes of it.
    pub(crate) fn say_again(&mut self, document: DocumentId) -> (Vec<(Row, Fate)>, bool) {
        let rows: Vec<Row> = self.disk.log(document).cloned().collect();
        self.authorities.remove(&document.conversation);
        let (mut authority, _) = self.authority(document.conversation);
        let (mut admission, mut told) = (Admission::default(), Vec::new());
        for row in rows {
            let by = |who: &&Principal| who.is(row.submitted_by);
            // Nobody says the server's own.
            let Some(principal) = self.people.values().find(by).cloned() else { continue };
            let Row { id, operation, context, hash, seq: seen, .. } = row.clone();
            let repeat = Submission { id, operation, context, hash, seen, withheld: false };
            let (submissions, revisions) = (vec![repeat], Vec::new());
            let pushed = Pushed { id: 0, principal, document, submissions, revisions };
            let fates = self.judge(&mut authority, &mut admission, &pushed);
            told.extend(fates.first().map(|told| (row, told.fate)));
        }
        (told, admission.is_empty())
    }

    /// A device that brought words holds them too.
    fn remember_holders(&mut self, batch: &[Pushed]) {
        for pushed in batch.iter().filter(|pushed| !pushed.revisions.is_empty()) {
            if let Some(device) = self.connections.get(&pushed.id).and_then(|c| c.device) {
                self.disk.database.holdings.insert((device, pushed.document));
            }
        }
    }

    fn publish(
        &mut self,
        conversation: ConversationId,
        admission: &Admission,
        told: &[(ConnectionId, DocumentId, Vec<OperationFate>)],
    ) {
        for (_, document, fates) in told {
            self.check(*document, fates);
        }
        let fates_first = self.dice.chance(50);
        if fates_first {
            self.tell_fates(told);
        }
        for kind in [DocumentKind::Timeline, DocumentKind::Team] {
            let document = DocumentId { conversation, kind };
            let rows = admission.rows.iter().filter(|row| row.kind == kind);
            let Some(first) = rows.map(|row| row.seq).min() else { continue };
            let entries = self.disk.entries(document, Seq(first.0 - 1));
            let last = self.last(document);
            let open = match self.bug {
                Some(Bug::TeamEntriesToAll) => DocumentId::timeline(conversation),
                _ => document,
            };
            let quiet = self.bug == Some(Bug::LoseNews);
            let lost = |id: &ConnectionId| quiet && told.iter().all(|(by, ..)| by != id);
            for (_, connection) in self.connections.iter_mut().filter(|(id, _)| !lost(id)) {
                if connection.followed.contains(&open) {
                    let entries = entries.clone();
                    connection.tell(&ServerFrame::Entries { document, entries, last });
                }
            }
        }
        if !fates_first {
            self.tell_fates(told);
        }
        if !admission.is_empty() {
            self.feed_news(conversation);
        }
        self.tell_erasures();
        for (tombstone, _) in &admission.recalled {
            let of = |e: &&crate::disk::Erasure| {
                e.document.conversation == conversation && e.message == tombstone.message
            };
            let erasure = self.disk.ledger.iter().find(of).copied().unwrap();
            self.tell_progress(&erasure);
        }
    }

    fn tell_fates(&mut self, told: &[(ConnectionId, DocumentId, Vec<OperationFate>)]) {
        for (id, document, fates) in told {
            let (document, fates) = (*document, fates.clone());
            self.tell(*id, &ServerFrame::Fates { document, fates });
        }
    }

    /// AU4: an identical repeat gets the fate it had.
    fn check_repeats(&mut self, pushed: &Pushed, fates: &[OperationFate]) {
        for (submission, told) in pushed.submissions.iter().zip(fates) {
            if told.fate.is_final() {
                let of = (pushed.document, submission.id, submission.hash);
                let first = *self.fated.entry(of).or_insert(told.fate);
                assert_eq!(told.fate, first, "AU4: the fate of a repeat is the first one");
            }
        }
    }

    /// AU2: what is told as accepted is on the disk.
    fn check(&mut self, document: DocumentId, fates: &[OperationFate]) {
        for told in fates {
            match told.fate {
                Fate::Accepted { seq, at } => {
                    let row = self.disk.log(document).find(|row| row.seq == seq);
                    let row = row.expect("AU2: what is accepted has a row");
                    assert_eq!((row.id, row.at), (told.operation, at), "AU2: and it is that one");
                }
                Fate::Refused { .. } => self.tally.refusals += 1,
                Fate::Void => self.tally.voids += 1,
                Fate::UnknownDependency => self.tally.unknown_dependencies += 1,
                Fate::Collision { .. } => self.tally.collisions += 1,
                Fate::Closed { .. } => self.tally.moves += 1,
            }
        }
    }

    fn open(&mut self, id: ConnectionId, document: DocumentId, cursor: Seq) {
        if !self.may_see(id, document.conversation) {
            return self.unknown(id, document);
        }
        if !self.connections.contains_key(&id) {
            return;
        }
        let (mut after, last) = (cursor, self.last(document));
        let pays = self.plan.snapshot_pays;
        if let Some((seq, bytes)) = self.snapshot(document)
            && seq.0 >= cursor.0 + pays
        {
            self.tell_snapshot(id, document, seq, &bytes);
            after = seq;
        }
        let entries = self.disk.entries(document, after);
        let size = 1 + self.dice.index(20);
        if entries.is_empty() {
            self.tell(id, &ServerFrame::Entries { document, entries: Vec::new(), last });
        }
        for chunk in entries.chunks(size) {
            self.tell(id, &ServerFrame::Entries { document, entries: chunk.to_vec(), last });
        }
        self.connections.get_mut(&id).unwrap().followed.insert(document);
        let seen = &self.disk.database.seen;
        let signals = seen
            .iter()
            .filter(|((of, _), _)| *of == document)
            .map(|((_, participant), seq)| ParticipantSignal {
                participant: *participant,
                signal: Signal::Seen(*seq),
            })
            .collect();
        self.tell(id, &ServerFrame::Signals { document, signals });
    }

    /// The document's snapshot, made anew now and then.
    fn snapshot(&mut self, document: DocumentId) -> Option<(Seq, Vec<u8>)> {
        let last = self.last(document);
        let kept = self.disk.database.snapshots.get(&document);
        if last.0 >= self.plan.snapshot_pays && (kept.is_none() || self.dice.chance(20)) {
            let rows = match self.bug {
                Some(Bug::ShortSnapshot) => last.0 - 1,
                _ => last.0,
            };
            let log = self.disk.log(document).filter(|row| row.seq.0 <= rows);
            let bytes = save(document, log.map(|row| row.change.clone()));
            self.disk.database.snapshots.insert(document, (last, bytes));
        }
        self.disk.database.snapshots.get(&document).cloned()
    }

    fn tell_snapshot(&mut self, id: ConnectionId, document: DocumentId, seq: Seq, bytes: &[u8]) {
        self.tally.snapshots += 1;
        let mut order = Order::default();
        for row in self.disk.log(document).filter(|row| row.seq <= seq) {
            let actor = row.context.actor;
            let known = order.actors.iter().position(|known| *known == actor);
            let index = known.unwrap_or_else(|| {
                order.actors.push(actor);
                order.actors.len() - 1
            });
            let (actor, actor_seq) = (u32::try_from(index).unwrap(), row.context.actor_seq);
            order.rows.push(OrderRow { actor, actor_seq, at: row.at });
        }
        let chunks: Vec<_> = bytes.chunks(700).collect();
        let parts = u32::try_from(chunks.len()).unwrap();
        let rows = order.rows.len().div_ceil(chunks.len()).max(1);
        let mut slices = order.rows.chunks(rows);
        for (part, chunk) in (0..).zip(chunks) {
            let rows = slices.next().unwrap_or_default().to_vec();
            let order = Order { actors: core::mem::take(&mut order.actors), rows };
            let bytes = chunk.to_vec();
            self.tell(id, &ServerFrame::Snapshot { document, seq, part, parts, bytes, order });
        }
    }

    fn want(&mut self, id: ConnectionId, document: DocumentId, revisions: &[RevisionId]) {
        if !self.may_see(id, document.conversation) {
            return self.unknown(id, document);
        }
        let Some(device) = self.connections.get(&id).and_then(|c| c.device) else { return };
        let found = revisions.iter().filter_map(|of| self.disk.words(document, *of).cloned());
        let mut records: Vec<Revision> = found.collect();
        if self.bug == Some(Bug::NoteInTimeline) {
            records.extend(plant::notes(&self.disk, document.conversation));
        }
        let kept = |of: &RevisionId| records.iter().any(|words| words.id == *of);
        let gone = revisions.iter().copied().filter(|of| !kept(of)).collect();
        if !records.is_empty() && self.bug != Some(Bug::ForgetHolder) {
            self.disk.database.holdings.insert((device, document));
        }
        self.tell(id, &ServerFrame::Revisions { document, records, gone });
    }

    fn signal(&mut self, id: ConnectionId, document: DocumentId, signal: Signal) {
        let (true, Signal::Seen(seq)) = (self.may_see(id, document.conversation), signal) else {
            return;
        };
        let participant = self.connections[&id].principal().unwrap().participant;
        let seq = seq.min(self.last(document));
        let mark = self.disk.database.seen.entry((document, participant)).or_default();
        if seq <= *mark && self.bug != Some(Bug::SeenFalls) {
            return;
        }
        *mark = seq;
        let signals = vec![ParticipantSignal { participant, signal: Signal::Seen(seq) }];
        for (_, connection) in self.connections.iter_mut().filter(|(other, _)| **other != id) {
            if connection.followed.contains(&document) {
                connection.tell(&ServerFrame::Signals { document, signals: signals.clone() });
            }
        }
    }
}

/// A saved Automerge document: the genesis, and the changes of a log.
pub(crate) fn save(document: DocumentId, log: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let genesis = compose::genesis(document).bytes;
    let bytes = core::iter::once(genesis).chain(log);
    let changes: Vec<_> = bytes.map(|bytes| Change::from_bytes(bytes).unwrap()).collect();
    let mut made = Automerge::new();
    made.apply_changes(changes).unwrap();
    made.save()
}

/// The heads of an Automerge document, sorted.
pub(crate) fn heads(document: &Automerge) -> Vec<ChangeHash> {
    let mut heads: Vec<_> = document.get_heads().iter().map(|head| ChangeHash(head.0)).collect();
    heads.sort_unstable();
    heads
}
