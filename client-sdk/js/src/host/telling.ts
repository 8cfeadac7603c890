import type { FromHost, Topic } from "../protocol.js";
import { conversationOf } from "./following.js";
import type { Tabs } from "./tabs.js";

/** Tells tabs what they look at when it has changed, and never what is not kept yet. */
export class Telling {
  readonly #tabs: Tabs;
  /** What a topic is now, as JSON. */
  readonly #text: (topic: Topic) => string;
  readonly #post: (tab: string, message: FromHost) => void;
  readonly #failed: (error: unknown) => void;
  readonly #told = new Map<string, string>();
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

  #tell(): void {
    try {
      for (const topic of this.#tabs.topics()) {
        const text = this.#text(topic);
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
