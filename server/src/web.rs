//! What browsers are shown: the widget, the desk, and the demo.
//!
//! The apps are built elsewhere and embedded in the program, compressed beforehand; this library
//! is handed them as [`Bundle`]s and says under which address, with which headers, they are served.
//! A path is looked up in a table and never in a file system.

mod answer;
pub(crate) mod apps;
mod bundle;
mod opener;
mod page;
mod policy;

use std::path::PathBuf;

use rejoinder_core::id::SiteId;
use serde::Serialize;

pub use bundle::{Asset, Bundle};
pub use opener::Opener;
pub(crate) use opener::is_loopback;
pub(crate) use page::harden;

use crate::config::PublicUrl;

/// What browsers are shown, and how they reach it.
#[derive(Clone, Debug, Default)]
pub struct Web {
    /// How browsers reach the server. Default: by whichever host they asked.
    pub public_url: PublicUrl,
    /// `widget.js`, `app/index.html` and `app/assets/`. Default: not built.
    pub widget: Bundle,
    /// `index.html`, `sw.js`, `assets/` and what else belongs to the agents' app. Default: not
    /// built.
    pub desk: Bundle,
    /// The demo, where there is one. Default: none.
    pub demo: Option<Demo>,
}

/// The demo: a shop with a widget beside a desk, and what is stored of what is said there.
#[derive(Clone, Debug)]
pub struct Demo {
    /// `index.html`, `shop.html` and what else belongs to the demo's pages.
    pub pages: Bundle,
    /// The shop's site.
    pub site: SiteId,
    /// Who can log in at the desk.
    pub log_ins: Vec<LogIn>,
    /// The server's data folder, in which the demo searches for words.
    pub data: PathBuf,
}

/// An agent of the demo, with a password that everybody may know.
#[derive(Clone, Debug, Serialize)]
pub struct LogIn {
    /// What they are called.
    pub name: String,
    /// What they are.
    pub role: &'static str,
    /// What they log in with.
    pub email: String,
    /// What proves it.
    pub password: String,
}
