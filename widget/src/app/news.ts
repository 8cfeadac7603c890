import { effect, signal } from "@preact/signals";
import type { ConversationView, MessageId, ParticipantId } from "@rejoinder/client";
import { strings } from "./language";
import type { Session } from "./session";
import type { Thread } from "./thread";

type Known = { edited: number | null; recalled: boolean };

const SPOKEN_MILLIS = 3_000;

/** Tells the page, and screen readers, what changed; never with words of people. */
export class News {
  /** Read out politely, and gone again. */
  readonly spoken = signal("");
  readonly #known = new Map<string, Map<MessageId, Known>>();
  readonly #closed = new Set<string>();
  #timer = 0;

  constructor(
    readonly session: Session,
    readonly thread: Thread,
  ) {
    effect(() => {
      const { principal } = session;
      const me = principal.value;
      if (!me) return;
      for (const [conversation, view] of thread.views.value) {
        if (view && view.freshness !== "checking")
          this.#compare(conversation, view, me.participant);
      }
    });
  }

  say(text: string): void {
    this.spoken.value = text;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.spoken.value = "";
    }, SPOKEN_MILLIS);
  }

  #compare(conversation: string, view: ConversationView, me: ParticipantId): void {
    const before = this.#known.get(conversation);
    const now = new Map<MessageId, Known>();
    const { host } = this.session;
    for (const { id, author, edited_at, source, words } of view.timeline.messages) {
      const known = before?.get(id);
      const recalled = words === "recalled";
      now.set(id, { edited: edited_at, recalled });
      if (!before || source === "system") continue;
      const about = { conversation, message: id };
      if (!known && author !== me) {
        host.tell("message:received", about);
        this.session.site.hint();
      }
      if (!known) continue;
      if (recalled && !known.recalled) {
        host.tell("message:recalled", about);
        this.say(strings.peek().removed);
      } else if (edited_at !== known.edited) {
        host.tell("message:edited", about);
      }
    }
    this.#known.set(conversation, now);
    if (view.timeline.closed && before && !this.#closed.has(conversation)) {
      host.tell("conversation:closed", { conversation });
    }
    if (view.timeline.closed) this.#closed.add(conversation);
  }
}
