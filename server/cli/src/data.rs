//! Which data folder, and the directory in it.

use std::path::PathBuf;

use clap::Args;
use rejoinder_server::config::{ConfigError, DEFAULT_DATA, Settings};
use rejoinder_server::directory::{Directory, Rates};

use crate::Failure;

/// Where the data folder is.
#[derive(Args)]
pub(crate) struct DataArgs {
    /// The folder with everything the server keeps [default: rejoinder-data].
    #[arg(long, value_name = "DIR", env = "REJOINDER_DATA", hide_env_values = true)]
    pub(crate) data: Option<PathBuf>,
    /// A TOML file with settings, for what flags and environment do not say.
    #[arg(long, value_name = "FILE", env = "REJOINDER_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
}

impl DataArgs {
    /// The folder: as given, else as the file says, else the default one.
    pub(crate) fn folder(&self) -> Result<PathBuf, ConfigError> {
        let file = self.config.as_deref().map(Settings::read).transpose()?;
        let said = self.data.clone().or_else(|| file.and_then(|settings| settings.data));
        Ok(said.unwrap_or_else(|| DEFAULT_DATA.into()))
    }

    /// The directory of a folder that has one.
    pub(crate) fn directory(&self) -> Result<Directory, Failure> {
        Ok(Directory::open(&self.folder()?, Rates::default())?)
    }
}
