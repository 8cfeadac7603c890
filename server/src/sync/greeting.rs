//! The beginning of a connection: who it is, and what its device must erase before anything else.

use core::time::Duration;
use std::net::IpAddr;
use std::sync::Arc;

use rejoinder_core::id::{DocumentId, SiteId};
use rejoinder_core::limits;
use rejoinder_core::session::server::{Fault, Request};
use rejoinder_core::wire::{ErasureOrder, Hello, Keeping, Limits, Problem, ServerFrame, Welcome};

use crate::clock::now;
use crate::directory::{AuthError, Scope, Session};
use crate::hub::{Arrival, Connected, Hub, Outbound, Rights, blocking, may_see};
use crate::storage::{Storage, StorageError};
use crate::sync::{Connection, End, Purge, keep};

impl Connection {
    /// Reads `Hello`, finds out who it is, and welcomes them.
    pub(super) async fn greet(
        &mut self,
        hub: &Hub,
        outbound: Outbound,
        peer: IpAddr,
    ) -> Result<(Arc<Connected>, Purge), End> {
        let deadline = Duration::from_millis(limits::HELLO_MILLIS);
        let first = tokio::time::timeout(deadline, self.frame()).await;
        let frame = first.map_err(|_| End::from(Problem::TimedOut))??;
        let hello = match self.session.handle(frame) {
            Ok(Request::Authenticate(hello)) => hello,
            Ok(_) => return Err(Problem::OutOfTurn.into()),
            Err(Fault::Fatal(problem) | Fault::Document(_, problem)) => return Err(problem.into()),
        };
        let session = authenticate(hub, &hello, peer).await?;
        let site = match &session.scope {
            Scope::Visitor { site } => Some(*site),
            Scope::All | Scope::Sites(_) => None,
        };
        let connected = hub.registry().arrive(Arrival {
            device: hello.device,
            keeping: hello.keeping,
            principal: session.principal,
            scope: session.scope,
            token: session.token_hash,
            outbound,
        });
        match self.welcome(hub, &connected, &hello, site, session.token).await {
            Ok(purge) => Ok((connected, purge)),
            Err(end) => {
                hub.registry().depart(&connected);
                Err(end)
            }
        }
    }

    async fn welcome(
        &mut self,
        hub: &Hub,
        connected: &Arc<Connected>,
        hello: &Hello,
        site: Option<SiteId>,
        token: Option<String>,
    ) -> Result<Purge, End> {
        let same_life = hello.epoch == Some(hub.storage().epoch());
        let (former, feed) = if same_life { (hello.erasures, hello.feed) } else { (0, 0) };
        if hello.keeping == Keeping::Durable {
            // A lower cursor than before, of a restored profile, lowers the mark.
            keep(hub, connected, former).await?;
        }
        let (storage, by) = (Arc::clone(hub.storage()), Arc::clone(connected));
        let (cursor, erasures, dropping) =
            blocking(move || to_erase(storage.as_ref(), &by, former)).await?;
        let welcome = Welcome {
            epoch: hub.storage().epoch(),
            principal: connected.principal.clone(),
            site,
            limits: Limits::default(),
            time: now(),
            token,
            cursor,
            erasures,
        };
        self.session.welcomed(connected.principal.clone(), cursor);
        self.write(ServerFrame::Welcome(Box::new(welcome)).encode().into()).await?;
        Ok(Purge { former, dropping, feed })
    }
}

async fn authenticate(hub: &Hub, hello: &Hello, peer: IpAddr) -> Result<Session, End> {
    let (directory, credential) = (Arc::clone(hub.directory()), hello.credential.clone());
    let device = hello.device;
    let asked = tokio::task::spawn_blocking(move || {
        directory.authenticate(&credential, device, peer, now())
    });
    let retry = |after_millis, reason| End::Saying(ServerFrame::Retry { after_millis, reason });
    match asked.await {
        Ok(Ok(session)) => Ok(session),
        Ok(Err(AuthError::Invalid)) => Err(Problem::Credential.into()),
        Ok(Err(AuthError::Wipe)) => Err(End::Wipe),
        Ok(Err(AuthError::UnknownSite)) => Err(Problem::UnknownSite.into()),
        Ok(Err(AuthError::TooMany { after_millis })) => Err(retry(after_millis, Problem::TooMuch)),
        Ok(Err(AuthError::Directory(error))) => {
            tracing::error!(%error, "the directory does not answer");
            Err(retry(5_000, Problem::Storage))
        }
        Err(_) => Err(retry(1_000, Problem::Closing)),
    }
}

/// Up to where a device has erased everything once it has carried these out, the orders, and the
/// documents it is to drop because its principal may no longer see them.
fn to_erase(
    storage: &dyn Storage,
    by: &Connected,
    former: u64,
) -> Result<(u64, Vec<ErasureOrder>, Vec<DocumentId>), StorageError> {
    // Read before: what is recalled after it is told by the next news.
    let cursor = storage.newest_erasure()?;
    let mut orders = Vec::new();
    for erasure in storage.erasures_for(by.device, former)? {
        orders.push(ErasureOrder { document: erasure.document, message: erasure.message });
    }
    let mut dropping = Vec::new();
    for document in storage.holdings(by.device)? {
        let entry = storage.feed_entry(document.conversation)?;
        let kept = entry.is_some_and(|entry| {
            let rights = Rights {
                site: entry.header.site,
                visitor: entry.header.visitor,
                assignee: entry.summary.assignee,
                collaborators: &entry.summary.collaborators,
            };
            may_see(&by.principal, &by.scope, &rights)
        });
        if !kept {
            dropping.push(document);
            orders.push(ErasureOrder { document, message: None });
        }
    }
    Ok((cursor, orders, dropping))
}
