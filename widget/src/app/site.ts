import { computed, signal } from "@preact/signals";

/** Something that visitors are asked before they begin. */
export type PrechatField = {
  label: string;
  kind: "text" | "email" | "choice";
  required: boolean;
  options: string[];
};

export type SiteInfo = {
  site: string;
  name: string;
  mode: string;
  human_support: boolean;
  visitor_edit: boolean;
  visitor_recall: boolean;
  online: boolean;
  /** Empty: the widget's own words. */
  greeting: string;
  offline_message: string;
  offline_mode: "message" | "form";
  /** A server from before asks nothing. */
  prechat_fields?: PrechatField[];
  /** `#rrggbb` */
  theme_color: string;
  agents: { id: string; name: string; online: boolean }[];
};

/** A clock that is off by less is right enough, and the answer took its time as well. */
const CLOCK_OFF_MILLIS = 60_000;
/** How old an answer may be where something hints at another. */
const FRESH_MILLIS = 10_000;

/** What anybody may know of a site, and what time it is there. */
export class Site {
  readonly info = signal<SiteInfo | null>(null);
  /** The server knows it no more, or never did: nobody would read what is written. */
  readonly gone = signal(false);
  readonly #clockOff = signal(0);
  #askedAt = 0;
  #hinted = 0;
  readonly online = computed(() => this.info.value?.agents.filter((agent) => agent.online) ?? []);

  constructor(readonly id: string) {}

  /** Something was said: perhaps by somebody who came just now, or since it was asked. */
  hint(): void {
    clearTimeout(this.#hinted);
    const wait = FRESH_MILLIS - (Date.now() - this.#askedAt);
    if (wait <= 0) void this.ask();
    else this.#hinted = window.setTimeout(() => void this.ask(), wait);
  }

  /** Whether the server answered. */
  async ask(): Promise<boolean> {
    this.#askedAt = Date.now();
    try {
      const answer = await fetch(`/api/v1/sites/${encodeURIComponent(this.id)}/widget`, {
        cache: "no-store",
      });
      const date = Date.parse(answer.headers.get("date") ?? "");
      const off = date - Date.now();
      this.#clockOff.value = Math.abs(off) > CLOCK_OFF_MILLIS ? off : 0;
      if (answer.ok) this.info.value = (await answer.json()) as SiteInfo;
      // A site that is gone has nobody who would answer.
      else if (answer.status === 404) this.info.value = null;
      if (answer.ok || answer.status === 404) this.gone.value = !answer.ok;
      return answer.ok;
    } catch {
      return false;
    }
  }

  /** How far this device's clock is behind the server's, in milliseconds. */
  get clockOff(): number {
    return this.#clockOff.value;
  }

  /** The server's time, in milliseconds: a visitor's clock may be off by a day. */
  now(): number {
    return Date.now() + this.#clockOff.value;
  }
}
