//! How values of the core look in the description of REST: mirrors that nothing else uses.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::openapi::{Ref, RefOr, Response, ResponseBuilder, content::ContentBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::ApiError;

/// A UUID, hyphenated.
#[derive(ToSchema)]
#[schema(format = Uuid)]
pub struct Id(pub String);

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(ToSchema)]
pub struct Moment(pub i64);

/// An agent's role, from the narrowest to the widest.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what each may do")]
pub enum RoleName {
    SupportAgent,
    Agent,
    AccountManager,
    Supervisor,
    Admin,
    Owner,
}

/// The role of somebody who answers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonRole {
    /// A human.
    Agent(RoleName),
}

/// Which of a conversation's two documents.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what they are")]
pub enum Document {
    Timeline,
    Team,
}

/// Whose turn it is in an open conversation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what they are")]
pub enum ConversationStatus {
    ActiveAi,
    WaitingForHuman,
    ActiveHuman,
    AwaitingOfflineInfo,
}

/// How urgent a conversation is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what they are")]
pub enum ConversationPriority {
    Low,
    Medium,
    High,
    Urgent,
}

/// Who speaks in a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what they are")]
pub enum MessageKind {
    Visitor,
    Agent,
    Assistant,
    Note,
}

/// What a system message announces.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what they are")]
pub enum NoticeCode {
    Claimed,
    Released,
    Closed,
    RestoredToAi,
    Closing,
}

/// Why an agent is notified.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what they are")]
pub enum NotificationReason {
    Mention,
    Assigned,
}

/// Why a waiting conversation is not offered to an agent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the core says what they are")]
pub enum RoutingReason {
    Offline,
    Away,
    HumanSupportOff,
    NotAssigned,
    AtLimit,
    OfferedToAnother,
    SiteIsAssistantOnly,
}

/// A conversation as lists show it. Of words it names only the revision.
#[derive(ToSchema)]
#[expect(missing_docs, reason = "the core says what each is")]
pub struct ConversationRow {
    pub conversation: Id,
    pub site: Id,
    pub visitor: Id,
    pub status: ConversationStatus,
    pub closed: bool,
    pub assignee: Option<Id>,
    /// The end of the timeline's log.
    pub timeline: u64,
    /// The newest message that was not recalled.
    pub newest: Option<NewestRow>,
    /// When something last happened.
    pub at: Moment,
    /// The conversation that this one follows up.
    pub follows: Option<Id>,
    /// For agents only.
    pub team: Option<TeamPart>,
}

/// The message that an inbox previews.
#[derive(ToSchema)]
#[expect(missing_docs, reason = "the core says what each is")]
pub struct NewestRow {
    pub message: Id,
    pub kind: MessageKind,
    pub revision: Id,
}

/// What only agents learn of a conversation.
#[derive(ToSchema)]
#[expect(missing_docs, reason = "the core says what each is")]
pub struct TeamPart {
    /// The end of the team document's log.
    pub seq: u64,
    pub priority: Option<ConversationPriority>,
    pub category: Option<Id>,
    /// Who follows it.
    pub collaborators: Vec<Id>,
}

/// Something that an agent was notified of.
#[derive(ToSchema)]
pub struct ListedNotification {
    /// By which it is marked read; later ones are higher.
    pub number: u64,
    /// In which conversation.
    pub conversation: Id,
    /// Why.
    pub kind: NotificationReason,
    /// The note that it is about, if about one.
    pub message: Option<Id>,
    /// Since when.
    pub at: Moment,
    /// Whether it was read.
    pub read: bool,
}

/// A waiting conversation that is offered to an agent.
#[derive(ToSchema)]
pub struct OfferRow {
    /// Which.
    pub conversation: Id,
    /// Until when it is offered to them alone; null where all who could take it are told.
    pub until: Option<Moment>,
}

/// Which messages may be edited or recalled: `any`, the `last`, or for `minutes(15)` after they
/// were accepted.
#[derive(ToSchema)]
#[schema(pattern = r"^(any|last|minutes\(\d+\))$")]
pub struct WindowText(pub String);

impl IntoResponses for ApiError {
    /// Whatever goes wrong has one envelope; the status says which kind of thing it was.
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Failure"))).build();
        let response = ResponseBuilder::new()
            .description("Why it was not done: the code is for programs, the message for people.")
            .content("application/json", content)
            .build();
        BTreeMap::from([("default".to_owned(), response.into())])
    }
}

#[cfg(test)]
mod tests {
    use rejoinder_core::conversation::layout::{Kind, Notice, Priority, Status};
    use rejoinder_core::principal::AgentRole;
    use rejoinder_core::routing::Reason;
    use rejoinder_core::wire::NotificationKind;
    use serde::Serialize;
    use utoipa::PartialSchema;

    use super::{
        ConversationPriority, ConversationStatus, MessageKind, NoticeCode, NotificationReason,
        RoleName, RoutingReason,
    };

    /// The codes of a mirror are those of the core.
    fn mirrors<M: PartialSchema>(core: &[impl Serialize]) {
        let mirror = serde_json::to_value(M::schema()).unwrap();
        assert_eq!(mirror["enum"], serde_json::to_value(core).unwrap());
    }

    #[test]
    fn rt1_codes_are_the_cores() {
        mirrors::<ConversationStatus>(Status::ALL);
        mirrors::<ConversationPriority>(Priority::ALL);
        mirrors::<NoticeCode>(Notice::ALL);
        mirrors::<NotificationReason>(NotificationKind::ALL);
        mirrors::<RoleName>(&AgentRole::ALL);
        mirrors::<RoutingReason>(Reason::ALL);
        let kinds = [Kind::Visitor, Kind::Agent, Kind::Assistant, Kind::Note];
        mirrors::<MessageKind>(&kinds);
    }
}
