import type { FromHost, Topic } from "../protocol.js";
import { conversationOf } from "./following.js";
import { ToldRows } from "./rows.js";
import type { Tabs } from "./tabs.js";

/** Tells tabs what they look at when it has changed, and never what is not kept yet. */
export class Telling {
  readonly #tabs: Tabs;
  /** What a topic is now, as JSON. */
  readonly #text: (topic: Topic) => string;
  readonly #post: (tab: string, message: FromHost) => void;
  readonly #failed: (error: unknown) => void;
  readonly #told = new Map<string, string>();
  readonly #rows = new ToldRows();
  /** Tabs that were told the whole inbox, and what has changed since. */
  #knowInbox: ReadonlySet<string> = new Set();
  #isDue = false;
  #isHeld = false;
  #ended = false;

  constructor(
    tabs: Tabs,
    text: (topic: Topic) => string,
    post: (tab: string, message: FromHost) => void,
    failed: (error: unknown) => void,
  ) {
    this.#tabs = tabs;
    this.#text = text;
    this.#post = post;
    this.#failed = failed;
  }

  /** The core holds what its rows do not hold yet: once told, it could vanish again. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Rows and core agree again. Whoever brought that about tells what is new. */
  release(): void {
    this.#isHeld = false;
  }

  /** Somebody looks at topics anew: they are told though they have not changed. */
  again(...topics: readonly Topic[]): void {
    for (const topic of topics) this.#told.delete(topic);
  }

  /** What nobody looks at any more is not remembered: a recall would not reach it here. */
  unwatched(...topics: readonly Topic[]): void {
    this.again(...topics.filter((topic) => !this.#tabs.isWatched(topic)));
  }

  /** Tells what has changed, once for all that happens at a time. */
  soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      if (!this.#ended && !this.#isHeld) this.#tell();
    });
  }

  end(): void {
    this.#ended = true;
  }

  /** Whole to a tab that has not been told of it, and what has changed to the others. */
  #tellInbox(text: string): void {
    const watching = this.#tabs.watching("inbox");
    const knows = this.#knowInbox;
    this.#knowInbox = new Set(watching);
    const whole = watching.filter((tab) => !knows.has(tab));
    if (whole.length > 0) {
      const message = told("inbox", JSON.parse(text));
      for (const tab of whole) this.#post(tab, message);
    }
    if (this.#told.get("inbox") === text) return;
    this.#told.set("inbox", text);
    const changes = this.#rows.changes(text);
    if (changes.rows.length + changes.gone.length === 0) return;
    for (const tab of watching) if (knows.has(tab)) this.#post(tab, { kind: "rows", changes });
  }

  #tell(): void {
    try {
      for (const topic of this.#tabs.topics()) {
        const text = this.#text(topic);
        if (topic === "inbox") {
          this.#tellInbox(text);
          continue;
        }
        if (this.#told.get(topic) === text) continue;
        this.#told.set(topic, text);
        const message = told(topic, JSON.parse(text));
        for (const tab of this.#tabs.watching(topic)) this.#post(tab, message);
      }
    } catch (error) {
      this.#failed(error);
    }
  }
}

function told(topic: Topic, value: unknown): FromHost {
  const conversation = conversationOf(topic);
  if (conversation !== null) return { kind: "view", conversation, view: value } as FromHost;
  return { kind: "topic", topic, value } as FromHost;
}
