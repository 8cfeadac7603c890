import { effect, signal, untracked } from "@preact/signals";
import { post } from "./posting";
import type { Session } from "./session";

/** Milliseconds until what could not be told is told again; doubled each time, up to the longest. */
const AGAIN_MILLIS = 1_000;
const LONGEST_MILLIS = 60_000;

export type Path = "prechat" | "offline-info";
export type Waits = Readonly<Partial<Record<Path, object>>>;
/** `field`: which one the server named, if one. */
export type Refused = { field: string | null };
type Fate = "done" | "later" | "given up" | Refused;
type Settled = (path: Path, body: object, fate: "done" | Refused) => void;

/** What the server is to be told as soon as it can be: the newest of each kind counts. */
export class Errands {
  readonly waits = signal<Waits>({});
  readonly #session: Session;
  readonly #settled: Settled;
  /** How often all was given up: what was under way then is somebody else's. */
  #given = 0;
  #failures = 0;
  #timer = 0;
  #going = false;

  constructor(session: Session, settled: Settled) {
    this.#session = session;
    this.#settled = settled;
    effect(() => {
      clearTimeout(this.#timer);
      this.#failures = 0;
      if (this.#isLive) untracked(() => void this.#again());
    });
  }

  /** Tells it, now or as soon as it can be. */
  async hand(path: Path, body: object): Promise<Fate> {
    this.#drop(path);
    const given = this.#given;
    const fate = await this.#tell(path, body);
    if (given !== this.#given) return "given up";
    if (fate !== "later") return fate;
    this.waits.value = { ...this.waits.value, [path]: body };
    this.#soon();
    return fate;
  }

  /** What was kept from before: what was put since counts. */
  take(waits: Waits): void {
    this.waits.value = { ...waits, ...this.waits.value };
    if (this.#isLive) void this.#again();
  }

  giveUp(): void {
    this.#given += 1;
    this.waits.value = {};
    clearTimeout(this.#timer);
  }

  get #isLive(): boolean {
    const { connection, principal } = this.#session;
    return connection.value === "live" && principal.value !== null;
  }

  async #again(): Promise<void> {
    if (this.#going) return;
    this.#going = true;
    try {
      for (const [path, body] of Object.entries(this.waits.value) as [Path, object][]) {
        const fate = await this.#tell(path, body);
        // Given up, or put in another way, meanwhile.
        if (fate === "later" || fate === "given up" || this.waits.value[path] !== body) continue;
        this.#drop(path);
        this.#settled(path, body, fate);
      }
    } finally {
      this.#going = false;
    }
    this.#soon();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    if (!this.#isLive || Object.keys(this.waits.value).length === 0) return;
    const wait = Math.min(AGAIN_MILLIS * 2 ** this.#failures, LONGEST_MILLIS);
    this.#failures += 1;
    this.#timer = window.setTimeout(() => void this.#again(), wait);
  }

  #drop(path: Path): void {
    const { [path]: _, ...others } = this.waits.value;
    this.waits.value = others;
  }

  async #tell(path: Path, body: object): Promise<Fate> {
    const answer = await post(this.#session, path, body);
    if (answer === null || answer.status >= 500) return "later";
    // Somebody whom the server does not know is begun anew, and told then.
    if (answer.status === 429 || answer.status === 401) return "later";
    if (answer.ok) return "done";
    return { field: await fieldOf(answer) };
  }
}

async function fieldOf(answer: Response): Promise<string | null> {
  try {
    const told = (await answer.json()) as { error?: { field?: unknown } };
    return typeof told.error?.field === "string" ? told.error.field : null;
  } catch {
    return null;
  }
}
