/**
 * The views of the conversations that were looked at last. They go on being followed for a while,
 * so that going back to one shows it at once, and as it is now.
 */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Client, ConversationId, ConversationView } from "@rejoinder/client";
import { steady } from "../model/timeline.js";

/** How many are followed; the client has room for few beside those of the inbox. */
const KEPT = 6;

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

  #follow(id: ConversationId): Kept {
    const view = signal<ConversationView | null>(null);
    const stop = this.#client.conversation(id).view.subscribe((value) => {
      view.value = steady(view.peek(), value);
    });
    return { view, stop };
  }
}
