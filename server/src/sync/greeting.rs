//! The beginning of a connection: who it is, and what its device must erase before anything else.

use core::time::Duration;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rejoinder_core::id::{DocumentId, SiteId};
use rejoinder_core::limits;
use rejoinder_core::principal::Role;
use rejoinder_core::session::server::{Due, Fault, Request};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::{Credential, Hello, Keeping, Limits, Problem, ServerFrame, Welcome};
use sha2::{Digest, Sha256};

use crate::directory::{AuthError, Directory, Origin, Scope, Session};
use crate::hub::{Arrival, Connected, Hub, News, Outbound, Rights, may_see};
use crate::storage::StorageError;
use crate::sync::orders::{Came, Erasing, Purge, carried_out, reckon};
use crate::sync::{Connection, End, Visit, keep};
use crate::web::Opener;

impl Connection {
    /// Reads `Hello`, finds out who it is, and welcomes them.
    pub(super) async fn greet(
        &mut self,
        hub: &Hub,
        outbound: Outbound,
        visit: &Visit,
    ) -> Result<(Arc<Connected>, Purge), End> {
        self.turns.push(self.throttle.connects(visit.peer)?);
        let deadline = Duration::from_millis(limits::HELLO_MILLIS);
        let first = tokio::time::timeout(deadline, self.frame()).await;
        let (frame, _) = first.map_err(|_| End::from(Problem::TimedOut))??;
        let hello = match self.session.handle(frame) {
            Ok(Request::Authenticate(hello)) => hello,
            Ok(_) => return Err(Problem::OutOfTurn.into()),
            Err(Fault::Fatal(problem) | Fault::Document(_, problem)) => return Err(problem.into()),
        };
        let session = authenticate(hub, &hello, visit).await?;
        self.turns.push(self.throttle.arrives(session.principal.participant)?);
        let site = match &session.scope {
            Scope::Visitor { site } => Some(*site),
            Scope::All | Scope::Sites(_) => None,
        };
        let connected = hub.registry().arrive(Arrival {
            device: hello.device,
            keeping: hello.keeping,
            snapshots: hello.snapshots,
            principal: session.principal,
            scope: session.scope,
            token: session.token_hash,
            outbound,
        });
        // What changed between asking who it is and being listed here is asked again.
        connected.tell(News::Standing);
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
        let came = match hello.epoch {
            None => Came::New,
            Some(_) if same_life => Came::Back,
            Some(_) => Came::Anew,
        };
        let former = match came {
            Came::Back => carried_out(hub, connected, hello.erasures).await?,
            Came::New | Came::Anew => 0,
        };
        let gone = match &connected.scope {
            Scope::All => {
                let storage = Arc::clone(hub.storage());
                hub.blocking(move || storage.newest_gone()).await?
            }
            Scope::Sites(_) | Scope::Visitor { .. } => None,
        };
        let scope = fingerprint(connected.principal.role, &connected.scope, gone);
        // A visitor has few conversations, and is told all of them each time: see `hub::feed`.
        let known = same_life && hello.scope == scope && connected.principal.role.reads_team();
        let feed = if known { hello.feed } else { 0 };
        if hello.keeping == Keeping::Durable {
            // A lower cursor than before, of a restored profile, lowers the mark.
            keep(hub, connected, former).await?;
        }
        // What a device of another life was sent may be forgotten here. It says first what it has,
        // and is told of what is recalled in the lines of that as long as it is connected.
        connected.reckoned.store(came == Came::Anew, Ordering::Relaxed);
        let Erasing { mut slices, dropping } = match came {
            Came::Anew => Erasing::default(),
            Came::New | Came::Back => reckon(hub, connected, former, (came, &[])).await?,
        };
        let first = slices.pop_front();
        let (cursor, number, erasures) =
            first.map_or_else(Default::default, |it| (it.cursor, it.number, it.orders));
        let due = match same_life {
            true if erasures.is_empty() && slices.is_empty() => Due::Nothing,
            true => Due::Erasures,
            false => Due::Anew,
        };
        let welcome = Welcome {
            epoch: hub.storage().epoch(),
            principal: connected.principal.clone(),
            site,
            limits: Limits::default(),
            time: hub.now(),
            token,
            cursor,
            erasures,
            scope,
        };
        self.session.welcomed(connected.principal.clone(), cursor, due);
        self.write(&ServerFrame::Welcome(Box::new(welcome))).await?;
        let mut purge = Purge {
            came,
            former,
            told: 0,
            reached: Vec::new(),
            has: Vec::new(),
            dropping,
            feed: Some(feed),
            reading: None,
            more: slices,
            reckoning: came == Came::Anew,
        };
        purge.tells(cursor, number);
        Ok(purge)
    }
}

/// Remembers which documents a device has, as far as its principal may see them. Those that are not
/// known here may be begun again: nobody learns what there is. Of an agent's they are remembered
/// like others. Of a visitor's they are known as long as it is connected, for anybody may become a
/// visitor and say so: it is told all that is recalled in their timelines when it comes back.
pub(super) async fn holds(
    hub: &Hub,
    connected: &Arc<Connected>,
    documents: Vec<DocumentId>,
    purge: &mut Purge,
) -> Result<(), StorageError> {
    let (storage, by) = (Arc::clone(hub.storage()), Arc::clone(connected));
    let said = hub.blocking(move || {
        let (mut seen, mut unknown) = (Vec::new(), Vec::new());
        for document in documents {
            let entry = storage.feed_entry(document.conversation)?;
            match entry {
                None if by.principal.role == Role::Visitor => unknown.push(document.conversation),
                None => seen.push(document),
                Some(entry) if may_see(&by.principal, &by.scope, &Rights::of(&entry)) => {
                    seen.push(document);
                }
                Some(_) => {}
            }
        }
        Ok((seen, unknown))
    });
    let (seen, unknown) = said.await?;
    purge.has.extend(unknown);
    if connected.keeping == Keeping::Memory {
        return Ok(());
    }
    hub.storage().keep_holdings(connected.device, seen).await
}

/// What somebody may see, as a number that changes with it. Of those who see all sites, it changes
/// when a site's conversations are gone.
fn fingerprint(role: Role, scope: &Scope, gone: Option<Timestamp>) -> u64 {
    let mut hash = Sha256::new();
    if let Role::Agent(role) = role {
        hash.update(role.name());
    }
    match scope {
        Scope::All => {
            hash.update("all");
            hash.update(gone.unwrap_or_default().as_millis().to_be_bytes());
        }
        Scope::Sites(sites) => sites.iter().for_each(|site| hash.update(site.as_bytes())),
        Scope::Visitor { site } => hash.update(site.as_bytes()),
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}

async fn authenticate(hub: &Hub, hello: &Hello, visit: &Visit) -> Result<Session, End> {
    // Before a password is compared or a visitor added.
    match &hello.credential {
        Credential::Password { .. } => admit(hub, &visit.opener, None).await?,
        Credential::Visitor(site) => admit(hub, &visit.opener, Some(*site)).await?,
        // Whose site it is, the token says.
        Credential::Token(_) => {}
    }
    let (credential, device, peer) = (hello.credential.clone(), hello.device, visit.peer);
    let session = asked(hub, move |directory| {
        directory.authenticate(&credential, device, peer, directory.now())
    })
    .await?;
    match &session.scope {
        Scope::Visitor { site } => admit(hub, &visit.opener, Some(*site)).await?,
        Scope::All | Scope::Sites(_) => {
            admit(hub, &visit.opener, None).await?;
            let (token, client) = (session.token_hash, visit.client.clone());
            let noted =
                move |d: &Directory| Ok(d.note_client(token, client.as_deref(), d.now())?);
            if asked(hub, noted).await.is_err() {
                // A disk that takes nothing keeps nobody from reading.
                tracing::warn!("it is not noted which client a session is of");
            }
        }
    }
    Ok(session)
}

/// Pages of others may connect visitors of the sites that name them, and nobody else.
async fn admit(hub: &Hub, opener: &Opener, visitor_of: Option<SiteId>) -> Result<(), End> {
    let Opener::Foreign(origin) = opener else { return Ok(()) };
    let Some(id) = visitor_of else { return Err(turned_away(origin.as_ref())) };
    let site = asked(hub, move |directory| Ok(directory.site(id)?)).await?;
    let site = site.ok_or_else(|| End::from(Problem::UnknownSite))?;
    let allowed = match origin {
        Some(origin) => site.allows(origin),
        None => site.allowed_origins.is_empty(),
    };
    if allowed { Ok(()) } else { Err(turned_away(origin.as_ref())) }
}

/// Whoever runs the server learns which origin it was: behind a proxy that passes another host on,
/// it may be the server's own.
fn turned_away(origin: Option<&Origin>) -> End {
    let origin = origin.map_or("none that is one", Origin::as_str);
    tracing::warn!(%origin, "a page may not connect: set public_url if it is the server's own");
    Problem::Origin.into()
}

/// Asks the directory where blocking is allowed.
async fn asked<T: Send + 'static>(
    hub: &Hub,
    ask: impl FnOnce(&Directory) -> Result<T, AuthError> + Send + 'static,
) -> Result<T, End> {
    let directory = Arc::clone(hub.directory());
    let answer = hub.machine().does(move || ask(&directory)).await;
    let retry = |after_millis, reason| End::Saying(ServerFrame::Retry { after_millis, reason });
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(AuthError::Invalid)) => Err(Problem::Credential.into()),
        Ok(Err(AuthError::CodeNeeded)) => Err(Problem::CodeNeeded.into()),
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
