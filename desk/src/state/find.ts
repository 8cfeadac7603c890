/** The search inside the conversation on screen: what is looked for, and at which hit one is. */

import { computed, effect, signal } from "@preact/signals";
import type { ConversationId, MessageId } from "@rejoinder/client";
import { find } from "../model/find.js";
import { merge } from "../model/timeline.js";
import type { Desk } from "./desk.js";
import type { Disposer } from "./readable.js";
import { go, selected } from "./route.js";

/** Null while nobody searches. It is in no address and is kept nowhere. */
export const query = signal<string | null>(null);
const at = signal<MessageId | null>(null);

export class Finder {
  readonly hits;
  /** Where among the hits one is, from 0; null without any. */
  readonly place;
  readonly #stop: Disposer;

  constructor(desk: Desk) {
    this.hits = computed(() => {
      const view = desk.view.value;
      return query.value === null || view === null || view.freshness === "checking" ? []
        : find(merge(view), query.value);
    });
    this.place = computed(() => {
      const hits = this.hits.value;
      // A hit that was recalled meanwhile gives way to the newest.
      const found = at.value === null ? -1 : hits.indexOf(at.value);
      return hits.length === 0 ? null : found === -1 ? hits.length - 1 : found;
    });
    this.#stop = effect(() => {
      selected.value;
      closeFind();
    });
  }

  get current(): MessageId | null {
    return this.place.value === null ? null : this.hits.value[this.place.value] ?? null;
  }

  go(step: 1 | -1): void {
    const { value: hits } = this.hits;
    if (this.place.value !== null) {
      at.value = hits[(this.place.value + step + hits.length) % hits.length] ?? null;
    }
  }

  dispose(): void {
    this.#stop();
  }
}

export function look(text: string): void {
  query.value = text;
  at.value = null;
}

/** Opens a conversation at a message that was found elsewhere. */
export function showFound(conversation: ConversationId, text: string, message: MessageId): void {
  go({ page: "inbox", conversation });
  query.value = text;
  at.value = message;
}

export function openFind(): void {
  query.value ??= "";
}

export function closeFind(): void {
  query.value = null;
  at.value = null;
}
