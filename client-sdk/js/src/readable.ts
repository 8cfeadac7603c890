import type { Readable } from "./api.js";

/** A value that changes, seen from the side that changes it. */
export class State<T> implements Readable<T> {
  readonly #listeners = new Set<(value: T) => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    for (const listener of [...this.#listeners]) listener(value);
  }

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#value);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Waits until something holds; rejects with what `late` makes when the time is over. */
  until(holds: (value: T) => boolean, millis: number, late: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      let stop = () => {};
      const timer = setTimeout(() => {
        stop();
        reject(late());
      }, millis);
      let done = false;
      const listener = (value: T) => {
        if (done || !holds(value)) return;
        done = true;
        clearTimeout(timer);
        // The first call comes before `subscribe` has returned.
        queueMicrotask(() => stop());
        resolve(value);
      };
      stop = this.subscribe(listener);
    });
  }
}
