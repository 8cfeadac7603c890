//! Operations over sockets. Each cell is a conversation of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::conversation::layout::{Priority, Status};
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{
    CategoryId, ConversationId, DocumentId, DocumentKind, MessageId, ParticipantId, RevisionId,
};
use rejoinder_core::principal::AgentRole;
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{ClientFrame, ServerFrame};
use rejoinder_harness::client::Credential;
use rejoinder_harness::{Forger, Letter, PASSWORD, Raw, World};

use crate::table::Table;

/// What stands in the cells: `+` accepted; otherwise what the fate or the answer is called, in
/// short.
///
/// `support` to `owner` are agents of the conversation's site, `visitor` is whose conversation it
/// is, `another` somebody else's visitor, and `foreign` a supervisor of another site only. The
/// conversation is assigned to nobody, to who acts (`theirs`), or to a teammate (`others`).
const TABLE: &str = "
state operation           | visitor another foreign support agent   manager supervisor admin  owner
nobody's reply            | +       unknown unknown +       +       +       +          +      +
nobody's note             | unknown unknown unknown +       +       +       +          +      +
nobody's edit own         | +       unknown unknown +       +       +       +          +      +
nobody's edit mate's      | author  unknown unknown author  author  author  author     author author
nobody's edit visitor's   | +       unknown unknown author  author  author  author     author author
nobody's recall own       | +       unknown unknown +       +       +       +          +      +
nobody's recall mate's    | author  unknown unknown author  author  author  +          +      +
nobody's recall visitor's | +       unknown unknown author  author  author  author     author author
nobody's claim            | not     unknown unknown +       +       +       +          +      +
nobody's give             | not     unknown unknown not     not     not     +          +      +
nobody's release          | not     unknown unknown +       +       +       +          +      +
nobody's to assistant     | status  unknown unknown +       +       +       +          +      +
nobody's announce         | not     unknown unknown not     not     not     not        not    not
nobody's priority         | unknown unknown unknown +       +       +       +          +      +
nobody's category         | unknown unknown unknown not     not     +       +          +      +
nobody's follow           | unknown unknown unknown +       +       +       +          +      +
nobody's close            | +       unknown unknown +       +       +       +          +      +
theirs reply              | +       unknown unknown +       +       +       +          +      +
theirs note               | unknown unknown unknown +       +       +       +          +      +
theirs edit own           | +       unknown unknown +       +       +       +          +      +
theirs edit mate's        | author  unknown unknown author  author  author  author     author author
theirs edit visitor's     | +       unknown unknown author  author  author  author     author author
theirs recall own         | +       unknown unknown +       +       +       +          +      +
theirs recall mate's      | author  unknown unknown author  author  author  +          +      +
theirs recall visitor's   | +       unknown unknown author  author  author  author     author author
theirs claim              | not     unknown unknown +       +       +       +          +      +
theirs give               | not     unknown unknown not     +       +       +          +      +
theirs release            | not     unknown unknown +       +       +       +          +      +
theirs to assistant       | status  unknown unknown +       +       +       +          +      +
theirs announce           | not     unknown unknown not     not     not     not        not    not
theirs priority           | unknown unknown unknown +       +       +       +          +      +
theirs category           | unknown unknown unknown not     not     +       +          +      +
theirs follow             | unknown unknown unknown +       +       +       +          +      +
theirs close              | +       unknown unknown +       +       +       +          +      +
others reply              | +       unknown unknown not     +       +       +          +      +
others note               | unknown unknown unknown not     +       +       +          +      +
others edit own           | +       unknown unknown not     +       +       +          +      +
others edit mate's        | author  unknown unknown not     author  author  author     author author
others edit visitor's     | +       unknown unknown not     author  author  author     author author
others recall own         | +       unknown unknown not     +       +       +          +      +
others recall mate's      | author  unknown unknown not     author  author  +          +      +
others recall visitor's   | +       unknown unknown not     author  author  author     author author
others claim              | not     unknown unknown claimed claimed claimed +          +      +
others give               | not     unknown unknown claimed claimed claimed +          +      +
others release            | not     unknown unknown claimed claimed claimed +          +      +
others to assistant       | status  unknown unknown not     +       +       +          +      +
others announce           | not     unknown unknown not     not     not     not        not    not
others priority           | unknown unknown unknown not     +       +       +          +      +
others category           | unknown unknown unknown not     not     +       +          +      +
others follow             | unknown unknown unknown not     +       +       +          +      +
others close              | +       unknown unknown not     +       +       +          +      +
closed reply              | moved   unknown unknown closed  closed  closed  closed     closed closed
closed note               | unknown unknown unknown +       +       +       +          +      +
closed edit own           | closed  unknown unknown closed  closed  closed  closed     closed closed
closed edit mate's        | author  unknown unknown author  author  author  author     author author
closed edit visitor's     | closed  unknown unknown author  author  author  author     author author
closed recall own         | +       unknown unknown +       +       +       +          +      +
closed recall mate's      | author  unknown unknown author  author  author  +          +      +
closed recall visitor's   | +       unknown unknown author  author  author  author     author author
closed claim              | closed  unknown unknown closed  closed  closed  closed     closed closed
closed give               | closed  unknown unknown closed  closed  closed  closed     closed closed
closed release            | closed  unknown unknown closed  closed  closed  closed     closed closed
closed to assistant       | closed  unknown unknown closed  closed  closed  closed     closed closed
closed announce           | not     unknown unknown not     not     not     not        not    not
closed priority           | unknown unknown unknown +       +       +       +          +      +
closed category           | unknown unknown unknown not     not     +       +          +      +
closed follow             | unknown unknown unknown +       +       +       +          +      +
closed close              | closed  unknown unknown closed  closed  closed  closed     closed closed
";

/// The states of a conversation.
const STATES: [&str; 4] = ["nobody's", "theirs", "others", "closed"];

fn short(fate: Fate) -> String {
    let text = match fate {
        Fate::Accepted { .. } => "+",
        Fate::Closed { .. } => "moved",
        Fate::Collision { .. } => "collision",
        Fate::Void => "void",
        Fate::UnknownDependency => "again",
        Fate::Refused { code: Refusal::NotAllowed } => "not",
        Fate::Refused { code: Refusal::NotYours } => "author",
        Fate::Refused { code: Refusal::StatusNotAllowed } => "status",
        Fate::Refused { code: Refusal::AlreadyClaimed } => "claimed",
        Fate::Refused { code: Refusal::ConversationClosed } => "closed",
        Fate::Refused { code } => return format!("{code:?}"),
    };
    text.to_owned()
}

/// Somebody with a connection.
struct Actor {
    raw: Raw,
    principal: rejoinder_core::principal::Principal,
}

impl Actor {
    async fn enters(world: &World, credential: Credential) -> Self {
        let (raw, welcome) = Raw::enter(world.address(), credential).await;
        Self { raw, principal: welcome.principal }
    }

    async fn agent(world: &World, name: &str) -> Self {
        let (email, password) = (format!("{name}@shop.example"), PASSWORD.to_owned());
        Self::enters(world, Credential::Password { email, password, code: None }).await
    }

    fn id(&self) -> ParticipantId {
        self.principal.participant
    }

    /// A session in a document, with everything that is there.
    async fn on(&mut self, document: DocumentId) -> Forger {
        let mut forger = Forger::new(self.principal.clone(), document);
        forger.pulls(&mut self.raw).await;
        forger
    }

    /// What becomes of a letter, or that the conversation is unknown.
    async fn pushes(&mut self, document: DocumentId, letter: Letter) -> String {
        let (submissions, revisions) = (vec![letter.submission], letter.words);
        self.raw.send(&ClientFrame::Push { document, submissions, revisions }).await;
        let answer = |frame| match frame {
            ServerFrame::Fates { document: of, fates } if of == document => {
                Some(short(fates[0].fate))
            }
            ServerFrame::Refused { document: Some(of), reason } if of == document => {
                assert_eq!(reason.to_string(), "there is no such conversation");
                Some("unknown".to_owned())
            }
            _ => None,
        };
        self.raw.until(answer).await
    }

    async fn does(&mut self, document: DocumentId, operation: Operation) -> String {
        let letter = self.on(document).await.does(operation);
        self.pushes(document, letter).await
    }

    async fn says(&mut self, document: DocumentId, text: &str) -> MessageId {
        let letter = self.on(document).await.writes(text);
        let message = letter.message();
        assert_eq!(self.pushes(document, letter).await, "+", "{text}");
        message
    }
}

/// A conversation in one of the states, and what was said in it.
struct Scene {
    timeline: DocumentId,
    team: DocumentId,
    of_visitor: MessageId,
    of_teammate: MessageId,
    /// A message of who acts, if they may write one.
    own: Option<MessageId>,
    /// What a support agent had of both documents before somebody else took it: they cannot open
    /// it any more.
    before: Option<[Forger; 2]>,
}

/// Who stands in the columns of one world, with the two others that every scene needs.
struct Cast {
    visitor: Actor,
    teammate: Actor,
    actor: Option<Actor>,
}

impl Cast {
    fn actor(&mut self) -> &mut Actor {
        self.actor.as_mut().unwrap_or(&mut self.visitor)
    }

    /// Sets the scene. Agents speak before it is assigned: a support agent could not after.
    async fn sets(&mut self, world: &World, state: &str, column: &str) -> Scene {
        // One visitor begins no more than a few.
        self.visitor = Actor::enters(world, Credential::Visitor(world.site())).await;
        let mut first = Forger::new(
            self.visitor.principal.clone(),
            DocumentId::timeline(ConversationId::from_bytes([0; 16])),
        );
        let noon = Timestamp::from_millis(1_776_000_000_000);
        let chat = ConversationId::timed(noon, &mut first.dice);
        let (timeline, team) = (DocumentId::timeline(chat), DocumentId::team(chat));
        let letter = Forger::new(self.visitor.principal.clone(), timeline).writes("Hello?");
        let of_visitor = letter.message();
        assert_eq!(self.visitor.pushes(timeline, letter).await, "+");
        let of_teammate = self.teammate.says(timeline, "Good day!").await;
        self.teammate.says(team, "A note").await;
        let agent = !["visitor", "another", "foreign"].contains(&column);
        let own = match (agent, column) {
            (true, _) => Some(self.actor().says(timeline, "Mine").await),
            (false, "visitor") => Some(of_visitor),
            (false, _) => None,
        };
        let before = if column == "support" && state == "others" {
            let actor = self.actor();
            let before = [actor.on(timeline).await, actor.on(team).await];
            for document in [timeline, team] {
                actor.raw.send(&ClientFrame::Leave { document }).await;
                // The answer to this comes after they have left.
                let nobodys = RevisionId::from_bytes([1; 16]);
                actor.raw.send(&ClientFrame::Want { document, revisions: vec![nobodys] }).await;
                let answer = |f| matches!(f, ServerFrame::Revisions { .. }).then_some(());
                actor.raw.until(answer).await;
            }
            Some(before)
        } else {
            None
        };
        match state {
            "theirs" if agent => {
                let assignee = Some(self.actor().id());
                let claim = Operation::Assign { assignee };
                assert_eq!(self.actor().does(timeline, claim).await, "+");
            }
            "theirs" | "others" => {
                let claim = Operation::Assign { assignee: Some(self.teammate.id()) };
                assert_eq!(self.teammate.does(timeline, claim).await, "+");
            }
            "closed" => assert_eq!(self.teammate.does(timeline, Operation::Close).await, "+"),
            _ => {}
        }
        Scene { timeline, team, of_visitor, of_teammate, own, before }
    }

    async fn tries(&mut self, scene: Scene, what: &str) -> String {
        let (me, teammate) = (self.actor().id(), self.teammate.id());
        let document = match what {
            "note" | "priority" | "category" | "follow" => scene.team,
            _ => scene.timeline,
        };
        let actor = self.actor();
        let on_team = document.kind == DocumentKind::Team;
        let reach = scene.own.is_some() && (actor.principal.role.reads_team() || !on_team);
        let mut forger = match scene.before {
            Some([timeline, team]) => {
                if on_team {
                    team
                } else {
                    timeline
                }
            }
            None if reach => actor.on(document).await,
            // Nothing is told to them: they guess.
            None => Forger::new(actor.principal.clone(), document),
        };
        let own = scene.own.unwrap_or(scene.of_visitor);
        let category = Some(CategoryId::from_bytes([3; 16]));
        let letter = match what {
            "reply" | "note" => forger.writes("Here"),
            "edit own" => forger.edits(own, "Otherwise"),
            "edit mate's" => forger.edits(scene.of_teammate, "Otherwise"),
            "edit visitor's" => forger.edits(scene.of_visitor, "Otherwise"),
            "recall own" => forger.recalls(own),
            "recall mate's" => forger.recalls(scene.of_teammate),
            "recall visitor's" => forger.recalls(scene.of_visitor),
            "claim" => forger.does(Operation::Assign { assignee: Some(me) }),
            "give" => forger.does(Operation::Assign { assignee: Some(teammate) }),
            "release" => forger.does(Operation::Assign { assignee: None }),
            "to assistant" => forger.does(Operation::SetStatus { status: Status::ActiveAi }),
            "announce" => forger.does(Operation::Announce {
                message: MessageId::from_bytes([9; 16]),
                notice: rejoinder_core::conversation::layout::Notice::Closed,
                subject: Some(me),
            }),
            "priority" => forger.does(Operation::SetPriority { priority: Priority::High }),
            "category" => forger.does(Operation::SetCategory { category }),
            "follow" => forger.does(Operation::SetCollaborator { participant: me, follows: true }),
            "close" => forger.does(Operation::Close),
            other => panic!("no operation: {other}"),
        };
        self.actor().pushes(document, letter).await
    }
}

async fn cast(world: &World, column: &str) -> Cast {
    let visitor = Actor::enters(world, Credential::Visitor(world.site())).await;
    let mate = format!("mate-of-{column}");
    world.add_agent(&mate, AgentRole::Agent);
    let teammate = Actor::agent(world, &mate).await;
    let role = match column {
        "visitor" => None,
        "another" => {
            let actor = Actor::enters(world, Credential::Visitor(world.site())).await;
            return Cast { visitor, teammate, actor: Some(actor) };
        }
        "foreign" => {
            world.add_agent_of(column, AgentRole::Supervisor, world.another_site("Blog"));
            return Cast { visitor, teammate, actor: Some(Actor::agent(world, column).await) };
        }
        "support" => Some(AgentRole::SupportAgent),
        "agent" => Some(AgentRole::Agent),
        "manager" => Some(AgentRole::AccountManager),
        "supervisor" => Some(AgentRole::Supervisor),
        "admin" => Some(AgentRole::Admin),
        "owner" => Some(AgentRole::Owner),
        other => panic!("no column: {other}"),
    };
    let actor = match role {
        None => None,
        Some(role) => {
            world.add_agent(column, role);
            Some(Actor::agent(world, column).await)
        }
    };
    Cast { visitor, teammate, actor }
}

#[tokio::test]
async fn au18_au21_au25_au31_au36_who_may_do_what_and_when() {
    let table = Table::read(TABLE);
    let world = Arc::new(World::start().await);
    let rows: Arc<Vec<String>> =
        Arc::new(table.rows.iter().map(|(name, _)| name.clone()).collect());
    let mut columns = tokio::task::JoinSet::new();
    for column in table.columns.clone() {
        let (world, rows) = (Arc::clone(&world), Arc::clone(&rows));
        columns.spawn(async move {
            let mut cast = cast(&world, &column).await;
            let mut seen = Vec::new();
            for row in rows.iter() {
                let (state, what) = row.split_once(' ').unwrap();
                assert!(STATES.contains(&state), "{state}");
                let scene = cast.sets(&world, state, &column).await;
                let cell = cast.tries(scene, what.trim()).await;
                seen.push(((row.clone(), column.clone()), cell));
            }
            seen
        });
    }
    let seen: BTreeMap<_, _> = columns.join_all().await.into_iter().flatten().collect();
    assert_eq!(seen.len(), table.rows.len() * table.columns.len());
    table.is_seen(&seen);
}
