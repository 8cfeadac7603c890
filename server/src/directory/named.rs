//! Choices that have a name in storage, on the command line and in JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $one:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$what])* $one,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$one),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$one => $text,)* }
            }

            /// The one with this [`name`](Self::name).
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    )*};
}

named! {
    /// Who answers a site's visitors.
    SiteMode {
        /// The assistant, always.
        AssistantOnly = "assistant_only",
        /// Agents, from the first message on.
        #[default]
        LiveChat = "live_chat",
        /// The assistant, until a visitor asks for a human or the assistant for help.
        AssistantThenHuman = "assistant_then_human",
    }
    /// What a site's visitors meet while nobody is there.
    OfflineMode {
        /// A message.
        #[default]
        Message = "message",
        /// The message, and a form that asks how they can be reached.
        Form = "form",
    }
    /// What a visitor answers before they begin.
    PrechatKind {
        /// A line of text.
        #[default]
        Text = "text",
        /// An e-mail address, which becomes theirs.
        Email = "email",
        /// One of some.
        Choice = "choice",
    }
    /// How a site's waiting conversations find an agent.
    Routing {
        /// One agent is given each.
        Automatic = "automatic",
        /// All who could take one are told of it.
        #[default]
        PickUp = "pick_up",
    }
    /// Whether an agent takes conversations, as they set it themselves. One who set themselves
    /// online is available while they are connected.
    Availability {
        /// Takes conversations.
        #[default]
        Online = "online",
        /// Back soon; is given none.
        Away = "away",
        /// Is given none.
        Offline = "offline",
    }
    /// How urgent a ticket is.
    TicketPriority {
        /// Can wait.
        Low = "low",
        /// As usual.
        #[default]
        Medium = "medium",
        /// Soon.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
    /// What is to be done with a ticket.
    TicketStatus {
        /// To be worked on.
        #[default]
        Open = "open",
        /// Waits for somebody else.
        Pending = "pending",
        /// Done.
        Solved = "solved",
    }
    /// What a one-time link is for.
    LinkKind {
        /// Somebody who was added chooses their first password.
        #[default]
        Invite = "invite",
        /// Somebody who has one chooses another.
        Reset = "reset",
    }
    /// What a token is.
    TokenKind {
        /// Of a client that logged in.
        #[default]
        Session = "session",
        /// Of a program, made on the command line.
        Program = "program",
    }
    /// What was done, in the audit log.
    Action {
        /// A site was added.
        #[default]
        SiteAdded = "site_added",
        /// A site has other settings.
        SiteChanged = "site_changed",
        /// A site was deleted, with all that was said there.
        SiteDeleted = "site_deleted",
        /// An agent was added.
        AgentAdded = "agent_added",
        /// An agent has another name, role, password, other sites or another limit.
        AgentChanged = "agent_changed",
        /// An agent may no longer do anything.
        AgentDisabled = "agent_disabled",
        /// An agent who was disabled may work again.
        AgentEnabled = "agent_enabled",
        /// A link to choose a password was made.
        LinkMade = "link_made",
        /// A password was chosen by such a link.
        LinkUsed = "link_used",
        /// Such a link is worth nothing any more.
        LinkRevoked = "link_revoked",
        /// A token for a program was made.
        TokenMade = "token_made",
        /// A token was revoked, or a session ended, by somebody else than its bearer's client.
        TokenRevoked = "token_revoked",
        /// An agent has a second factor from now on.
        SecondFactorOn = "second_factor_on",
        /// An agent has no second factor any more.
        SecondFactorOff = "second_factor_off",
        /// An agent logged in by a recovery code in the place of their second factor.
        RecoveryCodeUsed = "recovery_code_used",
        /// A category was added.
        CategoryAdded = "category_added",
        /// A category has another name.
        CategoryChanged = "category_changed",
        /// A category was removed.
        CategoryRemoved = "category_removed",
        /// A canned response of a site was added.
        CannedResponseAdded = "canned_response_added",
        /// A canned response of a site was changed.
        CannedResponseChanged = "canned_response_changed",
        /// A canned response of a site was removed.
        CannedResponseRemoved = "canned_response_removed",
        /// A visitor has other details.
        VisitorChanged = "visitor_changed",
        /// A visitor may no longer write.
        VisitorBlocked = "visitor_blocked",
        /// A visitor may write again.
        VisitorUnblocked = "visitor_unblocked",
        /// A visitor was erased, with all that they wrote.
        VisitorErased = "visitor_erased",
        /// A message was recalled.
        MessageRecalled = "message_recalled",
    }
}
