//! Stories of who is let in, and who is not any more.

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use rejoinder_core::authority::policy::{Policy, Window};
use rejoinder_core::id::{DeviceId, Epoch, ParticipantId, SiteId};
use rejoinder_core::principal::{AgentRole, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Credential;
use tempfile::TempDir;

use super::{
    Agent, AgentChange, AuthError, By, Directory, DirectoryError, DirectoryEvent, NewAgent,
    NewSite, Password, Rates, Scope, Session, Site, SiteChange, SiteMode,
};

const PASSWORD: &str = "correct horse battery";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

fn device() -> DeviceId {
    DeviceId::random(&mut crate::entropy::dice())
}

/// A directory in a folder of its own, with one owner so that others can come and go.
struct World {
    directory: Directory,
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let directory = Directory::create(folder.path(), Rates::default()).unwrap();
        let world = Self { directory, folder };
        world.agent("olga", AgentRole::Owner, &[]);
        world
    }

    /// The same folder, as another process has it open.
    fn elsewhere(&self) -> Directory {
        Directory::open(self.folder.path(), Rates::default()).unwrap()
    }

    fn site(&self, name: &str) -> Site {
        let new = NewSite { name: name.to_owned(), settings: SiteChange::default() };
        self.directory.add_site(new, at(0)).unwrap()
    }

    fn agent(&self, name: &str, role: AgentRole, sites: &[&Site]) -> Agent {
        let new = NewAgent {
            email: format!("{name}@example.com").parse().unwrap(),
            name: name.to_owned(),
            role,
            password: Some(Password::new(PASSWORD.to_owned()).unwrap()),
            sites: sites.iter().map(|site| site.id).collect(),
        };
        self.directory.add_agent(&new, at(0)).unwrap()
    }

    fn changes(&self, agent: ParticipantId, change: &AgentChange) -> Agent {
        self.directory.change_agent(agent, change).unwrap()
    }

    fn enters(&self, credential: &Credential) -> Result<Session, AuthError> {
        self.directory.authenticate(credential, device(), HERE, at(0))
    }

    fn logs_in(&self, name: &str, password: &str) -> Result<Session, AuthError> {
        let email = format!("{name}@example.com");
        self.enters(&Credential::Password { email, password: password.to_owned(), code: None })
    }

    fn visits(&self, site: SiteId) -> Result<Session, AuthError> {
        self.enters(&Credential::Visitor(site))
    }
}

fn role(role: AgentRole) -> AgentChange {
    AgentChange { role: Some(role), ..AgentChange::default() }
}

fn sites(sites: &[SiteId]) -> AgentChange {
    AgentChange { sites: Some(sites.iter().copied().collect()), ..AgentChange::default() }
}

fn disabled(disabled: bool) -> AgentChange {
    AgentChange { disabled: Some(disabled), ..AgentChange::default() }
}

fn token_of(session: &Session) -> Credential {
    Credential::Token(session.token.clone().unwrap())
}

#[test]
fn lc5_what_erased_visitors_wrote_is_looked_for_once_under_an_epoch() {
    let world = World::new();
    let shop = world.site("Shop");
    let ann = world.visits(shop.id).unwrap().principal.participant;
    world.visits(shop.id).unwrap();
    let looked_for = || {
        let erasing = world.directory.erasing().unwrap();
        erasing.into_iter().map(|erasing| erasing.visitor).collect::<Vec<_>>()
    };
    let [first, second] = [[1; 16], [2; 16]].map(Epoch::from_bytes);
    world.directory.erase_again(first).unwrap();
    assert_eq!(looked_for(), []);
    world.directory.erase_visitor(By::CommandLine, ann, at(1)).unwrap();
    assert_eq!(looked_for(), [ann]);
    world.directory.erased(ann).unwrap();
    // Another start, under the same.
    world.elsewhere().erase_again(first).unwrap();
    assert_eq!(looked_for(), []);
    // A backup was restored; a crash in between leaves it to be done.
    for _ in 0..2 {
        world.elsewhere().erase_again(second).unwrap();
        assert_eq!(looked_for(), [ann]);
    }
    world.directory.erased(ann).unwrap();
    world.directory.erase_again(second).unwrap();
    assert_eq!(looked_for(), []);
}

#[test]
fn wp8_a_visitor_comes_back_with_their_token_and_is_the_same() {
    let world = World::new();
    let shop = world.site("Shop");
    let ann = world.visits(shop.id).unwrap();
    assert_eq!(ann.principal.role, Role::Visitor);
    assert_eq!(ann.scope, Scope::Visitor { site: shop.id });

    let again = world.enters(&token_of(&ann)).unwrap();
    assert_eq!(again.principal, ann.principal);
    assert_eq!(again.token, None, "a token is shown once");

    let other = world.visits(shop.id).unwrap();
    assert_ne!(other.principal.participant, ann.principal.participant);
}

#[test]
fn wp7_a_site_that_nobody_added_has_no_visitors() {
    let world = World::new();
    let nowhere = SiteId::random(&mut crate::entropy::dice());
    assert!(matches!(world.visits(nowhere), Err(AuthError::UnknownSite)));
}

#[test]
fn wp7_an_agent_logs_in_by_password_in_any_spelling_and_goes_on_by_token() {
    let world = World::new();
    let (shop, _blog) = (world.site("Shop"), world.site("Blog"));
    let bo = world.agent("bo", AgentRole::Agent, &[&shop]);
    let session = world
        .enters(&Credential::Password {
            email: " BO@Example.com".to_owned(),
            password: PASSWORD.to_owned(),
            code: None,
        })
        .unwrap();
    assert_eq!(session.principal.participant, bo.participant);
    assert_eq!(session.principal.role, Role::Agent(AgentRole::Agent));
    assert_eq!(session.scope, Scope::Sites(vec![shop.id]));
    assert_eq!(world.enters(&token_of(&session)).unwrap().principal, session.principal);
}

#[test]
fn au36_an_agent_reaches_the_sites_they_are_assigned_to_and_an_owner_all() {
    let world = World::new();
    let (shop, blog) = (world.site("Shop"), world.site("Blog"));
    let bo = world.agent("bo", AgentRole::Supervisor, &[&shop, &blog]);
    world.changes(bo.participant, &sites(&[blog.id]));
    assert_eq!(world.logs_in("bo", PASSWORD).unwrap().scope, Scope::Sites(vec![blog.id]));
    assert_eq!(world.logs_in("olga", PASSWORD).unwrap().scope, Scope::All);
}

#[test]
fn wp7_what_nobody_has_is_invalid_and_says_no_more() {
    let world = World::new();
    world.agent("bo", AgentRole::Agent, &[]);
    assert!(matches!(world.logs_in("bo", "correct horse"), Err(AuthError::Invalid)));
    assert!(matches!(world.logs_in("nobody", PASSWORD), Err(AuthError::Invalid)));
    for token in ["", "rja_", "rjv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1 --"] {
        let entered = world.enters(&Credential::Token(token.to_owned()));
        assert!(matches!(entered, Err(AuthError::Invalid)), "{token}");
    }
}

#[test]
fn an_agent_without_a_password_enters_by_token_only() {
    let world = World::new();
    let new = NewAgent {
        email: "robot@example.com".parse().unwrap(),
        name: "Robot".to_owned(),
        role: AgentRole::Agent,
        password: None,
        sites: BTreeSet::new(),
    };
    let robot = world.directory.add_agent(&new, at(0)).unwrap();
    assert!(matches!(world.logs_in("robot", ""), Err(AuthError::Invalid)));
    let token = world.directory.issue_token(robot.participant, at(0)).unwrap();
    let session = world.enters(&Credential::Token(token)).unwrap();
    assert_eq!(session.principal.participant, robot.participant);
}

#[test]
fn an_unknown_address_takes_as_long_as_a_wrong_password() {
    let world = World::new();
    world.agent("bo", AgentRole::Agent, &[]);
    let fastest = |name: &str| -> Duration {
        let try_once = || {
            let start = Instant::now();
            let refused = world.logs_in(name, "wrong password");
            assert!(matches!(refused, Err(AuthError::Invalid)), "{refused:?}");
            start.elapsed()
        };
        // Both together stay below the log-ins that one address has in a minute.
        (0..4).map(|_| try_once()).min().unwrap()
    };
    let (known, unknown) = (fastest("bo"), fastest("nobody"));
    // Without the decoy it would be a hundred times faster; the rest is noise of the machine.
    assert!(unknown * 10 > known, "unknown {unknown:?}, known {known:?}");
}

#[test]
fn re18_who_logged_out_is_told_to_wipe() {
    let world = World::new();
    let shop = world.site("Shop");
    let (ann, other) = (world.visits(shop.id).unwrap(), world.visits(shop.id).unwrap());
    world.directory.log_out(ann.token_hash).unwrap();
    world.directory.log_out(ann.token_hash).unwrap();
    assert!(matches!(world.enters(&token_of(&ann)), Err(AuthError::Wipe)));
    assert!(world.enters(&token_of(&other)).is_ok());
}

#[test]
fn re18_a_disabled_agent_is_told_to_wipe_and_comes_back_with_nothing_of_before() {
    let world = World::new();
    let bo = world.agent("bo", AgentRole::Agent, &[]);
    let before = world.logs_in("bo", PASSWORD).unwrap();
    world.changes(bo.participant, &disabled(true));
    assert!(matches!(world.enters(&token_of(&before)), Err(AuthError::Wipe)));
    assert!(matches!(world.directory.standing(before.token_hash), Err(AuthError::Wipe)));
    assert!(matches!(world.logs_in("bo", PASSWORD), Err(AuthError::Wipe)));
    assert!(matches!(world.logs_in("bo", "guessed wrong"), Err(AuthError::Invalid)));

    world.changes(bo.participant, &disabled(false));
    assert!(world.logs_in("bo", PASSWORD).is_ok());
    assert!(matches!(world.enters(&token_of(&before)), Err(AuthError::Wipe)));
}

#[test]
fn the_last_owner_stays() {
    let world = World::new();
    let olga = world.directory.agents().unwrap().remove(0).participant;
    for change in [disabled(true), role(AgentRole::Admin)] {
        let refused = world.directory.change_agent(olga, &change);
        assert!(matches!(refused, Err(DirectoryError::LastOwner)));
    }
    assert!(world.logs_in("olga", PASSWORD).is_ok(), "nothing was changed");

    world.agent("otto", AgentRole::Owner, &[]);
    assert!(world.changes(olga, &disabled(true)).disabled);
}

#[test]
fn wp21_one_address_gets_so_many_visitors_an_hour_and_others_are_not_held_up() {
    let world = World::new();
    let shop = world.site("Shop").id;
    let visit = |address: &str, millis| {
        let address = address.parse().unwrap();
        world.directory.authenticate(&Credential::Visitor(shop), device(), address, at(millis))
    };
    for second in 0..5 {
        assert!(visit("192.0.2.1", second * 1_000).is_ok());
    }
    let refused = visit("192.0.2.1", 60_000);
    assert!(matches!(refused, Err(AuthError::TooMany { after_millis: 3_540_000 })), "{refused:?}");
    assert!(visit("192.0.2.2", 60_000).is_ok());
    assert!(visit("192.0.2.1", 3_600_000).is_ok());
}

#[test]
fn wp21_guessing_passwords_is_slow_even_for_the_right_one() {
    let world = World::new();
    for _ in 0..10 {
        assert!(matches!(world.logs_in("olga", "wrong password"), Err(AuthError::Invalid)));
    }
    let refused = world.logs_in("olga", PASSWORD);
    assert!(matches!(refused, Err(AuthError::TooMany { after_millis: 60_000 })), "{refused:?}");
}

#[test]
fn a_directory_begins_once_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let directory = Directory::create(folder.path(), Rates::default()).unwrap();
    let owner = |name: &str| NewAgent {
        email: "olga@example.com".parse().unwrap(),
        name: name.to_owned(),
        role: AgentRole::Owner,
        password: None,
        sites: BTreeSet::new(),
    };
    let site = || NewSite { name: "Shop".to_owned(), settings: SiteChange::default() };
    let refused = directory.begin(&owner(""), site(), at(0));
    assert!(matches!(refused, Err(DirectoryError::BadName)));
    assert_eq!(directory.sites().unwrap(), []);

    let (olga, shop) = directory.begin(&owner("Olga"), site(), at(0)).unwrap();
    assert_eq!(directory.agents().unwrap(), [olga]);
    assert_eq!(directory.sites().unwrap(), [shop]);
    let refused = directory.begin(&owner("Otto"), site(), at(0));
    assert!(matches!(refused, Err(DirectoryError::Begun)));
}

#[test]
fn two_agents_never_share_an_address() {
    let world = World::new();
    let new = NewAgent {
        email: "OLGA@example.com".parse().unwrap(),
        name: "Another".to_owned(),
        role: AgentRole::Agent,
        password: None,
        sites: BTreeSet::new(),
    };
    let error = world.directory.add_agent(&new, at(0)).unwrap_err().to_string();
    assert!(error.contains("olga@example.com exists already"), "{error}");
}

#[test]
fn a_refused_command_changes_nothing() {
    let world = World::new();
    let shop = world.site("Shop");
    let bo = world.agent("bo", AgentRole::Agent, &[&shop]);
    let nowhere = SiteId::random(&mut crate::entropy::dice());
    let nobody = ParticipantId::random(&mut crate::entropy::dice());
    let directory = &world.directory;

    let change = AgentChange {
        name: Some("Bob".to_owned()),
        role: Some(AgentRole::Admin),
        ..sites(&[shop.id, nowhere])
    };
    let refused = directory.change_agent(bo.participant, &change);
    assert!(matches!(refused, Err(DirectoryError::UnknownSite(site)) if site == nowhere));
    assert_eq!(directory.agent(bo.participant).unwrap().unwrap(), bo);

    let refused = directory.change_agent(nobody, &role(AgentRole::Admin));
    assert!(matches!(refused, Err(DirectoryError::UnknownAgent(agent)) if agent == nobody));
    let change = AgentChange { name: Some(" \u{7} ".to_owned()), ..AgentChange::default() };
    let refused = directory.change_agent(bo.participant, &change);
    assert!(matches!(refused, Err(DirectoryError::BadName)));
    let refused = directory.change_site(nowhere, SiteChange::default());
    assert!(matches!(refused, Err(DirectoryError::UnknownSite(_))));
}

#[test]
fn au24_a_site_is_as_it_was_set() {
    let world = World::new();
    let shop = world.site("Shop");
    let change = SiteChange {
        name: Some("The shop".to_owned()),
        allowed_origins: Some(vec!["https://shop.example".parse().unwrap()]),
        mode: Some(SiteMode::AssistantThenHuman),
        human_support: Some(false),
        edit: Some(Window::Minutes(15)),
        recall: Some(Window::Last),
        visitor_edit: None,
        visitor_recall: Some(true),
        ..SiteChange::default()
    };
    assert_eq!(shop.policy(), Policy::default());
    let changed = world.directory.change_site(shop.id, change).unwrap();
    assert_eq!(world.elsewhere().site(shop.id).unwrap(), Some(changed.clone()));
    let policy = Policy {
        edit: Window::Minutes(15),
        recall: Window::Last,
        visitor_edits: false,
        visitor_recalls: true,
    };
    assert_eq!((changed.policy(), changed.human_support), (policy, false));
    assert!(changed.allows(&"https://shop.example".parse().unwrap()));
    assert!(!changed.allows(&"https://evil.example".parse().unwrap()));
    assert!(shop.allows(&"https://anywhere.example".parse().unwrap()));
}

#[test]
fn re26_re28_former_words_are_kept_from_a_moment_on_and_each_beginning_is_another() {
    let world = World::new();
    let shop = world.site("Shop");
    assert_eq!(shop.former_since, None);
    let kept = |millis, keep| {
        let change = SiteChange { keep_former_words: keep, ..SiteChange::default() };
        let (by, now) = (By::CommandLine, Timestamp::from_millis(millis));
        world.directory.change_site_by(by, shop.id, change, now).unwrap().former_since
    };
    let since = |millis| Some(Timestamp::from_millis(millis));
    assert_eq!(kept(5, Some(true)), since(5));
    // A form that is saved again, and one that says nothing of it, begin nothing.
    assert_eq!((kept(6, Some(true)), kept(7, None)), (since(5), since(5)));
    assert_eq!(world.elsewhere().site(shop.id).unwrap().unwrap().former_since, since(5));
    assert_eq!(kept(8, Some(false)), None);
    assert_eq!(kept(9, Some(true)), since(9));
}

#[test]
fn names_are_known_of_agents_only() {
    let world = World::new();
    let (bo, ann) = (
        world.agent("bo", AgentRole::Agent, &[]).participant,
        world.visits(world.site("Shop").id).unwrap().principal.participant,
    );
    let names = world.directory.agent_names(&BTreeSet::from([bo, ann])).unwrap();
    assert_eq!(names, BTreeMap::from([(bo, "bo".to_owned())]));
}

#[test]
fn live_sessions_hear_what_this_process_and_what_another_one_changed() {
    let world = World::new();
    let shop = world.site("Shop");
    let bo = world.agent("bo", AgentRole::Agent, &[]);
    let session = world.logs_in("bo", PASSWORD).unwrap();
    let mut events = world.directory.events();

    world.directory.log_out(session.token_hash).unwrap();
    assert_eq!(events.try_recv(), Ok(DirectoryEvent::TokenRevoked(session.token_hash)));

    let command_line = world.elsewhere();
    command_line.change_agent(bo.participant, &role(AgentRole::Supervisor)).unwrap();
    command_line.change_agent(bo.participant, &sites(&[shop.id])).unwrap();
    command_line.change_site(shop.id, SiteChange::default()).unwrap();
    command_line.change_agent(bo.participant, &disabled(true)).unwrap();
    command_line.change_agent(bo.participant, &disabled(true)).unwrap();
    assert!(events.try_recv().is_err());
    world.directory.poll_events().unwrap();
    for expected in [
        DirectoryEvent::RoleChanged(bo.participant),
        DirectoryEvent::SitesChanged(bo.participant),
        DirectoryEvent::SiteChanged(shop.id),
        DirectoryEvent::AgentDisabled(bo.participant),
    ] {
        assert_eq!(events.try_recv(), Ok(expected));
    }
    world.directory.poll_events().unwrap();
    assert!(events.try_recv().is_err(), "each is sent once");
}

#[test]
fn an_anonymous_visitor_who_becomes_known_keeps_both_ids_and_every_token() {
    let world = World::new();
    let (shop, blog) = (world.site("Shop").id, world.site("Blog").id);
    let (phone, laptop) = (world.visits(shop).unwrap(), world.visits(shop).unwrap());
    let elsewhere = world.visits(blog).unwrap();
    let id = |session: &Session| session.principal.participant;
    let refused = world.directory.merge_visitor(id(&phone), id(&elsewhere));
    assert!(matches!(refused, Err(DirectoryError::UnknownVisitor(_))));

    let known = world.directory.merge_visitor(id(&phone), id(&laptop)).unwrap();
    assert_eq!(known.former, BTreeSet::from([id(&phone)]));
    for session in [&phone, &laptop] {
        let principal = world.enters(&token_of(session)).unwrap().principal;
        assert_eq!(principal.participant, id(&laptop));
        assert!(principal.is(id(&phone)));
    }
    assert_eq!(world.directory.visitor(id(&phone)).unwrap(), Some(known));
}
