//! Devices, and the recalls that they carry out.

use rejoinder_core::id::{DeviceId, DocumentId, MessageId, ParticipantId, SiteId};
use rejoinder_core::time::Timestamp;
use rejoinder_core::wire::Keeping;

/// A client's installation, as the server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub device: DeviceId,
    /// Whose.
    pub participant: ParticipantId,
    /// Whether it keeps what it receives.
    pub keeping: Keeping,
    /// How far it has carried erasures out.
    pub erasures: u64,
    /// When it was last heard from.
    pub heard_at: Timestamp,
}

/// A recall that devices carry out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Its number.
    pub number: u64,
    /// In which document.
    pub document: DocumentId,
    /// The recalled message; none for an order to one device to drop a whole document.
    pub message: Option<MessageId>,
}

/// A recall that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recall {
    /// Its number: later ones are higher.
    pub number: u64,
    /// In which document.
    pub document: DocumentId,
    /// The recalled message.
    pub message: MessageId,
    /// Who recalled it.
    pub by: ParticipantId,
    /// When it was accepted.
    pub at: Timestamp,
    /// On which site; none when a restore brought the recall without its conversation.
    pub site: Option<SiteId>,
}

/// How far a recall is carried out, counted over devices that keep and were ever sent words of the
/// document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasureProgress {
    /// In which document.
    pub document: DocumentId,
    /// The recalled message.
    pub message: MessageId,
    /// Its number.
    pub number: u64,
    /// Who recalled it.
    pub by: ParticipantId,
    /// Devices that have carried it out.
    pub done: u32,
    /// Devices in all.
    pub devices: u32,
    /// When the device that has been away longest was last heard from, of those not done.
    pub longest_away: Option<Timestamp>,
}

/// Which recalls' progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressOf {
    /// The recall of this message.
    Message(DocumentId, MessageId),
    /// This participant's recalls that some device has not carried out.
    Unfinished(ParticipantId),
    /// Recalls in the documents that a device holds, numbered after the first number and up to the
    /// second: those that this device has just carried out.
    Device(DeviceId, u64, u64),
}
