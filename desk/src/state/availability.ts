/** Whether this agent takes chats, as they set it, and why they may get none all the same. */

import { computed, signal } from "@preact/signals";
import { me as askMe, setAvailability } from "../api/endpoints.js";
import type { Availability, Me } from "../api/shapes.js";
import { Cached } from "../api/cached.js";
import type { Desk } from "./desk.js";

export class Standing {
  readonly me: Cached<Me>;
  /** What was chosen and is on its way. */
  readonly #chosen = signal<Availability | null>(null);
  readonly #desk: Desk;
  readonly shown = computed(() =>
    this.#chosen.value ?? this.me.state.value.value?.availability ?? null);

  constructor(desk: Desk) {
    this.#desk = desk;
    this.me = new Cached({ ask: () => askMe(desk.directory.requests) });
  }

  /** Throws what the server says; what was set before stays then. */
  async choose(availability: Availability): Promise<void> {
    this.#chosen.value = availability;
    try {
      const answer = await setAvailability(this.#desk.directory.requests, availability);
      this.me.set(() => answer);
    } finally {
      this.#chosen.value = null;
    }
  }
}
