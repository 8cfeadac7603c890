/** The client's values as signals. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Readable } from "@rejoinder/client";

export type Disposer = () => void;

/** Follows for as long as the client lives, or until what is added to `disposers` is called. */
export function follow<T>(readable: Readable<T>, disposers: Disposer[]): ReadonlySignal<T> {
  const current = signal(readable.value);
  disposers.push(readable.subscribe((value) => {
    current.value = value;
  }));
  return current;
}
