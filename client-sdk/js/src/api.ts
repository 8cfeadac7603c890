/** What applications hold: a client, its conversations, and values that tell of changes. */

import type {
  AttachmentId, CategoryId, CommandCode, Connection, ConversationId, ConversationView, DocumentId, DocumentKind,
  InboxRow, MessageId, Notification, Offer, OperationId, ParticipantId, Principal, Priority,
  Problem, Progress, Refusal, Role, Seq, SiteId, Status, Timestamp,
} from "./views.js";

/** A value that changes. A listener is called at once with what there is, and on every change. */
export interface Readable<T> {
  readonly value: T;
  subscribe(listener: (value: T) => void): () => void;
}

/** What proves who a client is, for its first contact; afterwards its store knows. */
export type Credential =
  | { visitor: SiteId }
  /** `code`: of those who have a second factor, after `code_needed` at the latest. */
  | { password: { email: string; password: string; code?: string } }
  | { token: string };

/**
 * Where a client keeps things.
 * - `durable`: words sealed in IndexedDB (Node: files), keys in a keyring overwritten in place.
 * - `outbox_only`: what waits to be sent is kept, sealed; words of others are in memory only.
 * - `memory`: closing the page loses what is not sent.
 */
export type StorageMode = "durable" | "outbox_only" | "memory";

export type Person = { id: ParticipantId; name: string; role: Role; online: boolean };
/** Names, which no document holds. Visitors learn of their site's agents only. */
export type People = {
  agents: Person[];
  sites: { id: SiteId; name: string }[];
  /** When the server said so; null before it ever did. */
  fetched_at: Timestamp | null;
};

/** A file to send: the ending of its name says what it is. */
export type FileToSend = { name: string; data: Blob };

/** An attachment on its way to the server: its message goes at once, its bytes follow. */
export type Upload = { attachment: AttachmentId; sent: number; bytes: number };

/**
 * Why the server did not take a file.
 * - `full`: the conversation holds as many files as one may.
 * - `invalid`: its bytes are not those that its message describes.
 * - `blocked`: nothing more is taken from this visitor.
 * - `not_allowed`: the message is another's.
 * - `too_large`: something on the way takes none that is so large.
 * - `refused`: something on the way takes none of this kind, or none at all.
 */
export type FileRefusal =
  | "full" | "invalid" | "blocked" | "not_allowed" | "too_large" | "refused";

export interface ConnectOptions {
  /** Where the server is: `https://chat.example`. */
  server: string;
  credential?: Credential;
  /** Names the store, on this origin: one for each person who uses it. */
  profile: string;
  /** Keep nothing but in memory. */
  memory?: boolean;
  /** Whether to connect at once (the default) or only after `goOnline`. */
  network?: "online" | "offline";
  /**
   * Makes the worker that the core runs in, from `@rejoinder/client/worker`: see `workerFrom`. A
   * browser needs it; in Node there is none.
   */
  worker?: () => Worker;
  /**
   * How many of the newest conversations are followed from the start, so that they are there at
   * once and can be read without a network: 0 unless given, 100 at most.
   */
  followNewest?: number;
}

/** What happens. None of it holds words. */
export interface ClientEvents {
  recalled: { document: DocumentId; message: MessageId };
  edit_superseded: { document: DocumentId; message: MessageId };
  refused: { document: DocumentId; operation: OperationId; code: Refusal };
  collided: { document: DocumentId; operation: OperationId };
  progress: Progress;
  moved: { from: ConversationId; to: ConversationId };
  /** A waiting conversation is offered to this agent that was not a moment ago. */
  offer: Offer;
  /** This agent is notified of something, or learns of it late. */
  notification: Notification;
  removed: { document: DocumentId };
  /**
   * An attachment of this client is not taken, and is sent no more: its message stands without it
   * until it is taken out by `detach`.
   */
  file_refused: { attachment: AttachmentId; reason: FileRefusal };
  unreachable: { reason: string };
  problem: { document: DocumentId | null; reason: Problem; retry_after_millis: number | null };
  /** The store failed or ran full; what it has is kept. */
  store: { reason: string };
  /** The core trapped and was started again from its store. */
  restarted: { reason: string };
  wiped: Record<string, never>;
  traffic: Traffic;
}

/** A frame that went by: which, how large; never what it says. */
export type Traffic = {
  at: Timestamp; direction: "sent" | "received"; frame: string; bytes: number;
  document: DocumentId | null;
};

export type ErrorCode =
  | CommandCode | "refused" | "no_contact" | "unsent" | "offline" | "wiped" | "closed" | "store"
  | "address" | "unsupported" | "malformed" | "too_many_open"
  /** Whoever wrote the message is still sending the file. */
  | "file_waiting"
  /** The server did not take the file: whoever wrote the message was told why. */
  | "file_not_taken"
  /** The browser does not give the bytes of a file that was picked: it was moved, or changed. */
  | "file_unreadable";

export interface Client {
  /** Resolves when the store is open and what it has can be shown. */
  readonly ready: Promise<void>;
  /** Who this is; null before the first contact. */
  readonly identity: Readable<{ principal: Principal; site: SiteId | null } | null>;
  readonly connection: Readable<Connection>;
  readonly storage: Readable<StorageMode>;
  /** Operations that wait for a fate. */
  readonly waiting: Readable<number>;
  /** Newest first. */
  readonly inbox: Readable<InboxRow[]>;
  readonly people: Readable<People>;
  /** What this agent could take now, what has waited longest first; taking it is `claim`. */
  readonly offers: Readable<Offer[]>;
  /** What this agent was notified of and has not read, newest first. */
  readonly notifications: Readable<Notification[]>;
  /** What this client attached and the server does not have yet. */
  readonly uploads: Readable<Upload[]>;
  /** Waits for the first contact; answers at once when there was one. Default: 30 s. */
  contact(timeoutMillis?: number): Promise<Principal>;
  /** Waits until the connection is live and nothing waits for a fate. */
  settled(timeoutMillis?: number): Promise<void>;
  /** A visitor begins a conversation, without a network too. */
  begin(): Promise<Conversation>;
  /** A handle; handles to one conversation are one. */
  conversation(id: ConversationId): Conversation;
  /** What proves who this is: whoever has it is them. */
  token(): Promise<string | null>;
  on<K extends keyof ClientEvents>(event: K, listener: (event: ClientEvents[K]) => void): () => void;
  goOffline(): Promise<void>;
  goOnline(): Promise<void>;
  logOut(unsent: "keep" | "lose"): Promise<void>;
  /** Ends it; the store can be opened again. */
  close(): Promise<void>;
}

export interface Conversation {
  readonly id: ConversationId;
  /** Null until it was read from the store, and after it was erased from this device. */
  readonly view: Readable<ConversationView | null>;
  /** Where it went: a visitor's words to a closed conversation go into its follow-up. */
  send(
    text: string,
    files?: FileToSend[],
  ): Promise<{ conversation: ConversationId; message: MessageId }>;
  note(text: string, files?: FileToSend[]): Promise<MessageId>;
  /** The bytes of an attachment: for showing, not for keeping; a recall takes them back. */
  file(message: MessageId, attachment: AttachmentId, kind?: DocumentKind): Promise<Blob>;
  /** Puts another text in place; attachments stay. */
  edit(message: MessageId, text: string, kind?: DocumentKind): Promise<void>;
  /** Takes a file out of a message, by an edit: text and other files stay, one of them at least. */
  detach(message: MessageId, attachment: AttachmentId, kind?: DocumentKind): Promise<void>;
  recall(message: MessageId, kind?: DocumentKind): Promise<void>;
  claim(): Promise<OperationId>;
  assign(to: ParticipantId | null): Promise<OperationId>;
  close(): Promise<OperationId>;
  setStatus(status: Status): Promise<OperationId>;
  setPriority(priority: Priority): Promise<OperationId>;
  setCategory(category: CategoryId | null): Promise<OperationId>;
  setCollaborator(participant: ParticipantId, follows: boolean): Promise<OperationId>;
  /** Sends what collided, or was refused, anyway. */
  sendAnyway(operation: OperationId, kind?: DocumentKind): Promise<void>;
  /** Gives it up; its words are erased. */
  discard(operation: OperationId, kind?: DocumentKind): Promise<void>;
  /** Keeps what was typed; an empty text erases it. */
  setDraft(text: string, place?: { kind?: DocumentKind; message?: MessageId }): Promise<void>;
  markSeen(seq: Seq): Promise<void>;
  /** Call at every key: told at most every four seconds. */
  typing(): Promise<void>;
  viewing(): Promise<void>;
  idle(): Promise<void>;
  /** Asks for words of older messages: those of the newest `messages` are to be here. */
  widen(messages: number): Promise<void>;
}

/** Why a call was not carried out. Nothing was changed and nothing is lost. */
export class RejoinderError extends Error {
  override readonly name = "RejoinderError";
  /** `file`: which of the files that were to be sent it is about, from 0. */
  constructor(readonly code: ErrorCode, message: string, readonly file: number | null = null) {
    super(message);
  }
}
