import { type Topic, TOPICS } from "../protocol.js";
import { conversationOf } from "./following.js";

/** Which tab looks at what. */
export class Tabs {
  readonly #topics = new Map<string, Set<Topic>>();
  readonly #taken = new Map<string, Set<number>>();

  /** Whether a call is new: a tab that is unsure whether it arrived says it again. */
  isNew(tab: string, call: number): boolean {
    const taken = this.#taken.get(tab) ?? new Set();
    this.#taken.set(tab, taken);
    if (taken.has(call)) return false;
    taken.add(call);
    return true;
  }

  /** What is told to it now without its asking: nothing to one that is here already. */
  arrive(tab: string): readonly Topic[] {
    if (this.#topics.has(tab)) return [];
    this.#topics.set(tab, new Set(TOPICS));
    return TOPICS;
  }

  /** What it looked at. */
  depart(tab: string): Topic[] {
    const topics = [...(this.#topics.get(tab) ?? [])];
    this.#topics.delete(tab);
    this.#taken.delete(tab);
    return topics;
  }

  subscribe(tab: string, topic: Topic): void {
    this.arrive(tab);
    this.#topics.get(tab)?.add(topic);
  }

  unsubscribe(tab: string, topic: Topic): void {
    this.#topics.get(tab)?.delete(topic);
  }

  isWatched(topic: Topic): boolean {
    return this.watching(topic).length > 0;
  }

  watching(topic: Topic): string[] {
    return [...this.#topics].filter(([, topics]) => topics.has(topic)).map(([tab]) => tab);
  }

  /** What anybody looks at, conversations first: words are what a person waits for. */
  topics(): Topic[] {
    const all = [...new Set([...this.#topics.values()].flatMap((topics) => [...topics]))];
    const isConversation = (topic: Topic) => conversationOf(topic) !== null;
    return [...all.filter(isConversation), ...all.filter((topic) => !isConversation(topic))];
  }
}
