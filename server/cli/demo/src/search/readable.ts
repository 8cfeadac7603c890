/** What an app can still show: words that its device has a key for. */

import type { Client, ConversationId, ConversationView } from "@rejoinder/client";

/** Newest conversations that are looked through. */
const CONVERSATIONS = 20;

/** How long a view may take to be read from its store, or to be made new. */
const PATIENCE_MILLIS = 400;

export interface Readable {
  /** Messages and notes with words. */
  readable: number;
  /** Of these and of drafts, those that hold the word. */
  holding: number;
  /** Messages that show as recalled. */
  recalled: number;
}

/** Follows the newest conversations: a view that nobody follows is as old as its last reader. */
export class Reader {
  readonly #client: Client;
  readonly #views = new Map<ConversationId, ConversationView | null>();
  readonly #stops: (() => void)[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  async search(word: string): Promise<Readable> {
    let fresh = false;
    for (const { conversation } of this.#client.inbox.value.slice(0, CONVERSATIONS)) {
      if (!this.#views.has(conversation)) {
        this.#follow(conversation);
        fresh = true;
      }
    }
    if (fresh) {
      await new Promise((resolve) => window.setTimeout(resolve, PATIENCE_MILLIS));
    }
    const sum: Readable = { readable: 0, holding: 0, recalled: 0 };
    for (const view of this.#views.values()) {
      if (view !== null) {
        count(view, word, sum);
      }
    }
    return sum;
  }

  end(): void {
    for (const stop of this.#stops) {
      stop();
    }
  }

  #follow(conversation: ConversationId): void {
    const { view } = this.#client.conversation(conversation);
    this.#stops.push(view.subscribe((found) => this.#views.set(conversation, found)));
  }
}

function count(view: ConversationView, word: string, sum: Readable): void {
  for (const { words } of [...view.timeline.messages, ...(view.team?.notes ?? [])]) {
    if (words === "recalled") {
      sum.recalled += 1;
    } else if (typeof words === "object" && "said" in words) {
      sum.readable += 1;
      sum.holding += Number(words.said.text.includes(word));
    }
  }
  for (const draft of view.drafts) {
    sum.holding += Number(draft.text.includes(word));
  }
}
