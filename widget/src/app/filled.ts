import { effect, untracked } from "@preact/signals";
import type { Client, Conversation } from "@rejoinder/client";
import type { Thread } from "./thread";

const KEEP_AFTER_MILLIS = 400;
/** Where it stands among a conversation's drafts: as if of a message, and no message has this id. */
const PLACE = "f0f0f0f0-f0f0-8f0f-8f0f-f0f0f0f0f0f0";

/** Not known: it is kept anew. */
const UNKNOWN = "\0";

/** What was filled into forms, kept as a text where drafts are: sealed, and gone with a log-out. */
export class Filled {
  readonly #thread: Thread;
  readonly #read: () => string;
  readonly #take: (text: string) => void;
  /** Whose client it was that read or kept it. */
  #client: Client | null = null;
  #where: Conversation | null = null;
  #kept = "";
  #timer = 0;

  constructor(thread: Thread, read: () => string, take: (text: string) => void) {
    this.#thread = thread;
    this.#read = read;
    this.#take = take;
    effect(() => this.#restore());
    effect(() => {
      // Where there was nowhere to keep it, there may be from now on.
      const knows = thread.session.principal.value !== null && this.#isRead;
      const isNew = read() !== this.#kept;
      clearTimeout(this.#timer);
      if (knows && isNew)
        this.#timer = window.setTimeout(() => void this.keep(), KEEP_AFTER_MILLIS);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") void this.keep();
    });
    window.addEventListener("pagehide", () => void this.keep());
  }

  /** Keeps it now; once it is known where, before this returns: a page may be going. */
  async keep(): Promise<void> {
    clearTimeout(this.#timer);
    const { session } = this.#thread;
    const client = session.client.value;
    if (!client || !session.principal.value || !this.#isRead) return;
    this.#meet(client);
    if (this.#read() === this.#kept) return;
    try {
      this.#where ??= await this.#thread.ensure();
      const text = this.#read();
      // Whoever filled it in may have gone meanwhile.
      if (this.#client !== client || text === this.#kept) return;
      const kept = this.#where.setDraft(text, { message: PLACE });
      this.#kept = text;
      await kept;
    } catch {
      // It is still in its fields; a store that is full is told by its own event.
      this.#kept = UNKNOWN;
    }
  }

  /** Whoever filled it in is gone. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#client = null;
  }

  /** Whether what was kept has been read: before, it would be overwritten. */
  get #isRead(): boolean {
    const { current, view } = this.#thread;
    return current.value === null || view.value !== null;
  }

  #restore(): void {
    const client = this.#thread.session.client.value;
    if (!client) return;
    for (const [id, view] of this.#thread.views.value) {
      const draft = view?.drafts.find((one) => one.message === PLACE);
      this.#meet(client);
      if (!draft || this.#where) continue;
      this.#where = client.conversation(id);
      this.#kept = draft.text;
      untracked(() => this.#take(draft.text));
    }
  }

  /** Another client is another store, or another person's. */
  #meet(client: Client): void {
    if (this.#client === client) return;
    this.#client = client;
    this.#where = null;
    this.#kept = "";
  }
}
