//! Visitors: people on a customer's page.

mod erase;
mod merge;

pub use erase::Erasing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use rejoinder_core::dice::Dice;
use rejoinder_core::id::{ParticipantId, SiteId};
use rejoinder_core::principal::Principal;
use rejoinder_core::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, named_params, params, params_from_iter};

use super::audit::{self, Deed};
use super::filter::{Filter, one_more};
use super::{
    Action, By, Directory, DirectoryError, DirectoryEvent, Email, Page, Place, Scope, VisitedPage,
    event, known, name, page, participant, site_id,
};

/// Attributes that are kept of a visitor, and characters of their names and values: what fits
/// beside a conversation.
pub(super) const ATTRIBUTES: usize = 30;
pub(super) const ATTRIBUTE_NAME_LONGEST: usize = 40;
pub(super) const ATTRIBUTE_LONGEST: usize = 300;

/// Somebody on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// How documents name them now.
    pub participant: ParticipantId,
    /// How documents named them before they became known.
    pub former: BTreeSet<ParticipantId>,
    /// The site they came to.
    pub site: SiteId,
    /// What they are called.
    pub name: Option<String>,
    /// How they are reached.
    pub email: Option<Email>,
    /// What else is known of them.
    pub attributes: BTreeMap<String, String>,
    /// Where they were, newest first; at most [`super::PAGES`].
    pub pages: Vec<VisitedPage>,
    /// Whether the site's own back end says who they are.
    pub verified: bool,
    /// Whether nothing that they write is taken.
    pub blocked: bool,
    /// Since when nothing is kept of them; none: what is known stands here.
    pub erased_at: Option<Timestamp>,
    /// When they came first.
    pub created_at: Timestamp,
}

/// What of a visitor is to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each is the field of the same name of a visitor")]
pub struct VisitorChange {
    pub name: Option<Option<String>>,
    pub email: Option<Option<Email>>,
    pub attributes: Option<BTreeMap<String, String>>,
    pub blocked: Option<bool>,
}

/// Which visitors.
#[derive(Clone, Debug)]
pub struct WhichVisitors {
    /// Of which sites.
    pub scope: Scope,
    /// Of this site.
    pub site: Option<SiteId>,
    /// Whose e-mail address begins so.
    pub email: Option<String>,
    /// Who are blocked, or not.
    pub blocked: Option<bool>,
    /// After this place.
    pub after: Option<Place>,
    /// So many.
    pub at_most: usize,
}

impl Directory {
    /// A visitor, by their id or a former one.
    ///
    /// # Errors
    /// What the medium says.
    pub fn visitor(&self, visitor: ParticipantId) -> Result<Option<Visitor>, DirectoryError> {
        self.read(|connection| find(connection, present(connection, visitor)?))
    }

    /// A page of visitors, newest first.
    ///
    /// # Errors
    /// What the medium says.
    pub fn visitors(&self, which: &WhichVisitors) -> Result<Page<Visitor>, DirectoryError> {
        let mut filter = Filter::new();
        filter.and("erased_at IS NULL", []);
        filter.sites(&which.scope);
        filter.site(which.site);
        if let Some(email) = &which.email {
            let email = email.trim().to_lowercase();
            let end = format!("{email}\u{10ffff}");
            filter.and("email >= ? AND email < ?", [Value::from(email), Value::from(end)]);
        }
        if let Some(blocked) = which.blocked {
            filter.and("blocked = ?", [Value::from(blocked)]);
        }
        if let Some(place) = which.after {
            filter.and("(created_at, participant) < (?, ?)", place.values());
        }
        let (condition, mut values) = filter.parts();
        values.push(one_more(which.at_most));
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT participant FROM visitor WHERE {condition}
                 ORDER BY created_at DESC, participant DESC LIMIT ?"
            ))?;
            let found: Vec<ParticipantId> = statement
                .query_map(params_from_iter(values), |row| participant(row, 0))?
                .collect::<Result<_, _>>()?;
            let mut items = Vec::new();
            for visitor in found {
                items.extend(find(connection, visitor)?);
            }
            let place = |one: &Visitor| Place::new(one.created_at, *one.participant.as_bytes());
            Ok(Page::of(items, which.at_most, place))
        })
    }

    /// Changes a visitor, by their id or a former one, and answers with what they are now.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownVisitor`], [`DirectoryError::BadName`],
    /// [`DirectoryError::BadSetting`], and what the medium says.
    pub fn change_visitor(
        &self,
        by: By,
        visitor: ParticipantId,
        change: &VisitorChange,
        now: Timestamp,
    ) -> Result<Visitor, DirectoryError> {
        self.write(|connection, _| {
            let id = present(connection, visitor)?;
            let before = find(connection, id)?.ok_or(DirectoryError::UnknownVisitor(visitor))?;
            if before.erased_at.is_some() {
                return Err(DirectoryError::Erased);
            }
            let after = change.applied(&before)?;
            if after == before {
                return Ok(after);
            }
            keep(connection, &after)?;
            let tell = |action, fields: &[&'static str]| {
                let (site, subject) = (Some(after.site), id.to_string());
                let deed = Deed { by, at: now, action, site, subject, fields };
                audit::record(connection, &deed)
            };
            let fields = differences(&before, &after);
            if !fields.is_empty() {
                tell(Action::VisitorChanged, &fields)?;
            }
            match (before.blocked, after.blocked) {
                (false, true) => tell(Action::VisitorBlocked, &[])?,
                (true, false) => tell(Action::VisitorUnblocked, &[])?,
                (false, false) | (true, true) => {}
            }
            event::record(connection, &DirectoryEvent::VisitorChanged(id))?;
            Ok(after)
        })
    }

    /// Whether nothing that somebody writes is taken. Costs no look at the disk: it is asked with
    /// every push.
    #[must_use]
    pub fn is_blocked(&self, principal: &Principal) -> bool {
        let blocked = self.blocked.read().unwrap_or_else(PoisonError::into_inner);
        !blocked.is_empty() && principal.ids().any(|id| blocked.contains(&id))
    }

    /// Looks again who of all is blocked.
    pub(super) fn look_at_all_blocked(&self, connection: &Connection) -> rusqlite::Result<()> {
        let all = blocked(connection)?;
        *self.blocked.write().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(())
    }

    /// Looks again whether these visitors are blocked.
    pub(super) fn look_who_is_blocked(
        &self,
        connection: &Connection,
        visitors: &[ParticipantId],
    ) -> rusqlite::Result<()> {
        for visitor in visitors {
            let is_blocked = connection
                .prepare_cached(&format!(
                    "SELECT 1 FROM visitor WHERE participant = ?1 AND {SILENCED}"
                ))?
                .exists([visitor.as_bytes()])?;
            let mut blocked = self.blocked.write().unwrap_or_else(PoisonError::into_inner);
            if is_blocked {
                blocked.insert(*visitor);
            } else {
                blocked.remove(visitor);
            }
        }
        Ok(())
    }
}

/// Of whom nothing is taken. What an erased visitor still has on its way is too late.
const SILENCED: &str = "(blocked OR erased_at IS NOT NULL)";

/// Everybody who is blocked.
pub(super) fn blocked(connection: &Connection) -> rusqlite::Result<BTreeSet<ParticipantId>> {
    let sql = format!("SELECT participant FROM visitor WHERE {SILENCED}");
    let mut statement = connection.prepare(&sql)?;
    statement.query_map([], |row| participant(row, 0))?.collect()
}

impl VisitorChange {
    fn applied(&self, before: &Visitor) -> Result<Visitor, DirectoryError> {
        let mut after = before.clone();
        match &self.name {
            Some(Some(text)) => after.name = Some(name(text)?.to_owned()),
            Some(None) => after.name = None,
            None => {}
        }
        if let Some(email) = &self.email {
            after.email.clone_from(email);
        }
        if let Some(attributes) = &self.attributes {
            let fits = |(name, value): (&String, &String)| {
                let name_fits = (1..=ATTRIBUTE_NAME_LONGEST).contains(&name.chars().count());
                name_fits
                    && !name.contains(char::is_control)
                    && value.chars().count() <= ATTRIBUTE_LONGEST
            };
            if attributes.len() > ATTRIBUTES || !attributes.iter().all(fits) {
                return Err(DirectoryError::BadSetting("attributes"));
            }
            after.attributes.clone_from(attributes);
        }
        after.blocked = self.blocked.unwrap_or(before.blocked);
        Ok(after)
    }
}

fn differences(before: &Visitor, after: &Visitor) -> Vec<&'static str> {
    let all = [
        ("name", before.name != after.name),
        ("email", before.email != after.email),
        ("attributes", before.attributes != after.attributes),
    ];
    all.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// Somebody who comes for the first time.
pub(super) fn add(
    connection: &Connection,
    site: SiteId,
    now: Timestamp,
    dice: &mut Dice,
) -> Result<ParticipantId, DirectoryError> {
    let visitor = ParticipantId::random(dice);
    connection
        .prepare_cached("INSERT INTO visitor (participant, site, created_at) VALUES (?1, ?2, ?3)")?
        .execute(params![visitor.as_bytes(), site.as_bytes(), now.as_millis()])?;
    Ok(visitor)
}

/// Whether an id is a visitor's, now or before.
pub(super) fn is_known(connection: &Connection, id: ParticipantId) -> Result<bool, DirectoryError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM visitor WHERE participant = ?1
             UNION ALL SELECT 1 FROM former WHERE participant = ?1",
        )?
        .exists([id.as_bytes()])?)
}

/// The present id of a visitor who may be named by a former one.
fn present(
    connection: &Connection,
    visitor: ParticipantId,
) -> Result<ParticipantId, DirectoryError> {
    let now = connection
        .prepare_cached("SELECT visitor FROM former WHERE participant = ?1")?
        .query_row([visitor.as_bytes()], |row| participant(row, 0))
        .optional()?;
    Ok(now.unwrap_or(visitor))
}

/// A visitor, by their present id.
pub(super) fn find(
    connection: &Connection,
    visitor: ParticipantId,
) -> Result<Option<Visitor>, DirectoryError> {
    let mut statement = connection.prepare_cached(
        "SELECT site, created_at, name, email, attributes, verified, blocked, erased_at
         FROM visitor WHERE participant = ?1",
    )?;
    let mut rows = statement.query([visitor.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let email: Option<String> = row.get(3)?;
    let email = email.map(|email| known(email.parse().ok(), "a visitor's e-mail address"));
    let attributes: String = row.get(4)?;
    let former = connection
        .prepare_cached("SELECT participant FROM former WHERE visitor = ?1")?
        .query_map([visitor.as_bytes()], |row| participant(row, 0))?
        .collect::<Result<_, _>>()?;
    Ok(Some(Visitor {
        participant: visitor,
        former,
        site: site_id(row, 0)?,
        name: row.get(2)?,
        email: email.transpose()?,
        attributes: known(serde_json::from_str(&attributes).ok(), "a visitor's attributes")?,
        pages: page::of(connection, visitor)?,
        verified: row.get(5)?,
        blocked: row.get(6)?,
        erased_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_millis),
        created_at: Timestamp::from_millis(row.get(1)?),
    }))
}

pub(super) fn keep(connection: &Connection, visitor: &Visitor) -> Result<(), DirectoryError> {
    let attributes = known(serde_json::to_string(&visitor.attributes).ok(), "an attribute")?;
    connection
        .prepare_cached(
            "UPDATE visitor SET name = :name, email = :email, attributes = :attributes,
                                verified = :verified, blocked = :blocked
             WHERE participant = :id",
        )?
        .execute(named_params! {
            ":id": visitor.participant.as_bytes(),
            ":name": visitor.name,
            ":email": visitor.email.as_ref().map(Email::as_str),
            ":attributes": attributes,
            ":verified": visitor.verified,
            ":blocked": visitor.blocked,
        })?;
    Ok(())
}
