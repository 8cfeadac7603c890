//! The whole way in, without sockets and tasks: what `sync` and the hub do with a frame, in their
//! order, on the real session, authority and storage. Who has which token stands in memory here:
//! the directory's own dice would make each run another.

use std::collections::BTreeMap;

use automerge::{Automerge, Change};
use rejoinder_core::authority::elsewhere::visitors_messages;
use rejoinder_core::authority::policy::Policy;
use rejoinder_core::authority::{Admission, Authority, Push, Rows, Setting};
use rejoinder_core::conversation::compose;
use rejoinder_core::conversation::mention::mentions;
use rejoinder_core::conversation::operation::Submission;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::dice::Dice;
use rejoinder_core::id::{
    ChangeHash, ConversationId, DeviceId, DocumentId, DocumentKind, Epoch, RevisionId, Seq,
};
use rejoinder_core::limits;
use rejoinder_core::principal::{Principal, Role};
use rejoinder_core::session::server::{Due, Fault, Request, Session};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{
    ClientFrame, Credential, Hello, OperationFate, Problem, ServerFrame, Signal,
};
use rejoinder_server::directory::Scope;
use rejoinder_server::hub::{Rights, may_see};
use rejoinder_server::storage::sqlite::{Options, Sqlite};
use rejoinder_server::storage::{Batch, Header, Row, Storage, Summary};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// When a run begins.
const NOON: Timestamp = Timestamp::from_millis(1_776_000_000_000);

/// A connection, as the server keeps it.
#[derive(Debug, Default)]
pub struct Line {
    session: Session,
    scope: Option<Scope>,
}

impl Line {
    /// Who is there, once that is known.
    #[must_use]
    pub const fn principal(&self) -> Option<&Principal> {
        self.session.principal()
    }

    /// Whether everything may flow.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.session.is_open()
    }
}

/// What a frame came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The connection ends.
    Ended(Problem),
    /// The session ends, and its device is to erase everything.
    Wiped,
    /// Only a document is concerned.
    About(DocumentId, Problem),
    /// Operations have these fates.
    Fates(DocumentId, Vec<OperationFate>),
    /// Something was told, in so many bytes.
    Told(usize),
    /// Nothing is to be said.
    Nothing,
}

struct Live {
    authority: Authority,
    header: Header,
    version: u64,
}

/// The server's side.
pub struct Way {
    /// The server's clock.
    pub now: Timestamp,
    dice: Dice,
    policy: Policy,
    live: BTreeMap<ConversationId, Live>,
    people: BTreeMap<String, (Principal, Scope)>,
    storage: Option<Sqlite>,
    runtime: Runtime,
    folder: TempDir,
}

impl core::fmt::Debug for Way {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Way").finish_non_exhaustive()
    }
}

impl Way {
    /// A server whose data folder is new. Visitors may edit and recall.
    ///
    /// # Panics
    /// When there is no room for it.
    #[must_use]
    pub fn new(dice: Dice) -> Self {
        let folder = folder();
        let storage = Some(Sqlite::open(&Options::new(folder.path())).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let policy = Policy { visitor_edits: true, visitor_recalls: true, ..Policy::default() };
        let (live, people) = (BTreeMap::new(), BTreeMap::new());
        Self { now: NOON, dice, policy, live, people, storage, runtime, folder }
    }

    /// Lets somebody in by a token.
    pub fn knows(&mut self, token: &str, principal: Principal, scope: Scope) {
        self.people.insert(token.to_owned(), (principal, scope));
    }

    fn storage(&self) -> &Sqlite {
        self.storage.as_ref().unwrap()
    }

    /// Ends the server and starts it on the same folder.
    ///
    /// # Panics
    /// When the folder does not open again.
    pub fn restarts(&mut self) {
        self.live.clear();
        self.storage = None;
        self.storage = Some(Sqlite::open(&Options::new(self.folder.path())).unwrap());
    }

    /// A frame has come on a connection.
    ///
    /// # Panics
    /// When the server breaks one of its promises.
    pub fn takes(&mut self, line: &mut Line, bytes: &[u8]) -> Answer {
        self.now = self.now.plus_millis(7);
        let frame = match ClientFrame::decode(bytes) {
            Ok(frame) => frame,
            Err(rejoinder_core::wire::FrameError::TooLarge(_)) => {
                return end(line, Problem::FrameTooLarge);
            }
            Err(rejoinder_core::wire::FrameError::Malformed(_)) => {
                return end(line, Problem::Malformed);
            }
        };
        self.handles(line, frame)
    }

    fn handles(&mut self, line: &mut Line, frame: ClientFrame) -> Answer {
        let request = match line.session.handle(frame) {
            Ok(request) => request,
            Err(Fault::Fatal(problem)) => return end(line, problem),
            Err(Fault::Document(document, problem)) => return Answer::About(document, problem),
        };
        match request {
            Request::Authenticate(hello) => self.greets(line, &hello),
            Request::Purged(_) => {
                for frame in line.session.release() {
                    self.handles(line, frame);
                }
                Answer::Nothing
            }
            Request::Holding(documents) => {
                let device = DeviceId::random(&mut self.dice);
                let kept = self.storage().keep_holdings(device, documents);
                self.runtime.block_on(kept).unwrap();
                Answer::Nothing
            }
            Request::Held | Request::Leave(_) => Answer::Nothing,
            Request::LogOut => {
                *line = Line::default();
                Answer::Wiped
            }
            Request::Open(document, cursor) => self.opens(line, document, cursor),
            Request::Want(document, revisions) => self.wanted(line, document, &revisions),
            Request::Signal(document, signal) => self.signals(line, document, signal),
            Request::Push(document, submissions, revisions) => {
                self.pushed(line, document, &submissions, &revisions)
            }
        }
    }

    fn greets(&mut self, line: &mut Line, hello: &Hello) -> Answer {
        let known = match &hello.credential {
            Credential::Token(token) => self.people.get(token).cloned(),
            // Comparing passwords takes its time on purpose, and visitors fill a directory: how
            // often both are tried is bounded, and tested by itself.
            Credential::Password { .. } | Credential::Visitor(_) => None,
        };
        let Some((principal, scope)) = known else { return end(line, Problem::Credential) };
        line.scope = Some(scope);
        let due = match hello.epoch == Some(self.epoch()) {
            // What a device has to erase is not kept here: some have.
            true if hello.erasures.is_multiple_of(2) => Due::Nothing,
            true => Due::Erasures,
            false => Due::Anew,
        };
        line.session.welcomed(principal, 0, due);
        Answer::Told(0)
    }

    fn loaded(&mut self, conversation: ConversationId) -> Option<&mut Live> {
        if !self.live.contains_key(&conversation) {
            let stored = self.storage().load(conversation).unwrap()?;
            let rows = Rows {
                rows: stored.rows,
                fates: stored.fates,
                actors: stored.actors,
                tombstones: stored.tombstones,
            };
            let (header, version) = (stored.header, stored.version);
            let authority =
                Authority::load(conversation, header.visitor, &rows, &mut self.dice).unwrap();
            self.live.insert(conversation, Live { authority, header, version });
        }
        self.live.get_mut(&conversation)
    }

    fn may(&mut self, line: &Line, document: DocumentId) -> bool {
        let (principal, scope) = (line.principal().cloned(), line.scope.clone());
        let (Some(principal), Some(scope)) = (principal, scope) else { return false };
        let Some(live) = self.loaded(document.conversation) else { return false };
        let collaborators: Vec<_> = live.authority.collaborators().collect();
        let rights = Rights {
            site: live.header.site,
            visitor: live.header.visitor,
            assignee: live.authority.assignee(),
            collaborators: &collaborators,
            gone: live.header.gone,
        };
        may_see(&principal, &scope, &rights)
    }

    fn opens(&mut self, line: &Line, document: DocumentId, cursor: Seq) -> Answer {
        if !self.may(line, document) {
            return Answer::About(document, Problem::UnknownConversation);
        }
        let live = self.loaded(document.conversation).unwrap();
        if cursor > live.authority.history(document.kind).last() {
            return Answer::About(document, Problem::OutOfTurn);
        }
        Answer::Told(0)
    }

    fn wanted(&mut self, line: &Line, document: DocumentId, asked: &[RevisionId]) -> Answer {
        if !self.may(line, document) {
            return Answer::About(document, Problem::UnknownConversation);
        }
        let found = self.storage().words(document, asked).unwrap();
        Answer::Told(found.len())
    }

    fn signals(&mut self, line: &Line, document: DocumentId, signal: Signal) -> Answer {
        if !self.may(line, document) {
            return Answer::About(document, Problem::UnknownConversation);
        }
        let participant = line.principal().unwrap().participant;
        let signal = match signal {
            Signal::Seen(seq) => {
                let live = self.loaded(document.conversation).unwrap();
                let seq = seq.min(live.authority.history(document.kind).last());
                let kept = self.storage().keep_seen(document, participant, seq);
                self.runtime.block_on(kept).unwrap();
                Signal::Seen(seq)
            }
            other => other,
        };
        let signals = vec![rejoinder_core::wire::ParticipantSignal { participant, signal }];
        Answer::Told(ServerFrame::Signals { document, signals }.encode().len())
    }

    fn pushed(
        &mut self,
        line: &Line,
        document: DocumentId,
        submissions: &[Submission],
        revisions: &[Revision],
    ) -> Answer {
        let unknown = Answer::About(document, Problem::UnknownConversation);
        let (Some(principal), Some(scope)) = (line.principal().cloned(), line.scope.clone()) else {
            return unknown;
        };
        if self.loaded(document.conversation).is_none() {
            let Scope::Visitor { site } = scope else { return unknown };
            if principal.role != Role::Visitor || document.kind != DocumentKind::Timeline {
                return unknown;
            }
            self.begins(document.conversation, site, &principal);
        }
        let live = self.live.get_mut(&document.conversation).unwrap();
        let Header { site, visitor, gone, .. } = live.header;
        let rights = Rights { site, visitor, assignee: None, collaborators: &[], gone };
        if !may_see(&principal, &scope, &rights) {
            return unknown;
        }
        let actors = submissions.iter().map(|submission| submission.context.actor);
        let actors: Vec<_> =
            live.authority.unknown_actors(document.kind, actors).into_iter().collect();
        let storage = self.storage.as_ref().unwrap();
        let said: Vec<_> = visitors_messages(submissions).collect();
        let elsewhere = storage.elsewhere(document, &principal, &actors, &said).unwrap();
        let mut admission = Admission::default();
        let push = Push { kind: document.kind, submissions, revisions };
        let setting = Setting {
            principal: &principal,
            policy: &self.policy,
            elsewhere: &elsewhere,
            now: self.now,
        };
        let fates = live.authority.admit(&mut admission, push, setting, &mut self.dice);
        for (kind, words) in &admission.words {
            if *kind == DocumentKind::Team {
                let mentioned = mentions(&words.read().unwrap().text);
                assert!(mentioned.len() <= limits::MENTIONS, "RT47");
            }
        }
        self.commits(document.conversation, admission);
        Answer::Fates(document, fates)
    }

    fn begins(
        &mut self,
        conversation: ConversationId,
        site: rejoinder_core::id::SiteId,
        by: &Principal,
    ) {
        let visitor = by.participant;
        let tombstones = self.storage().tombstones(conversation).unwrap();
        let rows = Rows { tombstones, ..Rows::default() };
        let authority = Authority::load(conversation, visitor, &rows, &mut self.dice).unwrap();
        let (follows, created_at, gone) = (None, self.now, false);
        let header = Header { conversation, site, visitor, follows, created_at, gone };
        self.live.insert(conversation, Live { authority, header, version: 0 });
    }

    /// AU2: what is told is on the disk before.
    fn commits(&mut self, conversation: ConversationId, admission: Admission) {
        let live = self.live.get_mut(&conversation).unwrap();
        if admission.follow_up {
            let header = Header {
                conversation: live.authority.follow_up(),
                follows: Some(conversation),
                created_at: self.now,
                ..live.header.clone()
            };
            // It may be there already.
            let appended = self.storage.as_ref().unwrap().append(empty(header));
            let _there = self.runtime.block_on(appended);
        }
        if admission.is_empty() {
            if live.version == 0 {
                self.live.remove(&conversation);
            }
            return;
        }
        let batch = Batch {
            conversation,
            expected_version: live.version,
            header: (live.version == 0).then(|| live.header.clone()),
            summary: live.authority.summary(),
            admission,
            notified: Vec::new(),
            former_since: None,
        };
        let appended = self.storage.as_ref().unwrap().append(batch);
        live.version = self.runtime.block_on(appended).unwrap().version;
    }

    /// The conversation's authority, if there is one.
    pub fn authority(&mut self, conversation: ConversationId) -> Option<&Authority> {
        self.loaded(conversation).map(|live| &live.authority)
    }

    /// Everything that is told of a conversation is on the disk, composes to the same heads again,
    /// and is a document that Automerge saves and loads.
    ///
    /// # Panics
    /// When it is not (OP8, ST9, AU37).
    pub fn is_kept(&mut self, conversation: ConversationId) {
        let kinds = [DocumentKind::Timeline, DocumentKind::Team];
        let Some(before) = self.live.remove(&conversation) else { return };
        let stored = self.storage().load(conversation).unwrap().unwrap();
        for kind in kinds {
            let heads = before.authority.history(kind).heads();
            let document = DocumentId { conversation, kind };
            let rows = stored.rows.iter().filter(|row| row.kind == kind);
            assert_eq!(automerge_heads(document, rows), heads, "{document}: OP8");
        }
        let again = self.loaded(conversation).unwrap();
        for kind in kinds {
            let (was, is) = (before.authority.history(kind), again.authority.history(kind));
            assert_eq!(is.heads(), was.heads(), "ST9: the same heads from the disk");
            assert_eq!(is.last(), was.last());
        }
        assert_eq!(again.authority.summary(), before.authority.summary());
    }

    /// Which life of the data this is.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.storage().epoch()
    }

    /// Whether `rejoinder verify` finds everything sound. The server must have ended.
    ///
    /// # Panics
    /// When it does not (ST10).
    pub fn is_sound(mut self) {
        self.live.clear();
        self.storage = None;
        let report = rejoinder_server::storage::sqlite::verify(self.folder.path());
        assert!(report.is_sound(), "{:?}", report.problems);
    }
}

/// A folder in memory where there is one: what is looked for are faults of the program, and a disk
/// that flushes takes most of the time there is for it.
fn folder() -> TempDir {
    let mut builder = tempfile::Builder::new();
    let named = builder.prefix("rejoinder-fuzz-");
    named.tempdir_in("/dev/shm").or_else(|_| named.tempdir()).unwrap()
}

/// A connection that has ended is followed by a new one.
fn end(line: &mut Line, problem: Problem) -> Answer {
    *line = Line::default();
    Answer::Ended(problem)
}

fn empty(header: Header) -> Batch {
    let rows = Rows::default();
    let dice = &mut Dice::from_seed([0; 32]);
    let authority = Authority::load(header.conversation, header.visitor, &rows, dice).unwrap();
    let summary = Summary { at: header.created_at, ..authority.summary() };
    Batch {
        conversation: header.conversation,
        expected_version: 0,
        header: Some(header),
        admission: Admission::default(),
        summary,
        notified: Vec::new(),
        former_since: None,
    }
}

/// The heads of a log, as Automerge sees them after saving and loading.
fn automerge_heads<'a>(
    document: DocumentId,
    rows: impl Iterator<Item = &'a Row>,
) -> Vec<ChangeHash> {
    let genesis = compose::genesis(document).bytes;
    let changes: Vec<Change> = core::iter::once(genesis)
        .chain(rows.map(|row| row.change.clone()))
        .map(|bytes| Change::from_bytes(bytes).unwrap())
        .collect();
    assert!(changes.len() <= limits::DOCUMENT_CHANGES + limits::RESERVED_CHANGES + 1);
    let mut built = Automerge::new();
    built.apply_changes(changes).unwrap();
    let again = Automerge::load(&built.save()).unwrap();
    let mut heads: Vec<_> = again.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect();
    heads.sort_unstable();
    heads
}
