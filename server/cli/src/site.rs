//! `rejoinder site`: what widgets are installed on.

use core::convert::Infallible;
use core::str::FromStr;
use std::collections::BTreeSet;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, ValueEnum};
use rejoinder_core::authority::policy::Window;
use rejoinder_core::id::SiteId;
use rejoinder_server::clock;
use rejoinder_server::directory::{
    Directory, NewSite, OfflineMode, Origin, Site, SiteChange, SiteMode,
};
use serde::Serialize;

use crate::data::DataArgs;
use crate::{Failure, print};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Add a site.
    Add(Add),
    /// Show all sites.
    List(List),
    /// Change a site.
    Set(Set),
}

#[derive(clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    data: DataArgs,
    /// What agents call it.
    name: String,
    #[command(flatten)]
    settings: SettingArgs,
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
#[command(group = something_to_change())]
pub(crate) struct Set {
    #[command(flatten)]
    data: DataArgs,
    /// The site, by id or name.
    site: SiteRef,
    /// Another name.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    settings: SettingArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct SettingArgs {
    /// Where its widget may be embedded, such as <https://shop.example>; once for each.
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<Origin>,
    /// Its widget may be embedded anywhere.
    #[arg(long, conflicts_with = "origins")]
    any_origin: bool,
    /// Who answers.
    #[arg(long, value_parser = mode())]
    mode: Option<SiteMode>,
    /// Whether conversations reach agents.
    #[arg(long, value_name = "SWITCH")]
    human_support: Option<Switch>,
    /// What visitors meet while nobody is there.
    #[arg(long, value_parser = offline_mode())]
    offline_mode: Option<OfflineMode>,
    /// Which of their messages agents may edit: any, last or minutes(15).
    #[arg(long, value_name = "WINDOW")]
    edit: Option<Window>,
    /// Which of their messages agents may recall: any, last or minutes(15).
    #[arg(long, value_name = "WINDOW")]
    recall: Option<Window>,
    /// Whether visitors may edit theirs too.
    #[arg(long, value_name = "SWITCH")]
    visitor_edit: Option<Switch>,
    /// Whether visitors may recall theirs too.
    #[arg(long, value_name = "SWITCH")]
    visitor_recall: Option<Switch>,
    /// Whether former words of edited messages stay with the server, for the team only, until their
    /// message is recalled. Off erases those that were kept.
    #[arg(long, value_name = "SWITCH")]
    keep_former_words: Option<Switch>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl SettingArgs {
    fn change(self, name: Option<String>) -> SiteChange {
        let is_on = |switch| switch == Switch::On;
        let origins = self.any_origin || !self.origins.is_empty();
        SiteChange {
            name,
            allowed_origins: origins.then_some(self.origins),
            mode: self.mode,
            offline_mode: self.offline_mode,
            human_support: self.human_support.map(is_on),
            edit: self.edit,
            recall: self.recall,
            visitor_edit: self.visitor_edit.map(is_on),
            visitor_recall: self.visitor_recall.map(is_on),
            keep_former_words: self.keep_former_words.map(is_on),
            ..SiteChange::default()
        }
    }
}

/// A site as people name it.
#[derive(Clone)]
pub(crate) struct SiteRef(String);

impl FromStr for SiteRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl SiteRef {
    /// The ids of all of them.
    pub(crate) fn find_all(
        these: &[Self],
        directory: &Directory,
    ) -> Result<BTreeSet<SiteId>, Failure> {
        these.iter().map(|site| site.find(directory)).collect()
    }

    /// The site with this id, or the only one with this name.
    fn find(&self, directory: &Directory) -> Result<SiteId, Failure> {
        let Self(text) = self;
        let sites = directory.sites()?;
        let id = text.parse::<SiteId>().ok();
        if let Some(site) = sites.iter().find(|site| Some(site.id) == id) {
            return Ok(site.id);
        }
        let named: Vec<&Site> = sites.iter().filter(|site| site.name == *text).collect();
        match named[..] {
            [] => Err(format!("there is no site {text}: `rejoinder site list` shows all").into()),
            [site] => Ok(site.id),
            _ => Err(format!("several sites are called {text}: name one by its id").into()),
        }
    }
}

/// A site, for programs.
#[derive(Serialize)]
pub(crate) struct SiteRow {
    id: String,
    name: String,
    allowed_origins: Vec<String>,
    mode: &'static str,
    human_support: bool,
    edit: String,
    recall: String,
    visitor_edit: bool,
    visitor_recall: bool,
    keep_former_words: bool,
    created_at: String,
}

impl From<&Site> for SiteRow {
    fn from(site: &Site) -> Self {
        Self {
            id: site.id.to_string(),
            name: site.name.clone(),
            allowed_origins: site.allowed_origins.iter().map(Origin::to_string).collect(),
            mode: site.mode.name(),
            human_support: site.human_support,
            edit: site.edit.to_string(),
            recall: site.recall.to_string(),
            visitor_edit: site.visitor_edit,
            visitor_recall: site.visitor_recall,
            keep_former_words: site.former_since.is_some(),
            created_at: site.created_at.to_string(),
        }
    }
}

/// Said beside a site without allowed origins.
const ANY_ORIGIN: &str = "every page may embed this site's chat: name yours with --origin \
                          https://shop.example, so that no other can show it to your visitors";

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Add(args) => {
            let directory = args.data.directory()?;
            let new = NewSite { name: args.name, settings: args.settings.change(None) };
            show(&[directory.add_site(new, clock::now())?], args.json)
        }
        Command::List(args) => {
            let sites = args.data.directory()?.sites()?;
            if args.json {
                return print::json(&sites.iter().map(SiteRow::from).collect::<Vec<_>>());
            }
            table(&sites)
        }
        Command::Set(args) => {
            let directory = args.data.directory()?;
            let site = args.site.find(&directory)?;
            let change = args.settings.change(args.name);
            show(&[directory.change_site(site, change)?], args.json)
        }
    }
}

fn show(site: &[Site; 1], json: bool) -> Result<(), Failure> {
    if site[0].allowed_origins.is_empty() {
        print::note(ANY_ORIGIN);
    }
    if json { print::json(&SiteRow::from(&site[0])) } else { table(site) }
}

fn table(sites: &[Site]) -> Result<(), Failure> {
    let switch = |on: bool| if on { "on" } else { "off" }.to_owned();
    let rows: Vec<_> = sites
        .iter()
        .map(|site| {
            let origins: Vec<&str> = site.allowed_origins.iter().map(Origin::as_str).collect();
            [
                site.id.to_string(),
                site.name.clone(),
                site.mode.name().to_owned(),
                switch(site.human_support),
                site.edit.to_string(),
                site.recall.to_string(),
                switch(site.visitor_edit),
                switch(site.visitor_recall),
                switch(site.former_since.is_some()),
                if origins.is_empty() { "any".to_owned() } else { origins.join(" ") },
            ]
        })
        .collect();
    print::table(
        [
            "SITE",
            "NAME",
            "MODE",
            "HUMANS",
            "EDIT",
            "RECALL",
            "VISITOR EDIT",
            "VISITOR RECALL",
            "FORMER WORDS",
            "ORIGINS",
        ],
        &rows,
    )?;
    Ok(())
}

/// Groups of flattened arguments do not nest, so the members are named.
fn something_to_change() -> ArgGroup {
    ArgGroup::new("change").required(true).multiple(true).args([
        "name",
        "origins",
        "any_origin",
        "mode",
        "human_support",
        "offline_mode",
        "edit",
        "recall",
        "visitor_edit",
        "visitor_recall",
        "keep_former_words",
    ])
}

fn offline_mode() -> impl TypedValueParser<Value = OfflineMode> {
    PossibleValuesParser::new(OfflineMode::ALL.iter().map(|mode| mode.name()))
        .try_map(|name| OfflineMode::from_name(&name).ok_or("no such offline mode"))
}

fn mode() -> impl TypedValueParser<Value = SiteMode> {
    PossibleValuesParser::new(SiteMode::ALL.iter().map(|mode| mode.name()))
        .try_map(|name| SiteMode::from_name(&name).ok_or("no such mode"))
}
