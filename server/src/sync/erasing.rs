//! What a device says of what it has erased, and what of it is remembered.

use std::sync::Arc;

use rejoinder_core::wire::Keeping;

use crate::hub::{Connected, Hub};
use crate::storage::{Device, ProgressOf, StorageError};
use crate::sync::End;
use crate::sync::orders::Purge;

/// The device has carried erasures out, up to a cursor.
pub(super) async fn carried_out(
    hub: &Hub,
    connected: &Connected,
    purge: &mut Purge,
    cursor: u64,
) -> Result<(), StorageError> {
    let number = purge.carried_out(cursor);
    if connected.keeping == Keeping::Memory {
        return Ok(());
    }
    keep(hub, connected, number).await?;
    if number > purge.former {
        let (device, former) = (connected.device, purge.former);
        hub.tell_progress(ProgressOf::Device(device, former, number)).await;
        purge.former = number;
    }
    Ok(())
}

/// Tells a device that has carried everything out a part of what it missed, and after the last one
/// what else there is for it.
pub(super) async fn read_feed(
    hub: &Hub,
    connected: &Arc<Connected>,
    purge: &mut Purge,
) -> Result<(), End> {
    let Some(after) = purge.reading else { return Ok(()) };
    purge.reading = hub.missed(connected, after).await?;
    if purge.reading.is_some() {
        return Ok(());
    }
    hub.tell_unfinished(connected).await;
    if connected.principal.role.agent().is_some() {
        hub.board().greet(connected);
        hub.tell_unread(connected.principal.participant).await;
        team_changed(hub, connected);
    }
    Ok(())
}

/// Who can be offered a conversation may be somebody else now. An agent who was added a moment ago
/// may not be known to routing yet.
pub(super) fn team_changed(hub: &Hub, connected: &Connected) {
    if connected.principal.role.agent().is_some() {
        hub.board().directory_changed();
    }
}

pub(super) async fn keep(
    hub: &Hub,
    connected: &Connected,
    erasures: u64,
) -> Result<(), StorageError> {
    let device = Device {
        device: connected.device,
        participant: connected.principal.participant,
        keeping: connected.keeping,
        erasures,
        heard_at: hub.now(),
    };
    hub.storage().keep_device(device).await
}

/// The device was heard from until now.
pub(super) async fn heard(hub: &Hub, connected: &Connected) {
    let (storage, id) = (Arc::clone(hub.storage()), connected.device);
    let known = hub.blocking(move || storage.device(id)).await;
    if let Ok(Some(device)) = known {
        let kept = hub.storage().keep_device(Device { heard_at: hub.now(), ..device }).await;
        if let Err(error) = kept {
            tracing::debug!(%error, "a device's last sign of life was not kept");
        }
    }
}

/// The device has erased everything.
pub(super) async fn wiped(hub: &Hub, device: rejoinder_core::id::DeviceId) {
    let storage = Arc::clone(hub.storage());
    let forgotten = async {
        let (former, held, newest) = hub
            .blocking(move || {
                let former = storage.device(device)?.map_or(0, |device| device.erasures);
                Ok((former, storage.holdings(device)?, storage.newest_erasure()?))
            })
            .await?;
        // Told before it is forgotten, while it still counts.
        hub.storage().forget_holdings(device, held).await?;
        hub.tell_progress(ProgressOf::Device(device, former, newest)).await;
        Ok::<_, StorageError>(())
    };
    if let Err(error) = forgotten.await {
        tracing::warn!(%error, "a wiped device still counts among those not done");
    }
}
