//! Where visitors were.

use axum::http::Uri;
use rejoinder_core::id::ParticipantId;
use rejoinder_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Directory, DirectoryError, visitor};

/// Pages remembered of each visitor: what an agent glances at.
pub const PAGES: usize = 20;

/// Characters of a page's title; what is longer is cut off.
const TITLE_LONGEST: usize = 300;

/// Bytes of a page's address: what browsers and servers take.
const URL_LONGEST: usize = 2_000;

/// A page that a visitor was on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitedPage {
    /// What it calls itself.
    pub title: String,
    /// Where it is.
    pub url: String,
    /// When the visitor was there last.
    pub at: Timestamp,
}

impl VisitedPage {
    /// A page, as it may be kept: of the web, and without what proves who somebody is.
    ///
    /// # Errors
    /// [`DirectoryError::BadUrl`].
    pub fn new(title: &str, url: &str, at: Timestamp) -> Result<Self, DirectoryError> {
        let url = address(url).ok_or(DirectoryError::BadUrl)?;
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let title = title.trim().chars().take(TITLE_LONGEST).map(shown).collect();
        Ok(Self { title, url, at })
    }
}

fn address(text: &str) -> Option<String> {
    // Characters that are not ASCII are escaped by browsers, and a fragment is not read.
    let uri: Uri = Some(text.trim()).filter(|text| text.len() <= URL_LONGEST)?.parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| ["http", "https"].contains(scheme))?;
    let authority = uri.authority()?.as_str();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    (!host.is_empty()).then(|| format!("{scheme}://{host}{path}"))
}

impl Directory {
    /// Remembers that a visitor is on a page, and forgets where they were before the newest
    /// [`PAGES`]. The same page again in a row is once there, with its newest time.
    ///
    /// # Errors
    /// [`DirectoryError::UnknownVisitor`], and what the medium says.
    pub fn visit(&self, whose: ParticipantId, page: &VisitedPage) -> Result<(), DirectoryError> {
        self.write(|connection, _| {
            let there = visitor::find(connection, whose)?.filter(|it| it.erased_at.is_none());
            there.ok_or(DirectoryError::UnknownVisitor(whose))?;
            let newest: Option<(i64, String)> = connection
                .prepare_cached("SELECT id, url FROM page WHERE visitor = ?1 ORDER BY id DESC")?
                .query_row([whose.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            if let Some((id, _)) = newest.filter(|(_, url)| *url == page.url) {
                connection
                    .prepare_cached("UPDATE page SET title = ?2, at = ?3 WHERE id = ?1")?
                    .execute(params![id, page.title, page.at.as_millis()])?;
                return Ok(());
            }
            connection
                .prepare_cached(
                    "INSERT INTO page (visitor, title, url, at) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![whose.as_bytes(), page.title, page.url, page.at.as_millis()])?;
            forget(connection, whose)
        })
    }
}

/// Forgets where a visitor was before the newest pages.
pub(super) fn forget(connection: &Connection, whose: ParticipantId) -> Result<(), DirectoryError> {
    connection
        .prepare_cached(
            "DELETE FROM page WHERE visitor = ?1 AND id NOT IN
                 (SELECT id FROM page WHERE visitor = ?1 ORDER BY id DESC LIMIT ?2)",
        )?
        .execute(params![whose.as_bytes(), i64::try_from(PAGES).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// Where a visitor was, newest first.
pub(super) fn of(
    connection: &Connection,
    whose: ParticipantId,
) -> Result<Vec<VisitedPage>, DirectoryError> {
    let mut statement = connection.prepare_cached(
        "SELECT title, url, at FROM page WHERE visitor = ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        let at = Timestamp::from_millis(row.get(2)?);
        Ok(VisitedPage { title: row.get(0)?, url: row.get(1)?, at })
    };
    let at_most = i64::try_from(PAGES).unwrap_or(i64::MAX);
    let all = statement.query_map(params![whose.as_bytes(), at_most], read)?;
    Ok(all.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, VisitedPage};

    #[test]
    fn a_page_is_kept_without_what_proves_who_somebody_is() {
        let page = |title: &str, url: &str| {
            VisitedPage::new(title, url, Timestamp::from_millis(0)).map(|page| page.url)
        };
        assert_eq!(
            page("", "https://ann:pw@shop.example/a?b=1#c").unwrap(),
            "https://shop.example/a?b=1"
        );
        assert_eq!(page("", "http://localhost:8000").unwrap(), "http://localhost:8000/");
        let long = format!("https://shop.example/{}", "x".repeat(2_000));
        for url in ["", "/cart", "javascript:alert(1)", "data:text/html,x", "ftp://a/b", &long] {
            assert!(page("", url).is_err(), "{url}");
        }
        let title = format!("a\u{7}{}", "ä".repeat(999));
        let page = VisitedPage::new(&title, "https://a.b", Timestamp::from_millis(0)).unwrap();
        assert_eq!(page.title.chars().count(), 300);
        assert!(page.title.starts_with("a ä"));
    }
}
