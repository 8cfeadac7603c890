/**
 * Whose token the page around was told. Nobody's is told twice: a page that has lost it is not given
 * it again by whatever asks in its name. Whether a store had somebody cannot be asked instead: a
 * first contact may be quicker than the answer.
 */
export class Introduced {
  readonly #key: string;

  constructor(profile: string) {
    this.#key = `rejoinder:introduced:${profile}`;
  }

  has(participant: string): boolean {
    try {
      return localStorage.getItem(this.#key) === participant;
    } catch {
      // Denied, and so is every store: whoever is here has just begun.
      return false;
    }
  }

  keep(participant: string | null): void {
    try {
      if (participant) localStorage.setItem(this.#key, participant);
      else localStorage.removeItem(this.#key);
    } catch {
      // As above.
    }
  }
}
