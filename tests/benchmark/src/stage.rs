//! A data folder with a site and its agents.

use std::collections::BTreeSet;
use std::path::Path;

use rejoinder_core::id::SiteId;
use rejoinder_core::principal::AgentRole;
use rejoinder_server::clock;
use rejoinder_server::directory::{Directory, NewAgent, NewSite, SiteChange};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::serve::RATES;

/// A data folder with a site and its agents.
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) site: SiteId,
    /// One for each agent.
    pub(crate) tokens: Vec<String>,
}

impl Stage {
    /// A new one with this many agents of the site.
    pub(crate) fn new(agents: usize) -> Result<Self, Failure> {
        let folder = folder()?;
        let directory = Directory::create(folder.path(), RATES)?;
        let settings = SiteChange { visitor_recall: Some(true), ..SiteChange::default() };
        let site = NewSite { name: "benchmark".to_owned(), settings };
        let now = clock::now();
        let (owner, site) = directory.begin(&agent(0, AgentRole::Owner, None)?, site, now)?;
        let mut tokens = vec![directory.issue_token(owner.participant, now)?];
        for number in 1..agents {
            let new = agent(number, AgentRole::Agent, Some(site.id))?;
            let agent = directory.add_agent(&new, now)?;
            tokens.push(directory.issue_token(agent.participant, now)?);
        }
        Ok(Self { folder, site: site.id, tokens })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn agent(number: usize, role: AgentRole, site: Option<SiteId>) -> Result<NewAgent, Failure> {
    Ok(NewAgent {
        email: format!("agent{number}@example.com").parse()?,
        name: format!("Agent {number}"),
        role,
        password: None,
        sites: site.into_iter().collect::<BTreeSet<_>>(),
    })
}

/// A folder beside this program, which is on a disk where `/tmp` may be in memory.
pub(crate) fn folder() -> Result<TempDir, Failure> {
    let program = std::env::current_exe()?;
    let beside = program.parent().ok_or("the program is nowhere")?;
    Ok(tempfile::Builder::new().prefix("benchmark-").tempdir_in(beside)?)
}
