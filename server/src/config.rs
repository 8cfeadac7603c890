//! What `rejoinder serve` is told: flags, then environment, then a TOML file, then defaults.
//!
//! | TOML | flag | default | bounds |
//! |---|---|---|---|
//! | `data` | `--data` | `rejoinder-data` | |
//! | `listen` | `--listen` | `127.0.0.1:8080` | address and port |
//! | `public_url` | `--public-url` | `http://` and `listen` | an origin |
//! | `demo` | `--demo` | `false` | |
//! | `log.format` | `--log-format` | `text` | `text`, `json` |
//! | `log.filter` | `--log-filter` | `info` | |
//! | `limits.new_visitors_per_hour` | `--new-visitors-per-hour` | 5 | 1 to 100,000 |
//! | `limits.passwords_per_minute` | `--passwords-per-minute` | 10 | 1 to 100,000 |
//! | `limits.new_conversations` | `--new-conversations` | 6 | 1 to 100,000 |
//! | `limits.operations_per_second` | `--operations-per-second` | 20 | 1 to 100,000 |
//! | `limits.requests_per_second` | `--requests-per-second` | 20 | 1 to 100,000 |
//! | `limits.connections_per_address` | `--connections-per-address` | 4096 | 1 to 100,000 |
//!
//! In the environment a flag is called `REJOINDER_` and its name in capitals, such as
//! `REJOINDER_PUBLIC_URL`. The file is named by `--config` or `REJOINDER_CONFIG`; without either
//! none is read. Relative paths start where the program does.

use core::fmt;
use core::str::FromStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rejoinder_core::limits;
use serde::Deserialize;

use crate::directory::{Origin, Rates};
use crate::throttle::Allowed;

/// The data folder, unless another is named.
pub const DEFAULT_DATA: &str = "rejoinder-data";

/// The port, unless another is named.
const DEFAULT_PORT: u16 = 8080;

/// What a rate may be. Above it there is none in effect; none at all would let one address fill
/// the disk.
const RATES: RangeInclusive<u32> = 1..=100_000;

/// What a server is told, complete and within bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder with everything the server keeps. Default: [`DEFAULT_DATA`].
    pub data: PathBuf,
    /// Where it listens. Port 0 takes a free one. Default: 127.0.0.1:8080, this machine alone.
    pub listen: SocketAddr,
    /// How browsers reach it, past a proxy that ends TLS. Default: `http://` and [`Self::listen`].
    pub public_url: PublicUrl,
    /// Whether a demo site with log-ins is added to an empty data folder. Default: no.
    pub demo: bool,
    /// How the log is written. Default: text.
    pub log_format: LogFormat,
    /// What is logged, in the form of `tracing`'s `EnvFilter`. Default: `info`.
    pub log_filter: String,
    /// New visitors an hour, and log-ins by password a minute, from one address. Default:
    /// [`Rates::default`]. Bounds: 1 to 100,000 each.
    pub rates: Rates,
    /// New conversations of one visitor in 12 hours. Default: [`limits::NEW_CONVERSATIONS`].
    /// Bounds: 1 to 100,000.
    pub new_conversations: u32,
    /// Operations of a participant and requests with a token in a second, and connections from one
    /// address. Default: [`Allowed::default`]. Bounds: 1 to 100,000 each.
    pub allowed: Allowed,
}

/// How browsers reach a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PublicUrl {
    /// By this origin.
    At(Origin),
    /// As it listens, by whichever port that turned out to be.
    #[default]
    AsListening,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// A text that is not a log format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a log format: expected text or json")]
pub struct LogFormatError {
    text: String,
}

impl FromStr for LogFormat {
    type Err = LogFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(LogFormatError { text: text.chars().take(40).collect() }),
        }
    }
}

/// What one source says; what is `None` it leaves to the next one. The table in [the
/// module](self) says what each is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each is the field of the same name of a configuration")]
pub struct Settings {
    pub data: Option<PathBuf>,
    pub listen: Option<SocketAddr>,
    pub public_url: Option<String>,
    pub demo: Option<bool>,
    pub log: LogSettings,
    pub limits: LimitSettings,
}

/// What one source says of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each is the field of the same name of a configuration")]
pub struct LogSettings {
    pub format: Option<LogFormat>,
    pub filter: Option<String>,
}

/// What one source says of limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each is the field of the same name of a configuration")]
pub struct LimitSettings {
    pub new_visitors_per_hour: Option<u32>,
    pub passwords_per_minute: Option<u32>,
    pub new_conversations: Option<u32>,
    pub operations_per_second: Option<u32>,
    pub requests_per_second: Option<u32>,
    pub connections_per_address: Option<u32>,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or not readable.
    #[error("the configuration file {} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML, or has a key or a value that means nothing here.
    #[error("{}, line {line}: {problem}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What was wrong there, with the key's name.
        problem: String,
    },
    /// A number outside of its bounds.
    #[error("{key} is {value}: choose between {} and {}", RATES.start(), RATES.end())]
    OutOfBounds {
        /// Which, as the file names it.
        key: &'static str,
        /// What it is.
        value: u32,
    },
    /// A public address that is no origin.
    #[error("public_url: {0}")]
    PublicUrl(#[from] crate::directory::OriginError),
}

impl Settings {
    /// What a TOML file says.
    ///
    /// # Errors
    /// [`ConfigError::Unreadable`] and [`ConfigError::Malformed`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            ConfigError::Malformed {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                problem: error.message().to_owned(),
            }
        })
    }

    /// What these say, and where they say nothing, what `next` does.
    #[must_use]
    pub fn or(self, next: Self) -> Self {
        Self {
            data: self.data.or(next.data),
            listen: self.listen.or(next.listen),
            public_url: self.public_url.or(next.public_url),
            demo: self.demo.or(next.demo),
            log: LogSettings {
                format: self.log.format.or(next.log.format),
                filter: self.log.filter.or(next.log.filter),
            },
            limits: LimitSettings {
                new_visitors_per_hour: self
                    .limits
                    .new_visitors_per_hour
                    .or(next.limits.new_visitors_per_hour),
                passwords_per_minute: self
                    .limits
                    .passwords_per_minute
                    .or(next.limits.passwords_per_minute),
                new_conversations: self.limits.new_conversations.or(next.limits.new_conversations),
                operations_per_second: self
                    .limits
                    .operations_per_second
                    .or(next.limits.operations_per_second),
                requests_per_second: self
                    .limits
                    .requests_per_second
                    .or(next.limits.requests_per_second),
                connections_per_address: self
                    .limits
                    .connections_per_address
                    .or(next.limits.connections_per_address),
            },
        }
    }
}

impl Config {
    /// What `given` (flags and environment) says, then the file, then the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, the line and the key.
    pub fn resolve(given: Settings, file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = file.map(Settings::read).transpose()?.unwrap_or_default();
        let Settings { data, listen, public_url, demo, log, limits } = given.or(file);
        let rates = Rates::default();
        Ok(Self {
            data: data.unwrap_or_else(|| DEFAULT_DATA.into()),
            listen: listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, DEFAULT_PORT).into()),
            public_url: match public_url {
                Some(url) => PublicUrl::At(url.parse()?),
                None => PublicUrl::AsListening,
            },
            demo: demo.unwrap_or(false),
            log_format: log.format.unwrap_or_default(),
            log_filter: log.filter.unwrap_or_else(|| "info".to_owned()),
            rates: Rates {
                new_visitors_per_hour: bounded(
                    "limits.new_visitors_per_hour",
                    limits.new_visitors_per_hour,
                    rates.new_visitors_per_hour,
                )?,
                passwords_per_minute: bounded(
                    "limits.passwords_per_minute",
                    limits.passwords_per_minute,
                    rates.passwords_per_minute,
                )?,
            },
            new_conversations: bounded(
                "limits.new_conversations",
                limits.new_conversations,
                limits::NEW_CONVERSATIONS,
            )?,
            allowed: allowed(&limits)?,
        })
    }
}

fn allowed(limits: &LimitSettings) -> Result<Allowed, ConfigError> {
    let Allowed { operations_per_second, requests_per_second, connections_per_address } =
        Allowed::default();
    Ok(Allowed {
        operations_per_second: bounded(
            "limits.operations_per_second",
            limits.operations_per_second,
            operations_per_second,
        )?,
        requests_per_second: bounded(
            "limits.requests_per_second",
            limits.requests_per_second,
            requests_per_second,
        )?,
        connections_per_address: bounded(
            "limits.connections_per_address",
            limits.connections_per_address,
            connections_per_address,
        )?,
    })
}

impl PublicUrl {
    /// The address for people and browsers, of a server that listens at `listen`.
    #[must_use]
    pub fn of(&self, listen: SocketAddr) -> String {
        match self {
            Self::At(origin) => origin.to_string(),
            Self::AsListening => format!("http://{listen}"),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

fn bounded(key: &'static str, value: Option<u32>, default: u32) -> Result<u32, ConfigError> {
    let value = value.unwrap_or(default);
    if RATES.contains(&value) { Ok(value) } else { Err(ConfigError::OutOfBounds { key, value }) }
}

#[cfg(test)]
mod tests {
    use crate::throttle::Allowed;

    use super::{Config, LogFormat, PublicUrl, Settings};
    use std::path::PathBuf;
    use tempfile::TempDir;

    struct File {
        _folder: TempDir,
        path: PathBuf,
    }

    fn file(text: &str) -> File {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("rejoinder.toml");
        std::fs::write(&path, text).unwrap();
        File { _folder: folder, path }
    }

    fn problem(text: &str) -> String {
        Config::resolve(Settings::default(), Some(&file(text).path)).unwrap_err().to_string()
    }

    #[test]
    fn nothing_said_gives_the_defaults() {
        let config = Config::resolve(Settings::default(), None).unwrap();
        assert_eq!(config.data, PathBuf::from("rejoinder-data"));
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.public_url.of(config.listen), "http://127.0.0.1:8080");
        assert_eq!((config.log_format, config.log_filter.as_str()), (LogFormat::Text, "info"));
        assert_eq!(
            (config.rates.new_visitors_per_hour, config.rates.passwords_per_minute),
            (5, 10)
        );
        assert_eq!((config.new_conversations, config.demo), (6, false));
        assert_eq!(config.allowed, Allowed::default());
    }

    #[test]
    fn what_is_given_beats_the_file_and_the_file_beats_the_defaults() {
        let file = file(
            "data = '/srv/chat'\nlisten = '0.0.0.0:80'\npublic_url = 'https://chat.example/'\n\
             demo = true\n[log]\nformat = 'json'\n[limits]\nnew_conversations = 9\n",
        );
        let listen = Some("127.0.0.1:0".parse().unwrap());
        let given = Settings { listen, ..Settings::default() };
        let config = Config::resolve(given, Some(&file.path)).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:0");
        assert_eq!(config.data, PathBuf::from("/srv/chat"));
        assert_eq!(config.public_url, PublicUrl::At("https://chat.example".parse().unwrap()));
        assert_eq!((config.log_format, config.new_conversations), (LogFormat::Json, 9));
        assert_eq!(config.log_filter, "info");
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_its_line() {
        let unknown = problem("demo = true\n\n[limits]\nnew_visitors = 5\n");
        assert!(unknown.contains("rejoinder.toml, line 4"), "{unknown}");
        assert!(unknown.contains("unknown field `new_visitors`"), "{unknown}");
        assert!(problem("colour = 1").contains("unknown field `colour`"));
        assert!(problem("demo = 'yes'").contains("line 1"));
        assert!(problem("[limits]\npasswords_per_minute = -1").contains("line 2"));
        assert!(problem("public_url = 'chat.example'").contains("'chat.example' is not an origin"));
        let bounds = problem("[limits]\npasswords_per_minute = 0");
        assert!(bounds.contains("limits.passwords_per_minute is 0: choose between 1"), "{bounds}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Config::resolve(Settings::default(), Some("no/such.toml".as_ref()));
        assert!(error.unwrap_err().to_string().contains("no/such.toml cannot be read"));
    }
}
