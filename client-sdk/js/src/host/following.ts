/** Which conversations are followed: those that somebody looks at, and those of the inbox. */

import type { ConversationId, DocumentId } from "../views.js";
import type { Topic } from "../protocol.js";
import { after, type Table } from "../store/table.js";
import type { Core, Step } from "./core.js";
import type { Tabs } from "./tabs.js";

/** Conversations at most that are followed though nobody looks at them. */
const FOLLOWED = 100;
/** Documents that stay free for conversations that are opened. */
const ROOM = 16;
/** Milliseconds that a conversation nobody looks at is still followed. */
const LINGER_MILLIS = 30_000;

/** What it takes of the host around. */
export interface Around {
  core(): Core;
  table: Table;
  tabs: Tabs;
  /** How many of the newest conversations are followed though nobody looks at them. */
  followsNewest: number;
  documentPrefix(document: string): Uint8Array;
  carryOut(step: Step): Promise<void>;
  input(run: () => Promise<void>): void;
  /** A document was opened: what is shown of it changes once the server had time to answer. */
  opened(): void;
}

export class Following {
  readonly #around: Around;
  /** Conversations that are followed, the one used last at the end. */
  readonly #used = new Set<ConversationId>();
  #ended = false;
  /** The newest, which are followed in any case. */
  #newest: ReadonlySet<ConversationId> = new Set();
  readonly #lingering = new Map<ConversationId, ReturnType<typeof setTimeout>>();

  constructor(around: Around) {
    this.#around = around;
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#lingering.values()) clearTimeout(timer);
  }

  async load(document: DocumentId): Promise<void> {
    const { conversation } = document;
    if (!this.#used.has(conversation)) {
      // For its outbox, say: nobody has asked for it.
      this.#used.add(conversation);
      this.linger(`conversation:${conversation}`);
    }
    const name = JSON.stringify(document);
    const prefix = this.#around.documentPrefix(name);
    const rows = await this.#around.table.range(prefix, after(prefix));
    await this.#around.carryOut(this.#around.core().load(name, rows, Date.now()) as Step);
    this.#around.opened();
  }

  async open(conversation: ConversationId): Promise<void> {
    this.#used.delete(conversation);
    this.#used.add(conversation);
    const missing = JSON.parse(this.#around.core().missing(conversation)) as DocumentId[];
    if (missing.length > 0) await this.#makeRoom(missing.length, conversation);
    for (const document of missing) await this.load(document);
  }

  /** A connection follows so many documents: those that nobody looks at go first, oldest first. */
  async #makeRoom(documents: number, opening: ConversationId): Promise<void> {
    for (const id of [...this.#used]) {
      if (this.#around.core().room() >= documents) return;
      if (id === opening || this.#around.tabs.isWatched(`conversation:${id}`)) continue;
      await this.#leave(id);
    }
    if (this.#around.core().room() < documents) {
      throw JSON.stringify({
        code: "too_many_open",
        message: "too many conversations are open: close some",
      });
    }
  }

  /** Whether it is followed no longer: one with something in its outbox stays. */
  async #leave(conversation: ConversationId): Promise<boolean> {
    const core = this.#around.core();
    await this.#around.carryOut(core.leave(conversation, Date.now()) as Step);
    // Of an agent's two documents one may stay: it is left once what waits there has gone.
    if (core.follows(conversation)) return false;
    this.#used.delete(conversation);
    return true;
  }

  follow(topic: Topic): Promise<void> {
    const conversation = conversationOf(topic);
    if (conversation === null) return Promise.resolve();
    clearTimeout(this.#lingering.get(conversation));
    this.#lingering.delete(conversation);
    return this.open(conversation);
  }

  linger(topic: Topic): void {
    const conversation = conversationOf(topic);
    if (conversation === null || this.#ended) return;
    if (this.#around.tabs.isWatched(topic) || this.#newest.has(conversation)) return;
    const leave = () =>
      this.#around.input(async () => {
        this.#lingering.delete(conversation);
        if (this.#around.tabs.isWatched(topic) || this.#newest.has(conversation)) return;
        if (!(await this.#leave(conversation))) this.linger(topic);
      });
    clearTimeout(this.#lingering.get(conversation));
    this.#lingering.set(conversation, setTimeout(leave, LINGER_MILLIS));
  }

  /** Follows the newest conversations, as far as a connection may. */
  async followNewest(): Promise<void> {
    const count = Math.min(this.#around.followsNewest, FOLLOWED);
    if (count === 0) return;
    const rows = JSON.parse(this.#around.core().inbox()) as { conversation: string; closed: boolean }[];
    const newest = [...rows.filter((row) => !row.closed), ...rows.filter((row) => row.closed)];
    const former = this.#newest;
    this.#newest = new Set(newest.slice(0, count).map(({ conversation }) => conversation));
    // New ones need the room of those that are not among the newest any more.
    for (const id of former) if (!this.#newest.has(id)) this.linger(`conversation:${id}`);
    for (const conversation of this.#newest) {
      const missing = JSON.parse(this.#around.core().missing(conversation)) as DocumentId[];
      if (this.#around.core().room() - missing.length < ROOM) return;
      await this.open(conversation);
    }
  }
}

export function conversationOf(topic: Topic): ConversationId | null {
  return topic.startsWith("conversation:") ? topic.slice("conversation:".length) : null;
}
