//! What derives from an admission: whom it notifies, and who follows the conversation for it. It
//! is appended in the same step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rejoinder_core::authority::Admission;
use rejoinder_core::conversation::mention::mentions;
use rejoinder_core::conversation::operation::Operation;
use rejoinder_core::id::{DocumentKind, MessageId, ParticipantId, SiteId};
use rejoinder_core::principal::Principal;
use rejoinder_core::wire::NotificationKind;

use crate::directory::{Directory, DirectoryError};
use crate::hub::conversation::{State, Task};
use crate::storage::{Notified, StorageError};

impl Task {
    /// Whom an admission notifies. Those whom a note mentions follow the conversation, which is
    /// added to the admission.
    pub(super) async fn derive(
        &mut self,
        admission: &mut Admission,
    ) -> Result<Vec<Notified>, StorageError> {
        let State::Live(live) = &mut self.state else { return Ok(Vec::new()) };
        let mut mentioned = mentioned(admission);
        let all: BTreeSet<_> = mentioned.values().flatten().copied().collect();
        if !all.is_empty() {
            let (directory, site) = (Arc::clone(self.hub.directory()), live.header.site);
            let read = move || agents_of(&directory, site, &all);
            let known = self.hub.machine().does(read).await;
            let known = known.unwrap_or_else(|_| {
                Err(StorageError::Failed("the server is shutting down".to_owned()).into())
            });
            let known = known.map_err(|error| {
                StorageError::Failed(format!("the directory does not answer: {error}"))
            })?;
            mentioned.values_mut().for_each(|to| to.retain(|who| known.contains(who)));
            let policy = self.hub.policy(site).await.unwrap_or_default();
            live.authority.follow(admission, &known, &policy, self.hub.now(), &mut self.dice);
        }
        let at = live.authority.summary().at;
        let kind = NotificationKind::Mention;
        let of_note = |(message, to)| Notified { kind, message: Some(message), to, at };
        let mut notified: Vec<_> = mentioned.into_iter().map(of_note).collect();
        notified.extend(given(admission, live.authority.assignee()).map(|to| Notified {
            kind: NotificationKind::Assigned,
            message: None,
            to,
            at,
        }));
        Ok(notified)
    }
}

/// Whom the words of each note mention, its author excepted. A note that mentions nobody stands
/// there too: it may have mentioned somebody before it was edited.
fn mentioned(admission: &Admission) -> BTreeMap<MessageId, BTreeSet<ParticipantId>> {
    let notes = admission.words.iter().filter(|(kind, _)| *kind == DocumentKind::Team);
    notes
        .map(|(_, words)| {
            let mut to = words.read().map(|body| mentions(&body.text)).unwrap_or_default();
            to.remove(&words.author);
            (words.message, to)
        })
        .collect()
}

/// Who is to be told that the conversation is theirs: nobody who has taken it, and nobody any more
/// once it is somebody else's. None where it did not change hands.
fn given(
    admission: &Admission,
    assignee: Option<ParticipantId>,
) -> Option<BTreeSet<ParticipantId>> {
    let server = Principal::SERVER.participant;
    let assigns = |operation: &Operation| matches!(operation, Operation::Assign { .. });
    let mut rows = admission.rows.iter().rev().filter(|row| assigns(&row.operation));
    // The server repeats what it has accepted, and releases.
    let by = rows.clone().find(|row| row.submitted_by != server).or_else(|| rows.next())?;
    let given = assignee.filter(|to| *to != by.submitted_by && by.submitted_by != server);
    Some(given.into_iter().collect())
}

/// Those of some who are agents of a site and not disabled.
fn agents_of(
    directory: &Directory,
    site: SiteId,
    some: &BTreeSet<ParticipantId>,
) -> Result<BTreeSet<ParticipantId>, DirectoryError> {
    let mut known = BTreeSet::new();
    for &participant in some {
        let agent = directory.agent(participant)?;
        let answers = agent.is_some_and(|agent| {
            !agent.disabled && (agent.role.sees_all_sites() || agent.sites.contains(&site))
        });
        if answers {
            known.insert(participant);
        }
    }
    Ok(known)
}
