//! Categories: what conversations of a site are about.

use rejoinder_core::id::{CategoryId, SiteId};
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::audit::{self, Deed};
use super::{Action, By, Directory, DirectoryError, name, site, site_id};

/// What a conversation can be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Which.
    pub id: CategoryId,
    /// On which site; never changes.
    pub site: SiteId,
    /// 1 to [`super::NAME_LONGEST`] characters; once among those of the site that are not removed.
    pub name: String,
    /// Whether it can no longer be chosen. Conversations keep it.
    pub removed: bool,
}

impl Directory {
    /// All categories, removed ones too, by name.
    ///
    /// # Errors
    /// What the medium says.
    pub fn categories(&self) -> Result<Vec<Category>, DirectoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, site, name, removed FROM category ORDER BY name COLLATE NOCASE, id",
            )?;
            let all = statement.query_map([], read)?.collect::<Result<_, _>>()?;
            Ok(all)
        })
    }

    /// A category.
    ///
    /// # Errors
    /// What the medium says.
    pub fn category(&self, id: CategoryId) -> Result<Option<Category>, DirectoryError> {
        self.read(|connection| find(connection, id))
    }

    /// Adds a category, gives it another name, or takes back that it was removed.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownSite`], [`DirectoryError::BadName`],
    /// [`DirectoryError::NameTaken`], [`DirectoryError::IdTaken`] when it is another site's, and
    /// what the medium says.
    pub fn put_category(
        &self,
        by: By,
        id: CategoryId,
        of: SiteId,
        text: &str,
        now: Timestamp,
    ) -> Result<Category, DirectoryError> {
        self.write(|connection, _| {
            site::find(connection, of)?.ok_or(DirectoryError::UnknownSite(of))?;
            let name = name(text)?;
            let before = find(connection, id)?;
            if before.as_ref().is_some_and(|before| before.site != of) {
                return Err(DirectoryError::IdTaken);
            }
            let after = Category { id, site: of, name: name.to_owned(), removed: false };
            if before.as_ref() == Some(&after) {
                return Ok(after);
            }
            let taken = connection
                .prepare_cached(
                    "SELECT 1 FROM category WHERE site = ?1 AND name = ?2 AND id <> ?3
                                                  AND NOT removed",
                )?
                .exists(params![of.as_bytes(), name, id.as_bytes()])?;
            if taken {
                return Err(DirectoryError::NameTaken);
            }
            connection.execute(
                "INSERT INTO category (id, site, name, removed) VALUES (?1, ?2, ?3, 0)
                 ON CONFLICT (id) DO UPDATE SET name = ?3, removed = 0",
                params![id.as_bytes(), of.as_bytes(), name],
            )?;
            let action =
                if before.is_some() { Action::CategoryChanged } else { Action::CategoryAdded };
            tell(connection, by, now, action, &after)?;
            Ok(after)
        })
    }

    /// Removes a category from those to choose from. Again is no error.
    ///
    /// # Errors
    /// What the medium says.
    pub fn remove_category(
        &self,
        by: By,
        id: CategoryId,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let Some(category) = find(connection, id)?.filter(|category| !category.removed) else {
                return Ok(());
            };
            connection.execute("UPDATE category SET removed = 1 WHERE id = ?1", [id.as_bytes()])?;
            tell(connection, by, now, Action::CategoryRemoved, &category)
        })
    }
}

fn tell(
    connection: &Connection,
    by: By,
    at: Timestamp,
    action: Action,
    category: &Category,
) -> Result<(), DirectoryError> {
    let (site, subject) = (Some(category.site), category.id.to_string());
    audit::record(connection, &Deed { by, at, action, site, subject, fields: &[] })
}

fn find(connection: &Connection, id: CategoryId) -> Result<Option<Category>, DirectoryError> {
    Ok(connection
        .prepare_cached("SELECT id, site, name, removed FROM category WHERE id = ?1")?
        .query_row([id.as_bytes()], read)
        .optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Category> {
    Ok(Category {
        id: row.get(0).map(CategoryId::from_bytes)?,
        site: site_id(row, 1)?,
        name: row.get(2)?,
        removed: row.get(3)?,
    })
}
