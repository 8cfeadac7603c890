/** The inbox's list as it is shown: a tab, an order, and places that hold while pointed at. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { ConversationId, InboxRow } from "@rejoinder/client";
import { held, hiddenByFilters, type Me, type Mentioned, neighbour, select } from "../model/inbox.js";
import type { Disposer } from "./readable.js";
import { go, selected } from "./route.js";
import { settings } from "./settings.js";

export class InboxList {
  /** The places that hold; null while nobody points at the list. */
  readonly #places = signal<ConversationId[] | null>(null);
  readonly #ordered: ReadonlySignal<InboxRow[]>;
  readonly shown: ReadonlySignal<{ rows: InboxRow[]; newcomers: number }>;
  /** How many more there would be if nothing were hidden by "Show". */
  readonly hidden: ReadonlySignal<number>;
  /** How many more there would be without filters. */
  readonly filtered: ReadonlySignal<number>;
  readonly #stop: Disposer;

  constructor(
    inbox: ReadonlySignal<InboxRow[]>, me: ReadonlySignal<Me>,
    mentioned: ReadonlySignal<Mentioned>,
  ) {
    this.#ordered = computed(() => {
      return select(inbox.value, settings.value, me.value, mentioned.value);
    });
    this.shown = computed(() => {
      const places = this.#places.value;
      // An empty list holds no places: the first conversation is no surprise there.
      return places === null || places.length === 0 ? { rows: this.#ordered.value, newcomers: 0 }
        : held(this.#ordered.value, inbox.value, places);
    });
    this.hidden = computed(() => {
      const all = select(inbox.value, { ...settings.value, shown: "any" }, me.value,
        mentioned.value);
      return all.length - this.#ordered.value.length;
    });
    this.filtered = computed(() =>
      hiddenByFilters(inbox.value, settings.value, me.value, mentioned.value));
    // Another tab or order is another list.
    this.#stop = effect(() => {
      settings.value;
      this.release();
    });
  }

  hold(): void {
    this.#places.value ??= this.#ordered.peek().map((row) => row.conversation);
  }

  release(): void {
    this.#places.value = null;
  }

  /** Newcomers come in, and the places hold again. */
  refresh(): void {
    this.release();
    this.hold();
  }

  go(step: 1 | -1): void {
    const next = neighbour(this.shown.peek().rows, selected.peek(), step);
    if (next) {
      go({ page: "inbox", conversation: next });
    }
  }

  dispose(): void {
    this.#stop();
  }
}
