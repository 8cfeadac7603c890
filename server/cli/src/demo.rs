//! The demo: a site with log-ins that everybody knows, on this machine only.

use std::collections::BTreeSet;

use rejoinder_core::id::SiteId;
use rejoinder_core::principal::AgentRole;
use rejoinder_server::clock;
use rejoinder_server::config::{Config, PublicUrl};
use rejoinder_server::directory::{
    Directory, DirectoryError, NewAgent, NewSite, Password, SiteChange,
};
use rejoinder_server::web::{self, LogIn};

use crate::{Failure, apps, print};

/// New visitors in an hour, and new conversations of one: whoever tries a demo begins anew, again
/// and again.
const OFTEN: u32 = 1_000;

/// What everybody at the demo logs in with.
pub(crate) const PASSWORD: &str = "a demo for everybody";

/// Who is there.
const AGENTS: [(&str, &str, AgentRole); 3] = [
    ("sue@demo.example", "Sue", AgentRole::Owner),
    ("ann@demo.example", "Ann", AgentRole::Agent),
    ("bo@demo.example", "Bo", AgentRole::Agent),
];

/// A demo that is ready to be served.
pub(crate) struct Demo {
    site: SiteId,
}

/// Adds the demo site and its agents to an empty data folder, and lets visitors come as often as
/// they like.
pub(crate) fn prepare(config: &mut Config) -> Result<Demo, Failure> {
    if !config.listen.ip().is_loopback() || config.public_url != PublicUrl::AsListening {
        let problem = "the demo's log-ins are known to everybody: listen on 127.0.0.1, and set no \
                       public URL";
        return Err(problem.into());
    }
    let rates = &mut config.rates;
    rates.new_visitors_per_hour = rates.new_visitors_per_hour.max(OFTEN);
    config.new_conversations = config.new_conversations.max(OFTEN);
    let directory = match Directory::open(&config.data, config.rates) {
        Ok(directory) => directory,
        Err(DirectoryError::Missing(_)) => Directory::create(&config.data, config.rates)?,
        Err(error) => return Err(error.into()),
    };
    // Its own is the first that there was, whatever was added and however it is called.
    let first = directory.sites()?.into_iter().min_by_key(|site| (site.created_at, site.id));
    if let Some(site) = first {
        // The demo shows what is stored to whoever asks: never what is somebody's.
        // Addresses in `.example` are nobody's: RFC 2606 keeps that name for examples.
        let is_demo = |email: &str| email.ends_with(".example");
        if directory.agents()?.iter().all(|agent| is_demo(agent.email.as_str())) {
            return Ok(Demo { site: site.id });
        }
        let folder = config.data.display();
        return Err(format!(
            "{folder} is not a demo's: serve it without --demo, or name another \
                            folder with --data"
        )
        .into());
    }
    Ok(Demo { site: begin(&directory)? })
}

/// Adds the demo site and its agents to an empty directory.
pub(crate) fn begin(directory: &Directory) -> Result<SiteId, Failure> {
    let agent = |(email, name, role): (&str, &str, AgentRole), sites| -> Result<_, Failure> {
        let password = Some(Password::new(PASSWORD.to_owned())?);
        Ok(NewAgent { email: email.parse()?, name: name.to_owned(), role, password, sites })
    };
    let site = NewSite { name: "Demo shop".to_owned(), settings: SiteChange::default() };
    let now = clock::now();
    let [owner, others @ ..] = AGENTS;
    let (_, site) = directory.begin(&agent(owner, BTreeSet::new())?, site, now)?;
    for other in others {
        directory.add_agent(&agent(other, BTreeSet::from([site.id]))?, now)?;
    }
    Ok(site.id)
}

impl Demo {
    /// What browsers are shown of it.
    pub(crate) fn pages(&self, config: &Config) -> web::Demo {
        let log_in = |(email, name, role): (&str, &str, AgentRole)| LogIn {
            name: name.to_owned(),
            role: role.name(),
            email: email.to_owned(),
            password: PASSWORD.to_owned(),
        };
        web::Demo {
            pages: apps::DEMO,
            site: self.site,
            log_ins: AGENTS.into_iter().map(log_in).collect(),
            data: config.data.clone(),
        }
    }

    /// Says where everything is.
    pub(crate) fn introduce(&self, url: &str) -> Result<(), Failure> {
        let address = url.replacen("http", "ws", 1);
        let site = self.site;
        print::line("")?;
        if apps::DEMO.is_built() && apps::WIDGET.is_built() && apps::DESK.is_built() {
            print::line(format_args!("demo      {url}/demo"))?;
        } else {
            print::line("demo      built without its pages: `make run` builds the apps")?;
        }
        print::line(format_args!("log-ins   password: {PASSWORD}"))?;
        for (email, name, role) in AGENTS {
            print::line(format_args!("          {email:20} {name:4} {}", role.name()))?;
        }
        print::line(format_args!("site      {site} Demo shop"))?;
        print::line(format_args!("health    {url}/healthz {url}/readyz {url}/metrics"))?;
        print::line("or without a browser, each in a terminal of its own:")?;
        print::line(format_args!(
            "  cargo run -p rejoinder-client --example visitor -- {address} {site}"
        ))?;
        print::line(format_args!(
            "  cargo run -p rejoinder-client --example agent -- {address} ann@demo.example"
        ))?;
        print::line("Ctrl-C ends it.")?;
        Ok(())
    }
}
