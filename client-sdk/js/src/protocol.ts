/** What a page and the host of its core say to each other. */

import type {
  ClientEvents, Credential, ErrorCode, FileToSend, People, StorageMode, Upload,
} from "./api.js";
import type { RowChanges } from "./host/rows.js";
import type {
  AttachmentId, Connection, ConversationId, ConversationView, DocumentId, InboxRow, MessageId, Notification, Offer, Principal, SiteId,
} from "./views.js";

/** What a worker is started with. */
export interface Start {
  server: string;
  profile: string;
  memory: boolean;
  followNewest: number;
  network: "online" | "offline";
  credential: Credential | null;
}

export type Identity = { principal: Principal; site: SiteId | null };

/** Values that a host tells, and tells again when they change. */
export interface Topics {
  identity: Identity | null;
  connection: Connection;
  storage: StorageMode;
  waiting: number;
  inbox: InboxRow[];
  people: People;
  offers: Offer[];
  notifications: Notification[];
  uploads: Upload[];
}

/** What every tab is told from its arrival on. */
export const TOPICS: readonly (keyof Topics)[] = [
  "identity", "connection", "storage", "waiting", "inbox", "people", "offers", "notifications",
  "uploads",
];

/** A topic's name: one of {@link Topics}, or a conversation's id. */
export type Topic = keyof Topics | `conversation:${ConversationId}`;

export type Call =
  | { call: "command"; command: unknown }
  | {
      call: "send"; as: "send" | "note"; conversation: ConversationId; message: MessageId;
      text: string; files: FileToSend[];
    }
  | { call: "file"; document: DocumentId; message: MessageId; attachment: AttachmentId }
  | { call: "token" }
  | { call: "network"; wanted: "online" | "offline" }
  | { call: "log_out"; unsent: "keep" | "lose" }
  | { call: "wipe" }
  | { call: "settled" };

export type ToHost =
  | { kind: "hello"; start: Start }
  | { kind: "subscribe"; topic: Topic }
  | { kind: "unsubscribe"; topic: Topic }
  /** A tab that said hello to another host is here, too. */
  | { kind: "here"; start: Start }
  /** `again`: it may have been carried out by a host that is gone. */
  | { kind: "call"; id: number; call: Call; again: boolean }
  /** The page says what its browser says of the network. */
  | { kind: "line"; online: boolean }
  | { kind: "bye" };

/** What a page says to a worker of its own. */
export type ToWorker =
  | ToHost
  /** The core's program; null where the page could not get it, and the worker is to try. */
  | { kind: "core"; module: WebAssembly.Module | null };

export type HostEvent = {
  [K in keyof ClientEvents]: { name: K; detail: ClientEvents[K] };
}[keyof ClientEvents];

export type FromHost =
  /** A worker runs, and has heard who is here. */
  | { kind: "awake" }
  /** A host is there, perhaps another one than before: say everything again. */
  | { kind: "ready" }
  | { kind: "topic"; topic: keyof Topics; value: Topics[keyof Topics] }
  /** What of the topic `inbox` has changed since it was told. */
  | { kind: "rows"; changes: RowChanges }
  | { kind: "view"; conversation: ConversationId; view: ConversationView | null }
  | { kind: "answer"; id: number; made: unknown }
  | { kind: "fault"; id: number; code: ErrorCode; message: string; file?: number }
  | { kind: "event"; event: HostEvent }
  /** The core trapped: start another worker. */
  | { kind: "trapped"; reason: string }
  /** The store cannot be opened, or the browser lacks what is needed. */
  | { kind: "failed"; code: ErrorCode; message: string };
