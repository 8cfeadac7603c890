/**
 * The views of the conversations that were looked at last. They go on being followed for a while,
 * so that going back to one shows it at once, and as it is now.
 */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Client, ConversationId, ConversationView } from "@rejoinder/client";

/** How many are followed; the client has room for few beside those of the inbox. */
const KEPT = 6;
/** How long a followed conversation may take to be told anew. */
const PATIENCE_MILLIS = 250;

interface Kept {
  view: Signal<ConversationView | null>;
  stop: () => void;
}

export class Views {
  readonly #client: Client;
  readonly #kept = new Map<ConversationId, Kept>();

  constructor(client: Client) {
    this.#client = client;
  }

  of(id: ConversationId): ReadonlySignal<ConversationView | null> {
    const kept = this.#kept.get(id) ?? this.#follow(id);
    // The one looked at last is the last to go.
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    for (const [other, { stop }] of this.#kept) {
      if (this.#kept.size <= KEPT) {
        break;
      }
      stop();
      this.#kept.delete(other);
    }
    return kept.view;
  }

  dispose(): void {
    for (const { stop } of this.#kept.values()) {
      stop();
    }
    this.#kept.clear();
  }

  /**
   * What a handle has at first may be from when it was last followed, with words that were
   * recalled since: it is passed over for what the client tells anew. Where somebody else on this
   * page follows it too, it is not told again, and what there is, is current.
   */
  #follow(id: ConversationId): Kept {
    const { view: readable } = this.#client.conversation(id);
    const view = signal<ConversationView | null>(null);
    const timer = setTimeout(() => {
      view.value = readable.value;
    }, PATIENCE_MILLIS);
    let first = true;
    const unfollow = readable.subscribe((value) => {
      if (first) {
        first = false;
        return;
      }
      clearTimeout(timer);
      view.value = value;
    });
    return { view, stop: () => {
      clearTimeout(timer);
      unfollow();
    } };
  }
}
