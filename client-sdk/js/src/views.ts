/**
 * The shapes of what is shown, as the core serialises them. Codes and bounds are generated from the
 * core; `tests/samples.ts`, which is generated too, fails to compile when a shape here is another.
 */

import type {
  AgentRole, Kind, Notice, NotificationKind, Priority, Refusal, Source, Status,
} from "./generated.js";

export * from "./generated.js";

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
export type Role = "visitor" | { agent: AgentRole } | "assistant" | "server";
export type Principal = { participant: ParticipantId; former: ParticipantId[]; role: Role };
export type Connection = "offline" | "syncing" | "live";
export type Signal = "viewing" | "typing" | "idle" | { seen: Seq };
export type ParticipantSignal = { participant: ParticipantId; signal: Signal };


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
export type TeamRow = {
  seq: Seq; priority: Priority | null; category: CategoryId | null;
  collaborators: ParticipantId[];
};
export type FeedRow = {
  conversation: ConversationId; site: SiteId; visitor: ParticipantId; status: Status;
  closed: boolean; assignee: ParticipantId | null; timeline: Seq; newest: NewestMessage | null;
  at: Timestamp; follows: ConversationId | null; team: TeamRow | null;
};
/** A waiting conversation that is offered to this agent: alone until then, or to all for null. */
export type Offer = { conversation: ConversationId; until: Timestamp | null };
/** Something that this agent is to look at; what it is about holds the words. */
export type Notification = {
  number: number; conversation: ConversationId; kind: NotificationKind;
  /** The note, in the team document. */
  message: MessageId | null;
  at: Timestamp;
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
