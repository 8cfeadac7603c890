import { type ReadonlySignal, signal } from "@preact/signals";
import type { Readable } from "@rejoinder/client";

/** A value of the client as a signal, until `stop` is called. */
export function fromReadable<T>(readable: Readable<T>): { value: ReadonlySignal<T>; stop(): void } {
  const value = signal(readable.value);
  const stop = readable.subscribe((next) => {
    value.value = next;
  });
  return { value, stop };
}
