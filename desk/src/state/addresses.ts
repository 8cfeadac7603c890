/**
 * Object URLs of attachments, for as long as something shows them. The last one to let go of a
 * file takes its bytes off the page: after a recall nothing shows it any more.
 */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { AttachmentId, ConversationId, DocumentKind, MessageId } from "@rejoinder/client";
import { waitAfter, whyNotThere } from "@rejoinder/client/fetching";

export type Shown =
  | { state: "fetching" }
  | { state: "there"; address: string; blob: Blob }
  /** Its author is still sending it: it is tried again. */
  | { state: "waiting" }
  /** The server did not take it. */
  | { state: "refused" }
  /** It is tried again with the connection. */
  | { state: "offline" }
  | { state: "gone" }
  | { state: "failed" };

/** The message that a file is of. */
export interface FilePlace {
  conversation: ConversationId;
  kind: DocumentKind;
  message: MessageId;
}

export interface Held {
  readonly shown: ReadonlySignal<Shown>;
  /** Tries at once what failed. */
  again: () => void;
  release: () => void;
}

export interface Around {
  fetch: (at: FilePlace, attachment: AttachmentId) => Promise<Blob>;
  isLive: () => boolean;
  make: (blob: Blob) => string;
  revoke: (address: string) => void;
}

/** Pictures that are asked for at a time: the server gives few to everybody together. */
const AT_A_TIME = 4;
export const FETCHING: Shown = { state: "fetching" };

interface Entry {
  /** Message and attachment: two messages may claim one attachment. */
  key: string;
  at: FilePlace;
  attachment: AttachmentId;
  holders: number;
  shown: Signal<Shown>;
  tries: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class Addresses {
  readonly #around: Around;
  readonly #entries = new Map<string, Entry>();
  readonly #queue = new Set<Entry>();
  #busy = 0;

  constructor(around: Around) {
    this.#around = around;
  }

  hold(at: FilePlace, attachment: AttachmentId): Held {
    const key = `${at.message} ${attachment}`;
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = {
        key, at, attachment, holders: 0, shown: signal(FETCHING), tries: 0, timer: undefined,
      };
      this.#entries.set(key, entry);
      this.#ask(entry);
    }
    const held = entry;
    held.holders += 1;
    let released = false;
    return {
      shown: held.shown,
      again: () => this.#retry(held),
      release: () => {
        if (!released) {
          released = true;
          held.holders -= 1;
          if (held.holders === 0) {
            this.#drop(held);
          }
        }
      },
    };
  }

  /** There is a connection again: what needed it is tried. */
  live(): void {
    for (const entry of this.#entries.values()) {
      if (["offline", "waiting"].includes(entry.shown.peek().state)) {
        this.#retry(entry);
      }
    }
  }

  dispose(): void {
    for (const entry of [...this.#entries.values()]) {
      this.#drop(entry);
    }
  }

  #drop(entry: Entry): void {
    clearTimeout(entry.timer);
    this.#queue.delete(entry);
    this.#entries.delete(entry.key);
    const shown = entry.shown.peek();
    entry.shown.value = { state: "gone" };
    if (shown.state === "there") {
      this.#around.revoke(shown.address);
    }
  }

  #retry(entry: Entry): void {
    const { state } = entry.shown.peek();
    if (this.#isHeld(entry) && state !== "there" && state !== "fetching") {
      clearTimeout(entry.timer);
      this.#ask(entry);
    }
  }

  /** One that was let go of and is held again is another one. */
  #isHeld(entry: Entry): boolean {
    return this.#entries.get(entry.key) === entry;
  }

  #ask(entry: Entry): void {
    this.#queue.add(entry);
    this.#next();
  }

  #next(): void {
    const [entry] = this.#queue;
    if (entry && this.#busy < AT_A_TIME) {
      this.#queue.delete(entry);
      this.#busy += 1;
      void this.#fetch(entry).finally(() => {
        this.#busy -= 1;
        this.#next();
      });
      this.#next();
    }
  }

  async #fetch(entry: Entry): Promise<void> {
    try {
      const blob = await this.#around.fetch(entry.at, entry.attachment);
      if (this.#isHeld(entry)) {
        entry.shown.value = { state: "there", address: this.#around.make(blob), blob };
      }
    } catch (error) {
      if (this.#isHeld(entry)) {
        entry.shown.value = { state: whyNotThere(error) };
        this.#later(entry);
      }
    }
  }

  /** What is on its way, or what a busy server did not give, comes by and by. */
  #later(entry: Entry): void {
    const { state } = entry.shown.peek();
    if (state !== "waiting" && !(state === "offline" && this.#around.isLive())) {
      return;
    }
    entry.timer = setTimeout(() => this.#retry(entry), waitAfter(entry.tries));
    entry.tries += 1;
  }
}
