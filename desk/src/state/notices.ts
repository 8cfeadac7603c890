/** What this agent is told that concerns them: mentions, and conversations given to them. */

import { computed, effect, type ReadonlySignal } from "@preact/signals";
import type { ConversationId, Notification } from "@rejoinder/client";
import { Cached } from "../api/cached.js";
import { markRead, notified } from "../api/endpoints.js";
import type { Notified } from "../api/shapes.js";
import { isWatching } from "./attention.js";
import type { Desk } from "./desk.js";
import type { Disposer } from "./readable.js";
import { selected } from "./route.js";

export class Notices {
  readonly unread: ReadonlySignal<Notification[]>;
  /** Also those that were read, as far as the server told. */
  readonly all: Cached<Notified[]>;
  readonly mentioned: ReadonlySignal<ReadonlySet<ConversationId>>;
  readonly unreadMentions: ReadonlySignal<ReadonlySet<ConversationId>>;
  readonly #desk: Desk;
  readonly #stop: Disposer;
  /** On their way to the server: not to be sent with every change of what is shown. */
  readonly #told = new Set<number>();

  constructor(desk: Desk, unread: ReadonlySignal<Notification[]>) {
    this.#desk = desk;
    this.unread = unread;
    this.all = new Cached({ ask: () => notified(desk.directory.requests) });
    this.unreadMentions = computed(() => mentions(unread.value));
    this.mentioned = computed(() => new Set([
      ...this.unreadMentions.value, ...mentions(this.all.state.value.value ?? []),
    ]));
    const stopAsking = effect(() => {
      unread.value;
      if (desk.connection.value === "live") {
        void this.all.refresh();
      }
    });
    // Who looks at a conversation has read what led there.
    const stopReading = effect(() => {
      const id = selected.value;
      const seen = unread.value.filter(({ conversation }) => conversation === id);
      if (seen.length > 0 && isWatching.value && desk.connection.value === "live") {
        void this.read(seen);
      }
    });
    this.#stop = () => {
      stopAsking();
      stopReading();
    };
  }

  async read(notifications: Notification[]): Promise<void> {
    const numbers = notifications.map(({ number }) => number)
      .filter((number) => !this.#told.has(number));
    if (numbers.length === 0) {
      return;
    }
    for (const number of numbers) {
      this.#told.add(number);
    }
    try {
      await markRead(this.#desk.directory.requests, numbers);
    } catch {
      // They stay unread, and are told again with the next look.
      for (const number of numbers) {
        this.#told.delete(number);
      }
    }
  }

  dispose(): void {
    this.#stop();
  }
}

function mentions(all: Notification[]): ReadonlySet<ConversationId> {
  return new Set(all.filter(({ kind }) => kind === "mention")
    .map(({ conversation }) => conversation));
}
