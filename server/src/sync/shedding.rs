//! What a connection may push while the server has more to do than it can.

use core::time::Duration;

use rejoinder_core::id::ConversationId;
use rejoinder_core::principal::Role;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::hub::{Connected, Hub, Unanswered};
use crate::load::Burden;
use crate::sync::{Connection, End, busy};

/// How long is waited for what was taken before something was shed.
const ANSWERED: Duration = Duration::from_secs(10);

impl Connection {
    /// Counts operations among those that wait, or ends the connection by telling it when to come
    /// back: once all is answered that was taken of it, so that it pushes again only what was not.
    pub(super) async fn admits(
        &mut self,
        hub: &Hub,
        connected: &Connected,
        conversation: ConversationId,
    ) -> Result<Unanswered, End> {
        let burden = match connected.principal.role {
            Role::Visitor => Burden::Visitors,
            Role::Agent(_) | Role::Assistant | Role::Server => Burden::Teams,
        };
        if let Err(wait) = hub.load().admits(burden) {
            // Nothing is received any more once all other senders are gone.
            drop(core::mem::replace(&mut self.answering.0, mpsc::channel(1).0));
            let _in_time = timeout(ANSWERED, self.answering.1.recv()).await;
            return Err(busy(wait));
        }
        let waits = hub.load().waits(conversation, Instant::now());
        Ok(Unanswered { waits, told: self.answering.0.clone() })
    }
}
