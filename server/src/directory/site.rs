//! Sites: what a widget is installed on.

use rejoinder_core::authority::policy::{Policy, Window};
use rejoinder_core::dice::Dice;
use rejoinder_core::id::SiteId;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, Row, named_params};

use super::{
    Directory, DirectoryError, DirectoryEvent, Origin, SiteMode, event, known, name, site_id,
};

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
    /// When it was added.
    pub created_at: Timestamp,
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
#[expect(missing_docs, reason = "each is the field of the same name of a site")]
pub struct SiteChange {
    pub name: Option<String>,
    pub allowed_origins: Option<Vec<Origin>>,
    pub mode: Option<SiteMode>,
    pub human_support: Option<bool>,
    pub edit: Option<Window>,
    pub recall: Option<Window>,
    pub visitor_edit: Option<bool>,
    pub visitor_recall: Option<bool>,
}

impl SiteChange {
    fn apply(self, site: &mut Site) -> Result<(), DirectoryError> {
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
        Ok(())
    }
}

impl Directory {
    /// Adds a site.
    ///
    /// # Errors
    /// [`DirectoryError::BadName`], and what the medium says.
    pub fn add_site(&self, new: NewSite, now: Timestamp) -> Result<Site, DirectoryError> {
        self.write(|connection, dice| insert(connection, new, now, dice))
    }

    /// Changes a site, and answers with what it is now.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownSite`], [`DirectoryError::BadName`], and what the medium says.
    pub fn change_site(&self, id: SiteId, change: SiteChange) -> Result<Site, DirectoryError> {
        self.write(|connection, _| {
            let mut site = find(connection, id)?.ok_or(DirectoryError::UnknownSite(id))?;
            change.apply(&mut site)?;
            keep(connection, &site)?;
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
            let mut statement = connection.prepare_cached(
                "SELECT id, name, origins, mode, human_support, edit, recall, visitor_edit,
                        visitor_recall, created_at FROM site ORDER BY name COLLATE NOCASE, id",
            )?;
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
    new: NewSite,
    now: Timestamp,
    dice: &mut Dice,
) -> Result<Site, DirectoryError> {
    let Policy { edit, recall, visitor_edits, visitor_recalls } = Policy::default();
    let mut site = Site {
        id: SiteId::random(dice),
        name: name(&new.name)?.to_owned(),
        allowed_origins: Vec::new(),
        mode: SiteMode::default(),
        human_support: true,
        edit,
        recall,
        visitor_edit: visitor_edits,
        visitor_recall: visitor_recalls,
        created_at: now,
    };
    new.settings.apply(&mut site)?;
    keep(connection, &site)?;
    event::record(connection, &DirectoryEvent::SiteChanged(site.id))?;
    Ok(site)
}

/// A site, by its id.
pub(super) fn find(connection: &Connection, id: SiteId) -> Result<Option<Site>, DirectoryError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, origins, mode, human_support, edit, recall, visitor_edit,
                visitor_recall, created_at FROM site WHERE id = ?1",
    )?;
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
    })
}

fn keep(connection: &Connection, site: &Site) -> Result<(), DirectoryError> {
    let origins: Vec<&str> = site.allowed_origins.iter().map(Origin::as_str).collect();
    connection
        .prepare_cached(
            "INSERT INTO site VALUES (:id, :name, :origins, :mode, :human_support, :edit, :recall,
                                      :visitor_edit, :visitor_recall, :created_at)
             ON CONFLICT (id) DO UPDATE SET
                 name = :name, origins = :origins, mode = :mode, human_support = :human_support,
                 edit = :edit, recall = :recall, visitor_edit = :visitor_edit,
                 visitor_recall = :visitor_recall",
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
        })?;
    Ok(())
}
