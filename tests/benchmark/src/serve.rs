//! What a server's process does.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use rejoinder_server::directory::{Directory, Rates};
use rejoinder_server::server::{Parts, Server};
use rejoinder_server::storage::sqlite::Options;
use rejoinder_server::telemetry::Metrics;
use rejoinder_server::throttle::Allowed;
use tokio::io::AsyncReadExt;

use crate::failure::Failure;
use crate::floor;
use crate::process::Kind;

/// New visitors and conversations, of which measuring needs more than any person does.
pub(crate) const RATES: Rates =
    Rates { new_visitors_per_hour: 1_000_000, passwords_per_minute: 1_000 };

/// As fast as it goes: that is what is measured.
const ALLOWED: Allowed = Allowed {
    operations_per_second: 1_000_000,
    requests_per_second: 1_000_000,
    connections_per_address: 1_000_000,
};

/// Serves until standard input ends.
pub(crate) async fn serve(kind: Kind, data: &Path) -> Result<(), Failure> {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    match kind {
        Kind::Rejoinder => {
            let server = Server::start(Parts {
                storage: Options::new(data),
                directory: Directory::open(data, RATES)?,
                listen,
                new_conversations: 1_000,
                allowed: ALLOWED,
                metrics: Some(Metrics::start()?),
            })
            .await?;
            announce(server.address())?;
            until_ended().await?;
            server.shut_down().await;
        }
        Kind::Floor => {
            let address = floor::server::start(data, listen).await?;
            announce(address)?;
            until_ended().await?;
        }
    }
    Ok(())
}

fn announce(address: SocketAddr) -> Result<(), Failure> {
    let out = &mut std::io::stdout();
    writeln!(out, "{address}")?;
    out.flush()?;
    Ok(())
}

async fn until_ended() -> Result<(), Failure> {
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
