//! Who is there in demo data, and what they work with.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{CannedResponseId, CategoryId, DeviceId, ParticipantId, SiteId};
use rejoinder_core::principal::{AgentRole, Principal, Role};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Credential;
use rejoinder_server::directory::{
    By, CannedResponse, Directory, NewAgent, NewSite, Password, Site, SiteChange, VisitorChange,
    Whose,
};

use super::plot::{FIRST_NAMES, LAST_NAMES, one_of};
use crate::{Failure, demo};

/// Who answers beside those of `serve --demo`, and on which of the two sites.
const MORE: [(&str, &str, AgentRole, &[usize]); 7] = [
    ("ada@demo.example", "Ada Lind", AgentRole::Admin, &[]),
    ("sven@demo.example", "Sven Berg", AgentRole::Supervisor, &[0, 1]),
    ("mia@demo.example", "Mia Costa", AgentRole::AccountManager, &[0, 1]),
    ("cleo@demo.example", "Cleo Marsh", AgentRole::Agent, &[0]),
    ("dev@demo.example", "Dev Rao", AgentRole::Agent, &[0, 1]),
    ("eva@demo.example", "Eva Novak", AgentRole::Agent, &[1]),
    ("finn@demo.example", "Finn Ole", AgentRole::SupportAgent, &[0]),
];

const CATEGORIES: [&str; 5] = ["Delivery", "Payment", "Returns", "Product", "Account"];

const CANNED: [(&str, &str); 6] = [
    ("hello", "Hello, and thank you for writing! How can I help?"),
    ("return", "You can send it back within **30 days**. The label is in the box."),
    ("shipping", "Delivery takes 2 to 4 working days."),
    ("moment", "One moment please, I am looking it up."),
    ("refund", "The money is back on your account within 5 working days."),
    ("bye", "You are welcome. Have a nice day!"),
];

/// Somebody who answers.
pub(super) struct Answerer {
    pub(super) principal: Principal,
    pub(super) sites: Vec<usize>,
}

/// Everybody, and what they work with.
pub(super) struct Cast {
    pub(super) sites: Vec<Site>,
    pub(super) answerers: Vec<Answerer>,
    /// Of each site.
    pub(super) categories: Vec<Vec<CategoryId>>,
    pub(super) assistant: Principal,
}

impl Cast {
    /// Who answers on a site, and has replies to give.
    pub(super) fn of(&self, site: usize) -> Vec<&Principal> {
        let here = self.answerers.iter().filter(|one| one.sites.contains(&site));
        here.map(|one| &one.principal).collect()
    }

    /// Who may say what a site's conversations are about.
    pub(super) fn manager(&self) -> Option<&Principal> {
        let manages =
            |one: &&Answerer| one.principal.role == Role::Agent(AgentRole::AccountManager);
        self.answerers.iter().find(manages).map(|one| &one.principal)
    }
}

/// Puts sites, agents, categories and canned responses into an empty directory.
pub(super) fn fill(
    directory: &Directory,
    first: SiteId,
    now: Timestamp,
    dice: &mut Dice,
) -> Result<Cast, Failure> {
    let by = By::CommandLine;
    let allowing = || SiteChange { visitor_recall: Some(true), ..SiteChange::default() };
    let second = NewSite { name: "Demo docs".to_owned(), settings: allowing() };
    let sites = vec![directory.change_site(first, allowing())?, directory.add_site(second, now)?];
    for (email, name, role, of) in MORE {
        let of: BTreeSet<SiteId> = of.iter().map(|index| sites[*index].id).collect();
        let password = Some(Password::new(demo::PASSWORD.to_owned())?);
        let new =
            NewAgent { email: email.parse()?, name: name.to_owned(), role, password, sites: of };
        directory.add_agent(&new, now)?;
    }
    let mut categories = Vec::new();
    for site in &sites {
        let mut ids = Vec::new();
        for name in CATEGORIES {
            let id = CategoryId::random(dice);
            directory.put_category(by, id, site.id, name, now)?;
            ids.push(id);
        }
        for (shortcut, text) in CANNED {
            directory.put_canned_response(
                by,
                CannedResponse {
                    id: CannedResponseId::random(dice),
                    whose: Whose::Site(site.id),
                    shortcut: shortcut.to_owned(),
                    text: text.to_owned(),
                    updated_at: now,
                },
            )?;
        }
        categories.push(ids);
    }
    let answerers = directory.agents()?.into_iter().filter(|agent| !agent.sites.is_empty());
    let place = |id: &SiteId| sites.iter().position(|site| site.id == *id);
    let answerers = answerers
        .map(|agent| Answerer {
            principal: Principal::new(agent.participant, Role::Agent(agent.role)),
            sites: agent.sites.iter().filter_map(place).collect(),
        })
        .collect();
    let assistant = Principal::new(ParticipantId::random(dice), Role::Assistant);
    Ok(Cast { sites, answerers, categories, assistant })
}

/// A new visitor of a site; most have told their name and e-mail address.
pub(super) fn visitor(
    directory: &Directory,
    site: SiteId,
    at: Timestamp,
    dice: &mut Dice,
) -> Result<Principal, Failure> {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let credential = Credential::Visitor(site);
    let device = DeviceId::random(dice);
    let visitor = directory.authenticate(&credential, device, here, at)?.principal;
    if dice.below(3) > 0 {
        let (first, last) = (one_of(&FIRST_NAMES, dice), one_of(&LAST_NAMES, dice));
        let number = dice.below(10_000);
        let email = format!("{first}.{last}{number}@customer.example").to_lowercase();
        let change = VisitorChange {
            name: Some(Some(format!("{first} {last}"))),
            email: Some(Some(email.parse()?)),
            attributes: Some(BTreeMap::from([("orders".to_owned(), dice.below(9).to_string())])),
            blocked: None,
        };
        directory.change_visitor(By::CommandLine, visitor.participant, &change, at)?;
    }
    Ok(visitor)
}
