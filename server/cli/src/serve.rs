//! `rejoinder serve`: what it is told, and serving until it is told to end.

use std::net::SocketAddr;

use rejoinder_server::config::{
    Config, ConfigError, LimitSettings, LogFormat, LogSettings, Settings,
};
use rejoinder_server::directory::Directory;
use rejoinder_server::server::{Parts, Server};
use rejoinder_server::storage::sqlite::Options;
use rejoinder_server::telemetry::{self, Metrics};
use rejoinder_server::web::Web;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::data::DataArgs;
use crate::{Failure, apps, demo, print};

/// Settings come from flags, then the environment, then the file, then defaults.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS", env = "REJOINDER_LISTEN")]
    listen: Option<SocketAddr>,
    /// How browsers reach it, past a proxy that ends TLS, such as <https://chat.example>.
    #[arg(long, value_name = "ORIGIN", env = "REJOINDER_PUBLIC_URL")]
    public_url: Option<String>,
    /// Add a demo site with log-ins to an empty data folder.
    #[arg(
        long,
        value_name = "BOOL",
        env = "REJOINDER_DEMO",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    demo: Option<bool>,
    /// How the log is written: text or json.
    #[arg(long, value_name = "FORMAT", env = "REJOINDER_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// What is logged, such as info or rejoinder_server=debug.
    #[arg(long, value_name = "FILTER", env = "REJOINDER_LOG_FILTER")]
    log_filter: Option<String>,
    /// New visitors from one address in an hour [default: 5].
    #[arg(long, value_name = "NUMBER", env = "REJOINDER_NEW_VISITORS_PER_HOUR")]
    new_visitors_per_hour: Option<u32>,
    /// Log-ins by password from one address in a minute [default: 10].
    #[arg(long, value_name = "NUMBER", env = "REJOINDER_PASSWORDS_PER_MINUTE")]
    passwords_per_minute: Option<u32>,
    /// New conversations of one visitor in 12 hours [default: 6].
    #[arg(long, value_name = "NUMBER", env = "REJOINDER_NEW_CONVERSATIONS")]
    new_conversations: Option<u32>,
    /// Operations of one participant in a second, in the long run [default: 20].
    #[arg(long, value_name = "NUMBER", env = "REJOINDER_OPERATIONS_PER_SECOND")]
    operations_per_second: Option<u32>,
    /// Requests over REST with one token in a second, in the long run [default: 20].
    #[arg(long, value_name = "NUMBER", env = "REJOINDER_REQUESTS_PER_SECOND")]
    requests_per_second: Option<u32>,
    /// Connections from one address at a time [default: 4096].
    #[arg(long, value_name = "NUMBER", env = "REJOINDER_CONNECTIONS_PER_ADDRESS")]
    connections_per_address: Option<u32>,
}

impl Args {
    /// The whole configuration.
    pub(crate) fn config(self) -> Result<Config, ConfigError> {
        let given = Settings {
            data: self.data.data,
            listen: self.listen,
            public_url: self.public_url,
            demo: self.demo,
            log: LogSettings { format: self.log_format, filter: self.log_filter },
            limits: LimitSettings {
                new_visitors_per_hour: self.new_visitors_per_hour,
                passwords_per_minute: self.passwords_per_minute,
                new_conversations: self.new_conversations,
                operations_per_second: self.operations_per_second,
                requests_per_second: self.requests_per_second,
                connections_per_address: self.connections_per_address,
            },
        };
        Config::resolve(given, self.data.config.as_deref())
    }
}

/// Serves until it is interrupted or told to end.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let mut config = args.config()?;
    telemetry::start_log(config.log_format, &config.log_filter)?;
    let metrics = Metrics::start()?;
    leave_no_dump()?;
    let demo = if config.demo { Some(demo::prepare(&mut config)?) } else { None };
    let web = Web {
        public_url: config.public_url.clone(),
        widget: apps::WIDGET,
        desk: apps::DESK,
        demo: demo.as_ref().map(|demo| demo.pages(&config)),
    };
    let directory = Directory::open(&config.data, config.rates)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let _heard = outlive_full_files()?;
        // Before anybody is told that it serves: they may end it at once.
        let end = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        let parts = Parts {
            storage: Options::new(&config.data),
            directory,
            listen: config.listen,
            new_conversations: config.new_conversations,
            allowed: config.allowed,
            metrics: Some(metrics),
        };
        let server = Server::start_with(parts, web).await?;
        let url = config.public_url.of(server.address());
        print::line(format_args!("serving {} on {url}", config.data.display()))?;
        if let Some(demo) = demo {
            // Whoever started it may have stopped reading: they are served all the same.
            let _unread = demo.introduce(&url);
        }
        ended(end, interrupt).await;
        server.shut_down().await;
        Ok(())
    })
}

/// Words and keys are in memory while they are worked with: should the process end badly, the
/// system writes none of it to a disk.
fn leave_no_dump() -> Result<(), Failure> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Ok(setrlimit(Resource::Core, none).map_err(std::io::Error::from)?)
}

/// A file that may not grow is a disk that fails, and no reason to end: writing to it fails once
/// the signal has somebody who hears it.
fn outlive_full_files() -> Result<Signal, Failure> {
    let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    Ok(signal(too_large)?)
}

/// Returns when somebody interrupts the program, or a supervisor ends it.
async fn ended(mut end: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = end.recv() => {}
        _ = interrupt.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Args;
    use clap::Parser;
    use rejoinder_server::config::Config;

    #[derive(Parser)]
    struct Serve {
        #[command(flatten)]
        args: Args,
    }

    fn config(flags: &[&str]) -> Config {
        let arguments = ["serve"].iter().chain(flags);
        Serve::try_parse_from(arguments).unwrap().args.config().unwrap()
    }

    #[test]
    fn flags_say_everything_that_a_file_can() {
        let plain = config(&[]);
        assert!(!plain.demo && config(&["--demo"]).demo && !config(&["--demo=false"]).demo);
        let all = config(&[
            "--data=d",
            "--listen=127.0.0.1:0",
            "--public-url=https://chat.example",
            "--log-format=json",
            "--log-filter=warn",
            "--new-visitors-per-hour=1",
            "--passwords-per-minute=2",
            "--new-conversations=3",
            "--operations-per-second=4",
            "--requests-per-second=5",
            "--connections-per-address=6",
        ]);
        assert_eq!((all.data.to_str(), all.listen.port()), (Some("d"), 0));
        assert_eq!(all.public_url.of(all.listen), "https://chat.example");
        assert_eq!((all.log_format.to_string(), all.log_filter), ("json".into(), "warn".into()));
        assert_eq!((all.rates.new_visitors_per_hour, all.rates.passwords_per_minute), (1, 2));
        assert_eq!(all.new_conversations, 3);
        let allowed = all.allowed;
        assert_eq!((allowed.operations_per_second, allowed.requests_per_second), (4, 5));
        assert_eq!(allowed.connections_per_address, 6);
    }
}
