import type { People } from "../api.js";
import { type Table, valueAt } from "../store/table.js";

/** Where names are kept. The core leaves such keys alone. */
const ROW = new Uint8Array([0x0f, 0x01]);

/** Milliseconds after which it is asked again who is online. */
const OLD_MILLIS = 60_000;

export const NO_PEOPLE: People = { agents: [], sites: [], fetched_at: null };

/** Names of people and sites, as the server last said: no document holds them. */
export class PeopleBook {
  readonly #server: string;
  readonly #table: Table;
  readonly #token: () => string | null;
  people: People | null = null;
  #asking = false;
  #askedAt = 0;

  constructor(server: string, table: Table, token: () => string | null) {
    this.#server = server;
    this.#table = table;
    this.#token = token;
  }

  /** Takes what was kept. */
  read(head: Uint8Array[]): void {
    const value = valueAt(head, ROW);
    if (value !== undefined) this.people = JSON.parse(new TextDecoder().decode(value)) as People;
  }

  isOld(): boolean {
    return Date.now() - Math.max(this.people?.fetched_at ?? 0, this.#askedAt) > OLD_MILLIS;
  }

  /** Asks the server; whether it answered. Without an answer what was known stays. */
  async fetch(): Promise<boolean> {
    const token = this.#token();
    if (token === null || this.#asking) return false;
    this.#asking = true;
    this.#askedAt = Date.now();
    try {
      const url = new URL("/api/v1/people", this.#server.replace(/^ws/, "http"));
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(url, { headers, credentials: "omit", cache: "no-store" });
      if (!answer.ok) return false;
      const people = (await answer.json()) as Omit<People, "fetched_at">;
      // Somebody may have logged out meanwhile.
      if (this.#token() !== token) return false;
      this.people = { ...people, fetched_at: Date.now() };
      return true;
    } catch {
      return false;
    } finally {
      this.#asking = false;
    }
  }

  keep(): Promise<void> {
    if (this.people === null) return Promise.resolve();
    const value = new TextEncoder().encode(JSON.stringify(this.people));
    return this.#table.commit({ clear: false, puts: [ROW, value], deletes: [] });
  }

  forget(): void {
    this.people = null;
  }
}
