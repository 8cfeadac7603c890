/** An answer of the server that is kept: shown at once, with its age, and asked for again. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Timestamp } from "@rejoinder/client";
import { ApiError } from "./request.js";
import type { Kept } from "./kept.js";

export interface Answered<T> {
  /** Null until there is one. */
  value: T | null;
  /** When the server said so. */
  at: Timestamp | null;
  /** Whether it is being asked for at the moment. */
  loading: boolean;
  /** Why it could not be had the last time; what there was before stays. */
  error: ApiError | null;
}

interface Options<T> {
  ask: () => Promise<T>;
  /** The name it is kept under in this browser; without one it is kept in memory only. */
  keep?: { as: string; kept: Promise<Kept>; isOne: (value: unknown) => value is T };
  now?: () => Timestamp;
}

export class Cached<T> {
  readonly #state = signal<Answered<T>>({ value: null, at: null, loading: false, error: null });
  readonly #options: Options<T>;
  #running: Promise<void> | null = null;
  /** What was asked before something changed here must not overwrite the change. */
  #generation = 0;

  constructor(options: Options<T>) {
    this.#options = options;
    void this.#restore();
  }

  get state(): ReadonlySignal<Answered<T>> {
    return this.#state;
  }

  get value(): T | null {
    return this.#state.value.value;
  }

  /** Asks again; while it is asked already, that counts. Never throws: see the state. */
  refresh(): Promise<void> {
    this.#running ??= this.#ask().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** What is known to be so by an answer to a change. */
  set(change: (value: T | null) => T): void {
    this.#generation += 1;
    this.#keep(change(this.#state.peek().value));
  }

  async #ask(): Promise<void> {
    this.#part({ loading: true });
    const generation = this.#generation;
    try {
      const value = await this.#options.ask();
      if (generation === this.#generation) {
        this.#keep(value);
      }
      this.#part({ loading: false, error: null });
    } catch (error) {
      this.#part({ loading: false, error: error instanceof ApiError ? error : unknown(error) });
    }
  }

  #keep(value: T): void {
    const at = (this.#options.now ?? Date.now)();
    this.#part({ value, at });
    const { keep } = this.#options;
    void keep?.kept.then((kept) => kept.write(keep.as, { at, value })).catch(() => undefined);
  }

  /** An answer that came sooner stays. What was kept in another shape is no use. */
  async #restore(): Promise<void> {
    const { keep } = this.#options;
    const stored = await keep?.kept.then((kept) => kept.read(keep.as)).catch(() => undefined);
    if (!keep || typeof stored !== "object" || stored === null || this.#state.peek().at !== null) {
      return;
    }
    const { at, value } = stored as { at?: unknown; value?: unknown };
    if (typeof at === "number" && keep.isOne(value)) {
      this.#part({ value, at });
    }
  }

  #part(part: Partial<Answered<T>>): void {
    this.#state.value = { ...this.#state.peek(), ...part };
  }
}

function unknown(error: unknown): ApiError {
  return new ApiError("refused", "other", error instanceof Error ? error.message : "", 0);
}
