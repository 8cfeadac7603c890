// Written by `cargo test -p rejoinder-wasm`, which fails when it is out of date. Do not edit.

/** A UUID. */ export type SiteId = string;
/** A UUID. */ export type ParticipantId = string;
/** A UUID. */ export type ConversationId = string;
/** A UUID. */ export type MessageId = string;
/** A UUID. */ export type RevisionId = string;
/** A UUID. */ export type OperationId = string;
/** A UUID. */ export type CategoryId = string;
/** A UUID. */ export type AttachmentId = string;
/** A UUID. */ export type DeviceId = string;
/** Milliseconds since 1970-01-01T00:00:00Z. */ export type Timestamp = number;
/** A place in a document's log, from 1. */ export type Seq = number;

export type DocumentKind = "timeline" | "team";
export type DocumentId = { conversation: ConversationId; kind: DocumentKind };
export type AgentRole =
  | "support_agent" | "agent" | "account_manager" | "supervisor" | "admin" | "owner";
export type Role = "visitor" | { agent: AgentRole } | "assistant" | "server";
export type Principal = { participant: ParticipantId; former: ParticipantId[]; role: Role };
export type Connection = "offline" | "syncing" | "live";
export type Status = "active_ai" | "waiting_for_human" | "active_human" | "awaiting_offline_info";
export type Priority = "low" | "medium" | "high" | "urgent";
export type Notice = "claimed" | "released" | "closed" | "restored_to_ai";
export type Source = "visitor" | "agent" | "assistant" | "system" | "note";
export type Kind = "visitor" | "agent" | "assistant" | "note";
export type Signal = "viewing" | "typing" | "idle" | { seen: Seq };
export type ParticipantSignal = { participant: ParticipantId; signal: Signal };

export type Refusal =
  | "not_allowed" | "not_you" | "not_yours" | "unknown_message" | "recalled"
  | "conversation_closed" | "id_taken" | "words_missing" | "words_differ" | "text_too_long"
  | "malformed_words" | "hash_differs" | "foreign_actor" | "reused_seq" | "bad_dependencies"
  | "implausible_time" | "not_the_last" | "too_late" | "document_full" | "already_claimed"
  | "status_not_allowed" | "already_recalled" | "human_active" | "too_many";
export type Problem =
  | "version" | "credential" | "malformed" | "frame_too_large" | "out_of_turn"
  | "unknown_conversation" | "damaged_conversation" | "too_much" | "storage" | "busy" | "closing"
  | "timed_out" | "replaced" | "unknown_site";

export type Delivery =
  | "waiting" | "sent" | "seen"
  | { refused: { operation: OperationId; code: Refusal } }
  | { collided: { operation: OperationId } };
export type Attachment = {
  id: AttachmentId; name: string; media_type: string; bytes: number; digest: number[];
};
export type Body = { text: string; attachments?: Attachment[] };
export type Words =
  | { said: Body } | "absent" | "recalled"
  | { system: { notice: Notice; subject: ParticipantId | null } };
export type MessageView = {
  id: MessageId; author: ParticipantId; source: Source;
  composed_at: Timestamp; at: Timestamp | null; seq: Seq | null;
  words: Words; edited_at: Timestamp | null; delivery: Delivery; change: Delivery | null;
};
export type TimelineView = {
  conversation: ConversationId; status: Status; closed: boolean; assignee: ParticipantId | null;
  messages: MessageView[]; seq: Seq; waiting: number;
};
export type TeamView = {
  notes: MessageView[]; priority: Priority | null; category: CategoryId | null;
  collaborators: ParticipantId[]; waiting: number;
};
export type NewestMessage = { message: MessageId; kind: Kind; revision: RevisionId };
export type TeamRow = { seq: Seq; priority: Priority | null; category: CategoryId | null };
export type FeedRow = {
  conversation: ConversationId; site: SiteId; visitor: ParticipantId; status: Status;
  closed: boolean; assignee: ParticipantId | null; timeline: Seq; newest: NewestMessage | null;
  at: Timestamp; follows: ConversationId | null; team: TeamRow | null;
};
/** How far a recall is carried out: on `done` of `devices` devices. */
export type Progress = {
  document: DocumentId; message: MessageId; server: boolean; done: number; devices: number;
  longest_away: Timestamp | null;
};

/** How old what is shown may be. */
export type Freshness =
  /** Everything that the server has is here. */
  | "live"
  /** The server is being asked; words from before are not to be shown yet. */
  | "checking"
  /** There is no network, or a slow one: as of then, or null where it was never known. */
  | { as_of: Timestamp | null };
export type Draft = { kind: DocumentKind; message: MessageId | null; text: string };
/** An operation that waits, was refused, or collided, and is not a message's own sending. */
export type Pending = {
  operation: OperationId; kind: DocumentKind; what: PendingWhat; message: MessageId | null;
  delivery: Delivery;
};
export type PendingWhat =
  | "send" | "edit" | "recall" | "status" | "assign" | "close" | "priority" | "category"
  | "collaborator";
export type ConversationView = {
  timeline: TimelineView;
  /** For agents only. */
  team: TeamView | null;
  freshness: Freshness;
  drafts: Draft[];
  /** Who else is typing or viewing. */
  active: ParticipantSignal[];
  /** How far recalls are carried out, as far as told on this run. */
  recalls: Progress[];
  outbox: Pending[];
  /** Messages of others after the last one that this participant has seen. */
  unread: number;
  row: FeedRow | null;
};
export type Preview = { source: Source; words: "said" | "recalled" | "absent"; text: string };
export type InboxRow = {
  conversation: ConversationId;
  /** What the server last said; null for one that was begun here and has not arrived. */
  row: FeedRow | null;
  status: Status; closed: boolean; assignee: ParticipantId | null;
  /** When something last happened. */
  at: Timestamp;
  preview: Preview | null;
  unread: number;
  /** Operations that wait for a fate. */
  waiting: number;
  /** Operations that wait for a decision of their author: refused or collided. */
  attention: number;
};
export type CommandCode =
  | "empty" | "text_too_long" | "malformed_words" | "not_open" | "unknown_message" | "recalled"
  | "not_yours" | "closed" | "not_allowed" | "outbox_full" | "unknown_operation" | "no_identity";

export const LIMITS = { text_characters: 10_000, window_messages: 50 } as const;
