/**
 * What waits to be sent to the directory: tickets and a visitor's details, made without a network.
 * Ids are made here, so that what is sent twice is done once. It is sent in its order; what is
 * refused stays with its reason until somebody decides, and the rest goes on.
 */

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Timestamp } from "@rejoinder/client";
import type { Kept } from "./kept.js";
import { ApiError, type Method, type Requests } from "./request.js";

export interface Waiting {
  id: string;
  /** What it is, for showing: such as `ticket`. */
  kind: string;
  /** What it is about: a ticket's or a visitor's id. */
  about: string;
  method: Method;
  path: string;
  body: unknown;
  at: Timestamp;
  refused: { code: string; message: string; field: string | null } | null;
}
export type NewWaiting = Pick<Waiting, "kind" | "about" | "method" | "path" | "body">;

const KEY = "outbox";

export class RestOutbox {
  readonly #all = signal<Waiting[]>([]);
  readonly #requests: Requests;
  readonly #kept: Promise<Kept>;
  readonly #restored: Promise<void>;
  readonly #sent: (waiting: Waiting, answer: unknown) => void;
  #running: Promise<void> | null = null;

  constructor(
    requests: Requests, kept: Promise<Kept>, sent: (waiting: Waiting, answer: unknown) => void,
  ) {
    this.#requests = requests;
    this.#kept = kept;
    this.#sent = sent;
    this.#restored = this.#restore();
  }

  get all(): ReadonlySignal<Waiting[]> {
    return this.#all;
  }

  /** Those that nothing but the network keeps from being sent. */
  readonly unsent = computed(() => this.#all.value.filter((one) => one.refused === null).length);

  /** Durable before this resolves, then sent as soon as it can be. */
  async add(waiting: NewWaiting): Promise<void> {
    await this.#restored;
    this.#all.value = [...this.#all.value,
      { ...waiting, id: crypto.randomUUID(), at: Date.now(), refused: null }];
    await this.#save();
    void this.flush();
  }

  async discard(id: string): Promise<void> {
    this.#all.value = this.#all.value.filter((one) => one.id !== id);
    await this.#save();
  }

  /** Puts another in the place of what was refused, and sends that. */
  async replace(id: string, body: unknown): Promise<void> {
    this.#all.value = this.#all.value.map((one) => one.id === id
      ? { ...one, body, refused: null } : one);
    await this.#save();
    void this.flush();
  }

  flush(): Promise<void> {
    this.#running ??= this.#flush().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #flush(): Promise<void> {
    await this.#restored;
    for (;;) {
      const next = this.#all.peek().find((one) => one.refused === null);
      if (!next) {
        return;
      }
      try {
        const answer = await this.#requests.ask(next.method, next.path, { body: next.body });
        await this.discard(next.id);
        this.#sent(next, answer);
      } catch (error) {
        if (!(error instanceof ApiError) || error.failure !== "refused" || error.status >= 500
          || error.status === 429) {
          return;
        }
        const { code, message, field } = error;
        this.#all.value = this.#all.value.map((one) => one.id === next.id
          ? { ...one, refused: { code, message, field } } : one);
        await this.#save();
      }
    }
  }

  async #save(): Promise<void> {
    await (await this.#kept).write(KEY, this.#all.peek());
  }

  async #restore(): Promise<void> {
    const stored = await (await this.#kept).read(KEY).catch(() => []);
    if (Array.isArray(stored)) {
      this.#all.value = [...stored.filter(isWaiting), ...this.#all.peek()];
    }
  }
}

function isWaiting(value: unknown): value is Waiting {
  const one = value as Partial<Waiting> | null;
  return typeof one === "object" && one !== null && typeof one.id === "string"
    && typeof one.path === "string" && typeof one.method === "string";
}
