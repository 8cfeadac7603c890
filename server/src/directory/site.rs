//! Sites: what a widget is installed on.

mod delete;

use rejoinder_core::authority::policy::{Policy, Window};
use rejoinder_core::id::SiteId;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, Row, named_params};

use super::audit::{self, Deed};
use super::{
    Action, By, CHAT_LIMIT, Color, Directory, DirectoryError, DirectoryEvent, OfflineMode, Origin,
    PrechatField, Routing, SiteMode, event, known, name, prechat, site_id,
};

/// Origins where a site's widget may be embedded.
const ORIGINS: usize = 50;

/// Characters of a greeting and of an offline message: what a widget shows without scrolling.
const MESSAGE_LONGEST: usize = 500;

/// Minutes of silence after which a conversation may be closed: up to a week.
const CLOSE_AFTER: core::ops::RangeInclusive<u32> = 5..=10_080;

/// Days for which the words of closed conversations may be kept: up to ten years.
const RETENTION: core::ops::RangeInclusive<u32> = 1..=3_650;

/// Active conversations at once that an agent can follow, unless a site says otherwise.
const CHATS: u32 = 5;

const COLUMNS: &str = "id, name, origins, mode, human_support, edit, recall, visitor_edit,
    visitor_recall, created_at, offline_message, routing, close_after, chat_limit, theme_color,
    greeting, version, retention_days, offline_mode,
    prechat, former_since";

/// A website or chatbot that a widget is installed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Which.
    pub id: SiteId,
    /// What agents call it.
    pub name: String,
    /// Where its widget may be embedded; none named: everywhere.
    pub allowed_origins: Vec<Origin>,
    /// Who answers.
    pub mode: SiteMode,
    /// Whether conversations may reach agents at the moment.
    pub human_support: bool,
    /// Which of their messages agents may edit.
    pub edit: Window,
    /// Which of their messages agents may recall.
    pub recall: Window,
    /// Whether visitors may edit, within the same window.
    pub visitor_edit: bool,
    /// Whether visitors may recall, within the same window.
    pub visitor_recall: bool,
    /// What visitors read when nobody is there; empty: the widget's own words.
    pub offline_message: String,
    /// Whether they are asked then how to be reached.
    pub offline_mode: OfflineMode,
    /// What they are asked before they begin.
    pub prechat_fields: Vec<PrechatField>,
    /// How waiting conversations find an agent.
    pub routing: Routing,
    /// Minutes of silence after which an active conversation is closed; none: never.
    pub close_after_minutes: Option<u32>,
    /// Days after which the words of closed conversations go; none: they are kept.
    pub retention_days: Option<u32>,
    /// Since when former words are kept for the team; none: they are not.
    pub former_since: Option<Timestamp>,
    /// Active conversations at once of agents without a limit of their own.
    pub chat_limit: u32,
    /// The widget's colour.
    pub theme_color: Color,
    /// What the widget says before anything is written; empty: its own words.
    pub greeting: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Rises with every change; 1 at first.
    pub version: u32,
}

impl Site {
    /// What it allows, as the authority wants to know it.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        Policy {
            edit: self.edit,
            recall: self.recall,
            visitor_edits: self.visitor_edit,
            visitor_recalls: self.visitor_recall,
        }
    }

    /// Whether its widget may be embedded there.
    #[must_use]
    pub fn allows(&self, origin: &Origin) -> bool {
        self.allowed_origins.is_empty() || self.allowed_origins.contains(origin)
    }
}

/// A site to add. Whatever else it has begins with its default: live chat with human support,
/// embedded anywhere, and what [`Policy`] allows by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSite {
    /// What agents call it: 1 to [`super::NAME_LONGEST`] characters.
    pub name: String,
    /// What is not to be as by default.
    pub settings: SiteChange,
}

/// What of a site is to change; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says of a site")]
pub struct SiteChange {
    /// The version that is changed, where that matters.
    pub version: Option<u32>,
    pub name: Option<String>,
    pub allowed_origins: Option<Vec<Origin>>,
    pub mode: Option<SiteMode>,
    pub human_support: Option<bool>,
    pub edit: Option<Window>,
    pub recall: Option<Window>,
    pub visitor_edit: Option<bool>,
    pub visitor_recall: Option<bool>,
    pub offline_message: Option<String>,
    pub offline_mode: Option<OfflineMode>,
    pub prechat_fields: Option<Vec<PrechatField>>,
    pub routing: Option<Routing>,
    pub close_after_minutes: Option<Option<u32>>,
    pub retention_days: Option<Option<u32>>,
    pub keep_former_words: Option<bool>,
    pub chat_limit: Option<u32>,
    pub theme_color: Option<Color>,
    pub greeting: Option<String>,
}

impl SiteChange {
    fn apply(self, site: &mut Site, now: Timestamp) -> Result<(), DirectoryError> {
        fn set<T>(field: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *field = value;
            }
        }
        if let Some(text) = self.name {
            name(&text)?.clone_into(&mut site.name);
        }
        set(&mut site.allowed_origins, self.allowed_origins);
        set(&mut site.mode, self.mode);
        set(&mut site.human_support, self.human_support);
        set(&mut site.edit, self.edit);
        set(&mut site.recall, self.recall);
        set(&mut site.visitor_edit, self.visitor_edit);
        set(&mut site.visitor_recall, self.visitor_recall);
        set(&mut site.routing, self.routing);
        set(&mut site.theme_color, self.theme_color);
        set(&mut site.offline_message, self.offline_message);
        set(&mut site.offline_mode, self.offline_mode);
        set(&mut site.prechat_fields, self.prechat_fields);
        prechat::check(&mut site.prechat_fields)?;
        set(&mut site.greeting, self.greeting);
        set(&mut site.chat_limit, self.chat_limit);
        set(&mut site.close_after_minutes, self.close_after_minutes);
        set(&mut site.retention_days, self.retention_days);
        match self.keep_former_words {
            // They are kept from the moment on when it was asked for first.
            Some(true) => site.former_since = site.former_since.or(Some(now)),
            Some(false) => site.former_since = None,
            None => {}
        }
        check(site)
    }
}

/// Whether it can be so.
fn check(site: &Site) -> Result<(), DirectoryError> {
    let bad = |field| Err(DirectoryError::BadSetting(field));
    if site.allowed_origins.len() > ORIGINS {
        return bad("allowed_origins");
    }
    if site.offline_message.chars().count() > MESSAGE_LONGEST {
        return bad("offline_message");
    }
    if site.greeting.chars().count() > MESSAGE_LONGEST {
        return bad("greeting");
    }
    if !(1..=CHAT_LIMIT).contains(&site.chat_limit) {
        return bad("chat_limit");
    }
    if site.close_after_minutes.is_some_and(|minutes| !CLOSE_AFTER.contains(&minutes)) {
        return bad("close_after_minutes");
    }
    if site.retention_days.is_some_and(|days| !RETENTION.contains(&days)) {
        return bad("retention_days");
    }
    Ok(())
}

/// Names of the fields in which two states of a site differ, as REST calls them.
fn differences(before: &Site, after: &Site) -> Vec<&'static str> {
    let all = [
        ("name", before.name != after.name),
        ("allowed_origins", before.allowed_origins != after.allowed_origins),
        ("mode", before.mode != after.mode),
        ("human_support", before.human_support != after.human_support),
        ("edit", before.edit != after.edit),
        ("recall", before.recall != after.recall),
        ("visitor_edit", before.visitor_edit != after.visitor_edit),
        ("visitor_recall", before.visitor_recall != after.visitor_recall),
        ("offline_message", before.offline_message != after.offline_message),
        ("offline_mode", before.offline_mode != after.offline_mode),
        ("prechat_fields", before.prechat_fields != after.prechat_fields),
        ("routing", before.routing != after.routing),
        ("close_after_minutes", before.close_after_minutes != after.close_after_minutes),
        ("retention_days", before.retention_days != after.retention_days),
        ("keep_former_words", before.former_since != after.former_since),
        ("chat_limit", before.chat_limit != after.chat_limit),
        ("theme_color", before.theme_color != after.theme_color),
        ("greeting", before.greeting != after.greeting),
    ];
    all.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

impl Directory {
    /// Adds a site.
    ///
    /// # Errors
    /// [`DirectoryError::BadName`], and what the medium says.
    pub fn add_site(&self, new: NewSite, now: Timestamp) -> Result<Site, DirectoryError> {
        self.write(|connection, dice| {
            let id = SiteId::random(dice);
            insert(connection, By::CommandLine, id, new, now)
        })
    }

    /// Adds a site under an id that somebody chose. One that is there already is answered as it is.
    ///
    /// # Errors
    /// [`DirectoryError::BadName`], [`DirectoryError::BadSetting`], [`DirectoryError::IdTaken`] of
    /// a deleted one, and what the medium says.
    pub fn put_site(
        &self,
        by: By,
        id: SiteId,
        new: NewSite,
        now: Timestamp,
    ) -> Result<Site, DirectoryError> {
        self.write(|connection, _| match find(connection, id)? {
            Some(there) => Ok(there),
            None if delete::is_deleted(connection, id)? => Err(DirectoryError::IdTaken),
            None => insert(connection, by, id, new, now),
        })
    }

    /// Changes a site, and answers with what it is now.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownSite`], [`DirectoryError::BadName`], and what the medium says.
    pub fn change_site(&self, id: SiteId, change: SiteChange) -> Result<Site, DirectoryError> {
        self.change_site_by(By::CommandLine, id, change, self.now())
    }

    /// The same, by somebody.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownSite`], [`DirectoryError::BadName`],
    /// [`DirectoryError::BadSetting`], [`DirectoryError::ChangedMeanwhile`], and what the medium
    /// says.
    pub fn change_site_by(
        &self,
        by: By,
        id: SiteId,
        change: SiteChange,
        now: Timestamp,
    ) -> Result<Site, DirectoryError> {
        self.write(|connection, _| {
            let before = find(connection, id)?.ok_or(DirectoryError::UnknownSite(id))?;
            if change.version.is_some_and(|version| version != before.version) {
                return Err(DirectoryError::ChangedMeanwhile);
            }
            let mut site = before.clone();
            change.apply(&mut site, now)?;
            let fields = differences(&before, &site);
            if !fields.is_empty() {
                site.version += 1;
                keep(connection, &site)?;
                tell(connection, by, now, Action::SiteChanged, id, &fields)?;
            }
            event::record(connection, &DirectoryEvent::SiteChanged(id))?;
            Ok(site)
        })
    }

    /// A site.
    ///
    /// # Errors
    /// What the medium says.
    pub fn site(&self, id: SiteId) -> Result<Option<Site>, DirectoryError> {
        self.read(|connection| find(connection, id))
    }

    /// All sites, by name.
    ///
    /// # Errors
    /// What the medium says.
    pub fn sites(&self) -> Result<Vec<Site>, DirectoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM site WHERE deleted_at IS NULL
                 ORDER BY name COLLATE NOCASE, id"
            ))?;
            let mut rows = statement.query([])?;
            let mut sites = Vec::new();
            while let Some(row) = rows.next()? {
                sites.push(site(row)?);
            }
            Ok(sites)
        })
    }
}

pub(super) fn insert(
    connection: &Connection,
    by: By,
    id: SiteId,
    new: NewSite,
    now: Timestamp,
) -> Result<Site, DirectoryError> {
    let Policy { edit, recall, visitor_edits, visitor_recalls } = Policy::default();
    let mut site = Site {
        id,
        name: name(&new.name)?.to_owned(),
        allowed_origins: Vec::new(),
        mode: SiteMode::default(),
        human_support: true,
        edit,
        recall,
        visitor_edit: visitor_edits,
        visitor_recall: visitor_recalls,
        offline_message: String::new(),
        offline_mode: OfflineMode::default(),
        prechat_fields: Vec::new(),
        routing: Routing::default(),
        close_after_minutes: None,
        retention_days: None,
        former_since: None,
        chat_limit: CHATS,
        theme_color: Color::default(),
        greeting: String::new(),
        created_at: now,
        version: 1,
    };
    new.settings.apply(&mut site, now)?;
    keep(connection, &site)?;
    tell(connection, by, now, Action::SiteAdded, id, &[])?;
    event::record(connection, &DirectoryEvent::SiteChanged(site.id))?;
    Ok(site)
}

/// A site, by its id.
pub(super) fn find(connection: &Connection, id: SiteId) -> Result<Option<Site>, DirectoryError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM site WHERE id = ?1 AND deleted_at IS NULL"
    ))?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(site).transpose()
}

fn site(row: &Row<'_>) -> Result<Site, DirectoryError> {
    let text = |column: usize| -> Result<String, DirectoryError> { Ok(row.get(column)?) };
    let origins = text(2)?.split_whitespace().map(|origin| origin.parse().ok()).collect();
    Ok(Site {
        id: site_id(row, 0)?,
        name: text(1)?,
        allowed_origins: known(origins, "an origin")?,
        mode: known(SiteMode::from_name(&text(3)?), "a site's mode")?,
        human_support: row.get(4)?,
        edit: known(text(5)?.parse().ok(), "a site's window")?,
        recall: known(text(6)?.parse().ok(), "a site's window")?,
        visitor_edit: row.get(7)?,
        visitor_recall: row.get(8)?,
        created_at: Timestamp::from_millis(row.get(9)?),
        offline_message: text(10)?,
        routing: known(Routing::from_name(&text(11)?), "a site's routing")?,
        close_after_minutes: row.get(12)?,
        chat_limit: row.get(13)?,
        theme_color: known(text(14)?.parse().ok(), "a colour")?,
        greeting: text(15)?,
        version: row.get(16)?,
        retention_days: row.get(17)?,
        offline_mode: known(OfflineMode::from_name(&text(18)?), "a site's offline mode")?,
        prechat_fields: known(serde_json::from_str(&text(19)?).ok(), "a site's fields")?,
        former_since: row.get::<_, Option<i64>>(20)?.map(Timestamp::from_millis),
    })
}

fn keep(connection: &Connection, site: &Site) -> Result<(), DirectoryError> {
    let origins: Vec<&str> = site.allowed_origins.iter().map(Origin::as_str).collect();
    connection
        .prepare_cached(
            "INSERT INTO site VALUES (:id, :name, :origins, :mode, :human_support, :edit, :recall,
                 :visitor_edit, :visitor_recall, :created_at, :offline_message, :routing,
                 :close_after, :chat_limit, :theme_color, :greeting, :version,
                 :retention_days, NULL, :offline_mode, :prechat, :former_since)
             ON CONFLICT (id) DO UPDATE SET
                 name = :name, origins = :origins, mode = :mode, human_support = :human_support,
                 edit = :edit, recall = :recall, visitor_edit = :visitor_edit,
                 visitor_recall = :visitor_recall, offline_message = :offline_message,
                 routing = :routing, close_after = :close_after, chat_limit = :chat_limit,
                 theme_color = :theme_color, greeting = :greeting, version = :version,
                 retention_days = :retention_days,
                 offline_mode = :offline_mode, prechat = :prechat,
                 former_since = :former_since",
        )?
        .execute(named_params! {
            ":id": site.id.as_bytes(),
            ":name": site.name,
            ":origins": origins.join(" "),
            ":mode": site.mode.name(),
            ":human_support": site.human_support,
            ":edit": site.edit.to_string(),
            ":recall": site.recall.to_string(),
            ":visitor_edit": site.visitor_edit,
            ":visitor_recall": site.visitor_recall,
            ":created_at": site.created_at.as_millis(),
            ":offline_message": site.offline_message,
            ":routing": site.routing.name(),
            ":close_after": site.close_after_minutes,
            ":chat_limit": site.chat_limit,
            ":theme_color": site.theme_color.to_string(),
            ":greeting": site.greeting,
            ":version": site.version,
            ":retention_days": site.retention_days,
            ":former_since": site.former_since.map(Timestamp::as_millis),
            ":offline_mode": site.offline_mode.name(),
            ":prechat": known(serde_json::to_string(&site.prechat_fields).ok(), "a field")?,
        })?;
    Ok(())
}

fn tell(
    connection: &Connection,
    by: By,
    at: Timestamp,
    action: Action,
    site: SiteId,
    fields: &[&'static str],
) -> Result<(), DirectoryError> {
    let subject = site.to_string();
    audit::record(connection, &Deed { by, at, action, site: Some(site), subject, fields })
}
