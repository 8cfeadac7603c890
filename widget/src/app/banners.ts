import { signal } from "@preact/signals";
import type { Strings } from "../locales/en";

export type Banner = {
  id: string;
  tone: "quiet" | "warn";
  text: (strings: Strings) => string;
  action?: { label: (strings: Strings) => string; run: () => void };
};

/** What has to be said above the thread; one of a kind. */
export class Banners {
  readonly all = signal<Banner[]>([]);

  put(banner: Banner): void {
    this.all.value = [...this.all.value.filter(({ id }) => id !== banner.id), banner];
  }

  drop(...ids: string[]): void {
    if (this.all.value.some(({ id }) => ids.includes(id))) {
      this.all.value = this.all.value.filter(({ id }) => !ids.includes(id));
    }
  }
}
