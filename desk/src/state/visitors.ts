/** Who visitors are, where it is known: asked for what is looked at, a few at a time. */

import { signal } from "@preact/signals";
import type { ParticipantId } from "@rejoinder/client";
import type { Kept } from "../api/kept.js";
import { ApiError, type Requests } from "../api/request.js";
import { visitor as ask } from "../api/endpoints.js";
import type { Visitor } from "../api/shapes.js";
import { withoutBidi } from "@rejoinder/client/markdown";

/** Requests at once, so that scrolling does not crowd out what a person waits for. */
const AT_ONCE = 2;
/** How many names this browser keeps; those that were looked at last stay. */
const KEPT = 500;
const KEY = "visitors";

export interface Known {
  name: string | null;
  email: string | null;
}

export class Visitors {
  readonly #known = signal<ReadonlyMap<ParticipantId, Known>>(new Map());
  readonly #asked = new Set<ParticipantId>();
  readonly #queue: ParticipantId[] = [];
  readonly #requests: Requests;
  readonly #kept: Promise<Kept>;
  #running = 0;
  /** A server that knows no visitors is not asked for each. */
  #isThere = true;

  constructor(requests: Requests, kept: Promise<Kept>) {
    this.#requests = requests;
    this.#kept = kept;
    void this.#restore();
  }

  /** Their name, else their e-mail address; null where neither is known. */
  label(id: ParticipantId): string | null {
    if (!this.#asked.has(id) && this.#isThere) {
      this.#asked.add(id);
      this.#queue.push(id);
      queueMicrotask(() => this.#work());
    }
    return this.known(id);
  }

  /** What is known already: for lists too long to ask for each. */
  known(id: ParticipantId): string | null {
    const known = this.#known.value.get(id);
    const label = known?.name ?? known?.email ?? null;
    // Strangers choose it, and it stands in sentences of ours.
    return label === null ? null : withoutBidi(label);
  }

  learn({ id, former, name, email }: Pick<Visitor, "id" | "former" | "name" | "email">): void {
    const next = new Map(this.#known.peek());
    for (const one of [id, ...former]) {
      next.delete(one);
      next.set(one, { name, email });
    }
    this.#known.value = next;
    const newest = [...next].slice(-KEPT);
    void this.#kept.then((kept) => kept.write(KEY, newest)).catch(() => undefined);
  }

  /** After a time without network: what could not be asked is asked again. */
  again(): void {
    this.#asked.clear();
  }

  #work(): void {
    while (this.#running < AT_ONCE) {
      // What was looked at last is likely still on the screen.
      const id = this.#queue.pop();
      if (!id) {
        return;
      }
      this.#running += 1;
      void this.#ask(id).finally(() => {
        this.#running -= 1;
        this.#work();
      });
    }
  }

  async #ask(id: ParticipantId): Promise<void> {
    try {
      const found = await ask(this.#requests, id);
      if (found.name !== null || found.email !== null || this.#known.peek().has(id)) {
        this.learn(found);
      }
    } catch (error) {
      const failure = error instanceof ApiError ? error : null;
      if (failure?.failure !== "refused" || failure.code === "unknown") {
        this.#queue.length = 0;
        this.#isThere = failure?.code !== "unknown";
      }
    }
  }

  async #restore(): Promise<void> {
    const stored = await this.#kept.then((kept) => kept.read(KEY)).catch(() => null);
    if (Array.isArray(stored)) {
      this.#known.value = new Map([...stored as [ParticipantId, Known][], ...this.#known.peek()]);
    }
  }
}
