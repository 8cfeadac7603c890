//! `rejoinder init`: the first owner and the first site.

use std::collections::BTreeSet;

use rejoinder_core::principal::AgentRole;
use rejoinder_server::clock;
use rejoinder_server::directory::{Directory, Email, NewAgent, NewSite, Rates, SiteChange};
use rejoinder_server::storage::sqlite::{OpenError, Options, Sqlite};
use serde::Serialize;

use crate::agent::AgentRow;
use crate::data::DataArgs;
use crate::site::SiteRow;
use crate::{Failure, password, print};

/// What is not given is asked for.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// The e-mail address that the first owner logs in with.
    #[arg(long)]
    email: Option<Email>,
    /// The first owner's name, as visitors and agents see it.
    #[arg(long)]
    name: Option<String>,
    /// Read the owner's password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
    /// The name of the first site.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Begun {
    data: String,
    owner: AgentRow,
    site: SiteRow,
}

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let folder = args.data.folder()?;
    let email = match args.email {
        Some(email) => email,
        None => print::ask("E-mail address of the first owner", "--email")?.parse()?,
    };
    let name = match args.name {
        Some(name) => name,
        None => print::ask("Name of the first owner", "--name")?,
    };
    let site = match args.site {
        Some(site) => site,
        None => print::ask("Name of the first site", "--site")?,
    };
    let password =
        if args.password_stdin { password::from_stdin() } else { password::from_terminal() }?;

    let owner = NewAgent {
        email,
        name,
        role: AgentRole::Owner,
        password: Some(password),
        sites: BTreeSet::new(),
    };
    let site = NewSite { name: site, settings: SiteChange::default() };
    let directory = Directory::create(&folder, Rates::default())?;
    // The files of conversations too, so that a backup and a check find a whole folder.
    match Sqlite::open(&Options::new(&folder)) {
        // A server that runs on the folder has made them.
        Ok(_) | Err(OpenError::InUse(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let (owner, site) = directory.begin(&owner, site, clock::now())?;
    if args.json {
        let data = folder.display().to_string();
        return print::json(&Begun { data, owner: (&owner).into(), site: (&site).into() });
    }
    print::line(format_args!("data folder  {}", folder.display()))?;
    print::line(format_args!("owner        {} <{}>", owner.name, owner.email))?;
    print::line(format_args!("site         {} {}", site.id, site.name))?;
    Ok(())
}
