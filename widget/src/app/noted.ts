/**
 * What a browser notes of a profile beside its store: an id, never words.
 *
 * - `introduced`: whose token the page around was told. Nobody's is told twice: a page that has lost
 *   it is not given it again by whatever asks in its name. Whether a store had somebody cannot be
 *   asked instead: a first contact may be quicker than the answer.
 * - `begun`: the conversation that was begun here and in which nothing was said: no list has it, and
 *   what was typed is kept there.
 */
export class Noted {
  readonly #key: string;

  constructor(what: "introduced" | "begun", profile: string) {
    this.#key = `rejoinder:${what}:${profile}`;
  }

  get value(): string | null {
    try {
      return localStorage.getItem(this.#key);
    } catch {
      // Denied, and so is every store: there is nothing that could be found again.
      return null;
    }
  }

  keep(id: string | null): void {
    try {
      if (id) localStorage.setItem(this.#key, id);
      else localStorage.removeItem(this.#key);
    } catch {
      // As above.
    }
  }
}
