//! Planted bugs: what a server or its disk could get wrong, so that the checks can show that they
//! would find it. A run has none unless it is given one.

use rejoinder_core::authority::Admission;
use rejoinder_core::authority::fate::{Fate, Refusal};
use rejoinder_core::conversation::operation::Submission;
use rejoinder_core::conversation::revision::Revision;
use rejoinder_core::id::{ConversationId, DocumentId, DocumentKind};
use rejoinder_core::wire::OperationFate;

use crate::disk::Disk;

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident: $($rule:literal)+;)*) => {
        /// What is wrong with a run's server.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug {
            $($(#[$doc])* $name,)*
        }

        impl Bug {
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// The rules whose checks may be the first to find it.
            pub(crate) const fn rules(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($rule),+],)* }
            }
        }
    };
}

bugs! {
    /// Fates are told before the commit, which may fail.
    AcknowledgeBeforeWrite: "AU1" "AU2" "SE14";
    /// A recall leaves no tombstone: once the server has started again, it does not know of it.
    SkipTombstone: "RE22" "SE14";
    /// Devices that come back are served before they have erased what they are told to.
    WordsBeforeErasures: "RE15";
    /// A visitor who asks for words of the timeline gets those of the notes too.
    NoteInTimeline: "WP19";
    /// Who follows the timeline is told the team document's entries, which hold no words.
    TeamEntriesToAll: "WP19";
    /// Feed rows tell everybody what is for the team.
    TeamRowToAll: "WP16";
    /// A message that stands in a conversation is taken into its follow-up too, and the other way.
    SaidTwice: "SE14" "RE1" "RE22";
    /// A recall counts in the conversation only in which it was made.
    RecalledHereOnly: "RE1" "RE22" "SE14";
    /// A visitor's cursor counts the recalls of everybody, those of notes too.
    CountEverything: "WP39";
    /// Every third erasure is told to no device.
    ForgetErasure: "RE22";
    /// That a device was sent words is not remembered.
    ForgetHolder: "RE22";
    /// What a device of another life of the data says that it has is not remembered.
    ForgetClaims: "RE22";
    /// The repeat of what was accepted is refused.
    OtherFateAtRepeat: "AU4";
    /// The repeat of what was accepted goes into the log again.
    AcceptTwice: "AU2" "AU4";
    /// Superseded words keep their key.
    KeepSuperseded: "RE9";
    /// Recalled words keep their key.
    KeepRecalled: "RE22";
    /// A recall leaves the former words of its message.
    KeepFormer: "RE27";
    /// The keyring comes back with a backup, and the ledger is not carried out again.
    RestoreWithoutLedger: "RE22";
    /// The disk said that a row was on it, and a start again shows that it is not.
    UnsyncedWrite: "AU1" "AU2";
    /// News goes to those only who pushed it.
    LoseNews: "WP9";
    /// How far somebody has seen is what their last device said.
    SeenFalls: "WP15";
    /// A snapshot lacks the entry that it says it ends with.
    ShortSnapshot: "SE14" "WP9";
}

/// Whether an order of erasure is one that is forgotten.
pub(crate) fn forgets(bug: Option<Bug>, number: u64) -> bool {
    bug == Some(Bug::ForgetErasure) && number.is_multiple_of(3)
}

/// Gives what is in the log already another fate than it had, or accepts it again.
pub(crate) fn misjudge(
    bug: Option<Bug>,
    disk: &Disk,
    (document, submissions): (DocumentId, &[Submission]),
    admission: &mut Admission,
    fates: &mut [OperationFate],
) {
    for (submission, told) in submissions.iter().zip(fates) {
        let known = disk.log(document).find(|row| row.id == submission.id);
        match (bug, known) {
            (Some(Bug::OtherFateAtRepeat), Some(_)) => {
                told.fate = Fate::Refused { code: Refusal::IdTaken };
            }
            (Some(Bug::AcceptTwice), Some(row)) => {
                let here = |kind: DocumentKind| DocumentId { kind, ..document };
                let on_disk = [DocumentKind::Timeline, DocumentKind::Team]
                    .into_iter()
                    .filter_map(|kind| disk.log(here(kind)).last());
                let at = on_disk.chain(&admission.rows).map(|row| row.at).max().unwrap_or_default();
                let same = admission.rows.iter().filter(|row| row.kind == document.kind);
                let last = disk.log(document).chain(same).map(|row| row.seq).max();
                let seq = last.unwrap_or_default().next();
                admission.rows.push(rejoinder_core::authority::log::Row {
                    seq,
                    at: at.plus_millis(1),
                    ..row.clone()
                });
            }
            _ => {}
        }
    }
}

/// The words of a conversation's notes.
pub(crate) fn notes(disk: &Disk, conversation: ConversationId) -> Vec<Revision> {
    let team = DocumentId::team(conversation);
    disk.readable().filter(|(of, _)| *of == team).map(|(_, words)| words.clone()).collect()
}

/// The last row of the last conversation that has begun was never on the disk.
pub(crate) fn lose_last_row(disk: &mut Disk) {
    let rows = disk.database.conversations.values_mut().map(|found| &mut found.rows.rows);
    if let Some(rows) = rows.filter(|rows| !rows.is_empty()).last() {
        rows.pop();
    }
}
