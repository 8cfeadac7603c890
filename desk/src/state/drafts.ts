/** What is typed and not sent: kept by the client, sealed, a moment after each key. */

import { type Signal, signal } from "@preact/signals";
import type {
  Client, ConversationId, ConversationView, DocumentKind, MessageId,
} from "@rejoinder/client";

import { pinnedPlace } from "../model/pinned.js";

export interface Place {
  kind: DocumentKind;
  /** The message whose edit it is; null for a new one. */
  message: MessageId | null;
}

const KEEP_AFTER_MILLIS = 300;

interface Held {
  conversation: ConversationId;
  place: Place;
  text: Signal<string>;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class Drafts {
  readonly #client: Client;
  readonly #held = new Map<string, Held>();
  /** Recalled messages: a view from before the recall must not bring their words back. */
  readonly #recalled = new Set<MessageId>();

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * What stands in a composer: as typed on this page, else as the store kept it. An edit shows
   * nothing before it is known what was recalled; what was typed of it comes back then.
   */
  text(view: ConversationView, place: Place, otherwise = ""): Signal<string> {
    if (this.isShut(view, place)) {
      return signal("");
    }
    const conversation = view.timeline.conversation;
    const key = keyOf(conversation, place);
    let held = this.#held.get(key);
    if (!held) {
      const kept = view.drafts.find((draft) => draft.kind === place.kind
        && draft.message === place.message);
      held = { conversation, place, text: signal(kept?.text ?? otherwise), timer: undefined };
      this.#held.set(key, held);
    }
    return held.text;
  }

  /** Whether nothing can be typed there now. */
  isShut(view: ConversationView, { message }: Place): boolean {
    return message !== null && (view.freshness === "checking" || this.#recalled.has(message));
  }

  type(conversation: ConversationId, place: Place, text: string): void {
    const held = this.#held.get(keyOf(conversation, place));
    if (held) {
      held.text.value = text;
      clearTimeout(held.timer);
      held.timer = setTimeout(() => this.#keep(held), KEEP_AFTER_MILLIS);
    }
  }

  /** Sent or given up: nothing of it stays. */
  async erase(conversation: ConversationId, place: Place): Promise<void> {
    const key = keyOf(conversation, place);
    const held = this.#held.get(key);
    if (held) {
      clearTimeout(held.timer);
      held.timer = undefined;
      held.text.value = "";
      // A field for what is new stays: the view may still tell of the draft for a moment.
      if (place.message !== null && place.message !== pinnedPlace(conversation).message) {
        this.#held.delete(key);
      }
    }
    await this.#client.conversation(conversation).setDraft("", options(place));
  }

  /** A recall takes what was typed of the message as well; the client erases what it keeps. */
  forget(message: MessageId): void {
    this.#recalled.add(message);
    for (const [key, held] of this.#held) {
      if (held.place.message === message) {
        clearTimeout(held.timer);
        held.text.value = "";
        this.#held.delete(key);
      }
    }
  }

  /** Before the page may go away. */
  flush(): void {
    for (const held of this.#held.values()) {
      if (held.timer !== undefined) {
        this.#keep(held);
      }
    }
  }

  #keep(held: Held): void {
    clearTimeout(held.timer);
    held.timer = undefined;
    const kept = this.#client.conversation(held.conversation)
      .setDraft(held.text.peek(), options(held.place));
    // The text stays on the page; the store's failure is told by the client's own event.
    kept.catch(() => undefined);
  }
}

function keyOf(conversation: ConversationId, place: Place): string {
  return `${conversation} ${place.kind} ${place.message ?? ""}`;
}

function options(place: Place): { kind: DocumentKind; message?: MessageId } {
  const { kind, message } = place;
  return message === null ? { kind } : { kind, message };
}
