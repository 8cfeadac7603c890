//! `rejoinder agent`: the people who answer.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use rejoinder_core::id::SiteId;
use rejoinder_core::principal::AgentRole;
use rejoinder_server::clock;
use rejoinder_server::directory::{Agent, AgentChange, By, Directory, Email, NewAgent};
use serde::Serialize;

use crate::data::DataArgs;
use crate::site::SiteRef;
use crate::{Failure, password, print};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Add an agent. The password is asked for, unless another flag says where it is.
    Add(Add),
    /// Show all agents.
    List(List),
    /// Change an agent.
    Set(Set),
    /// Take everything from an agent: their devices wipe what they keep when they come back.
    Disable(Disable),
}

#[derive(clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    data: DataArgs,
    /// The e-mail address they log in with.
    #[arg(long)]
    email: Email,
    /// Their name, as visitors and other agents see it.
    #[arg(long)]
    name: String,
    /// What they may do.
    #[arg(long, value_parser = role())]
    role: AgentRole,
    /// A site they work on, by id or name; once for each.
    #[arg(long = "site", value_name = "SITE")]
    sites: Vec<SiteRef>,
    /// Read their password from the first line of standard input.
    #[arg(long, conflicts_with = "token")]
    password_stdin: bool,
    /// Give them no password but a token, which is shown this once: for programs.
    #[arg(long)]
    token: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    data: DataArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(crate) struct Set {
    #[command(flatten)]
    data: DataArgs,
    /// The e-mail address of the agent.
    email: Email,
    #[command(flatten)]
    change: Change,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[group(required = true, multiple = true)]
struct Change {
    /// Another name.
    #[arg(long)]
    name: Option<String>,
    /// Another role.
    #[arg(long, value_parser = role())]
    role: Option<AgentRole>,
    /// The sites they work on from now on, by id or name; once for each.
    #[arg(long = "site", value_name = "SITE")]
    sites: Vec<SiteRef>,
    /// They work on no site from now on.
    #[arg(long, conflicts_with = "sites")]
    no_sites: bool,
    /// Read another password from the first line of standard input. Sessions go on.
    #[arg(long)]
    password_stdin: bool,
    /// Let them log in again after they were disabled.
    #[arg(long)]
    enable: bool,
    /// Issue another token, which is shown this once: for programs.
    #[arg(long)]
    token: bool,
    /// Take off the second factor that they have lost.
    #[arg(long)]
    no_second_factor: bool,
}

#[derive(clap::Args)]
pub(crate) struct Disable {
    #[command(flatten)]
    data: DataArgs,
    /// The e-mail address of the agent.
    email: Email,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// An agent, for programs.
#[derive(Serialize)]
pub(crate) struct AgentRow {
    id: String,
    email: String,
    name: String,
    role: &'static str,
    sites: Vec<String>,
    has_password: bool,
    second_factor: bool,
    disabled: bool,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<&Agent> for AgentRow {
    fn from(agent: &Agent) -> Self {
        Self {
            id: agent.participant.to_string(),
            email: agent.email.to_string(),
            name: agent.name.clone(),
            role: agent.role.name(),
            sites: agent.sites.iter().map(SiteId::to_string).collect(),
            has_password: agent.has_password,
            second_factor: agent.second_factor,
            disabled: agent.disabled,
            created_at: agent.created_at.to_string(),
            token: None,
        }
    }
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(args) => add(args),
        Command::List(args) => list(&args),
        Command::Set(args) => set(args),
        Command::Disable(args) => {
            let directory = args.data.directory()?;
            let agent = find(&directory, &args.email)?;
            let change = AgentChange { disabled: Some(true), ..AgentChange::default() };
            show(&directory.change_agent(agent.participant, &change)?, None, args.json)
        }
    }
}

fn add(args: Add) -> Result<(), Failure> {
    let directory = args.data.directory()?;
    let sites = SiteRef::find_all(&args.sites, &directory)?;
    let password = match (args.token, args.password_stdin) {
        (true, _) => None,
        (false, true) => Some(password::from_stdin()?),
        (false, false) => Some(password::from_terminal()?),
    };
    let new = NewAgent { email: args.email, name: args.name, role: args.role, password, sites };
    let agent = directory.add_agent(&new, clock::now())?;
    let token = if args.token {
        Some(directory.issue_token(agent.participant, clock::now())?)
    } else {
        None
    };
    show(&agent, token, args.json)
}

fn list(args: &List) -> Result<(), Failure> {
    let directory = args.data.directory()?;
    let agents = directory.agents()?;
    if args.json {
        return print::json(&agents.iter().map(AgentRow::from).collect::<Vec<_>>());
    }
    let names = directory.sites()?;
    let rows: Vec<_> = agents
        .iter()
        .map(|agent| {
            let sites = names.iter().filter(|site| agent.sites.contains(&site.id));
            let sites: Vec<_> = sites.map(|site| site.name.as_str()).collect();
            [
                agent.email.to_string(),
                agent.name.clone(),
                agent.role.name().to_owned(),
                if agent.disabled { "disabled" } else { "enabled" }.to_owned(),
                if agent.role.sees_all_sites() { "all".to_owned() } else { sites.join(", ") },
            ]
        })
        .collect();
    print::table(["EMAIL", "NAME", "ROLE", "STATE", "SITES"], &rows)?;
    Ok(())
}

fn set(args: Set) -> Result<(), Failure> {
    let directory = args.data.directory()?;
    let Change { name, role, sites, no_sites, password_stdin, enable, token, no_second_factor } =
        args.change;
    let id = find(&directory, &args.email)?.participant;
    let sites = SiteRef::find_all(&sites, &directory)?;
    let change = AgentChange {
        name,
        role,
        sites: (no_sites || !sites.is_empty()).then_some(sites),
        password: password_stdin.then(password::from_stdin).transpose()?,
        disabled: enable.then_some(false),
        ..AgentChange::default()
    };
    if no_second_factor {
        directory.take_off_second_factor(By::CommandLine, id, clock::now())?;
    }
    let agent = directory.change_agent(id, &change)?;
    let token = token.then(|| directory.issue_token(id, clock::now())).transpose()?;
    show(&agent, token, args.json)
}

fn find(directory: &Directory, email: &Email) -> Result<Agent, Failure> {
    let unknown = || format!("there is no agent {email}: `rejoinder agent list` shows all");
    Ok(directory.agent_by_email(email)?.ok_or_else(unknown)?)
}

fn show(agent: &Agent, token: Option<String>, json: bool) -> Result<(), Failure> {
    if agent.sites.is_empty() && !agent.role.sees_all_sites() && !agent.disabled {
        print::note(format_args!("{} works on no site and sees nothing: use --site", agent.email));
    }
    if json {
        return print::json(&AgentRow { token, ..agent.into() });
    }
    let state = if agent.disabled { "disabled" } else { "enabled" };
    let (name, email, role) = (&agent.name, &agent.email, agent.role.name());
    print::line(format_args!("{name} <{email}>, {role}, {state}"))?;
    if let Some(token) = token {
        print::line(token)?;
    }
    Ok(())
}

fn role() -> impl TypedValueParser<Value = AgentRole> {
    PossibleValuesParser::new(AgentRole::ALL.map(AgentRole::name))
        .try_map(|name| AgentRole::from_name(&name).ok_or("no such role"))
}
