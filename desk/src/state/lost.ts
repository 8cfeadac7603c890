/**
 * Work in conversations that this agent sees no more, such as of a site that they were taken off
 * while they were offline. The inbox has no row for them, so they are remembered by their ids
 * until nothing of one's own is left there to decide.
 */

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { ConversationId, ConversationView, InboxRow } from "@rejoinder/client";
import type { Kept } from "../api/kept.js";
import type { Disposer } from "./readable.js";

const KEY = "lost work";
const SETTLED_MILLIS = 3_000;

export class LostWork {
  readonly all = signal<ConversationId[]>([]);
  readonly #kept: Promise<Kept>;
  readonly #stops: Disposer[];
  /** Those of the inbox with something that waits, or waits for a decision. */
  #unsent = new Set<ConversationId>();
  /** The one that was last seen with something to decide. */
  #decided: ConversationId | null = null;

  constructor(
    rows: ReadonlySignal<InboxRow[]>, view: ReadonlySignal<ConversationView | null>,
    kept: Promise<Kept>,
  ) {
    this.#kept = kept;
    void this.#restore();
    this.#stops = [
      effect(() => this.#compare(rows.value)),
      effect(() => this.#settle(view.value)),
    ];
  }

  dispose(): void {
    for (const stop of this.#stops) {
      stop();
    }
  }

  /** Between the server's answers a view may be empty for a moment: that settles nothing. */
  #settle(view: ConversationView | null): (() => void) | undefined {
    const id = view?.timeline.conversation;
    if (!view || id === undefined || view.row !== null || !this.all.peek().includes(id)) {
      return undefined;
    }
    if (!isSettled(view)) {
      this.#decided = id;
      return undefined;
    }
    const drop = () => this.#set(this.all.peek().filter((one) => one !== id));
    const timer = setTimeout(drop, this.#decided === id ? 0 : SETTLED_MILLIS);
    return () => clearTimeout(timer);
  }

  #compare(rows: InboxRow[]): void {
    const before = this.#unsent;
    this.#unsent = new Set(rows.filter(({ waiting, attention }) => waiting + attention > 0)
      .map(({ conversation }) => conversation));
    if (before.size + this.all.peek().length === 0) {
      return;
    }
    const here = new Set(rows.map(({ conversation }) => conversation));
    const gone = [...before].filter((id) => !here.has(id));
    const all = [...new Set([...this.all.peek(), ...gone])];
    this.#set(all.filter((id) => !here.has(id)));
  }

  #set(all: ConversationId[]): void {
    const before = this.all.peek();
    if (all.length === before.length && all.every((id) => before.includes(id))) {
      return;
    }
    this.all.value = all;
    void this.#kept.then((kept) => kept.write(KEY, all)).catch(() => undefined);
  }

  async #restore(): Promise<void> {
    const stored = await this.#kept.then((kept) => kept.read(KEY)).catch(() => undefined);
    if (Array.isArray(stored)) {
      this.all.value = [...new Set([...stored.filter((id) => typeof id === "string"),
        ...this.all.peek()])];
    }
  }
}

/** Whether nothing of one's own is left there to be sent or decided. */
export function isSettled({ timeline, team, outbox }: ConversationView): boolean {
  const messages = [...timeline.messages, ...team?.notes ?? []];
  return outbox.length === 0
    && messages.every(({ delivery }) => delivery === "sent" || delivery === "seen");
}
