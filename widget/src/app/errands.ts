import { effect, signal, untracked } from "@preact/signals";
import type { ConversationId } from "@rejoinder/client";
import { post } from "./posting";
import type { Session } from "./session";

/** Milliseconds until what could not be told is told again; doubled each time, up to the longest. */
const AGAIN_MILLIS = 1_000;
const LONGEST_MILLIS = 60_000;

export type Path = "prechat" | "offline-info";
/** `about`: of which conversation it is, if it is of one. */
export type Errand = { path: Path; about: ConversationId | null; body: object };
/** `field`: which one the server named, if one. */
export type Refused = { field: string | null };
type Fate = "done" | "later" | "given up" | Refused;
type Settled = (path: Path, body: object, fate: "done" | Refused) => void;

/**
 * What the server is to be told as soon as it can be: of each kind the newest about each
 * conversation, in the order in which it was put.
 */
export class Errands {
  readonly waits = signal<readonly Errand[]>([]);
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
  async hand(errand: Errand): Promise<Fate> {
    this.waits.value = this.waits.value.filter((one) => !isSame(one, errand));
    const given = this.#given;
    // Not before another that was put first: the server would take that for the newer one.
    const isNext = !this.waits.value.some(({ path }) => path === errand.path);
    const fate = isNext ? await this.#tell(errand) : "later";
    if (given !== this.#given) return "given up";
    if (fate !== "later") return fate;
    this.waits.value = [...this.waits.value, errand];
    if (isNext) this.#soon();
    return fate;
  }

  /** What was kept from before: what was put since counts. */
  take(kept: readonly Errand[]): void {
    const since = this.waits.value;
    const before = kept.filter((one) => !since.some((other) => isSame(one, other)));
    this.waits.value = [...before, ...since];
    if (this.#isLive) void this.#again();
  }

  giveUp(): void {
    this.#given += 1;
    this.waits.value = [];
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
      const held = new Set<Path>();
      for (const errand of this.waits.value) {
        const { path, body } = errand;
        if (held.has(path)) continue;
        const fate = await this.#tell(errand);
        if (fate === "later") held.add(path);
        // Given up, or put in another way, meanwhile.
        const waits = this.waits.value.includes(errand);
        if (fate === "later" || fate === "given up" || !waits) continue;
        this.waits.value = this.waits.value.filter((one) => one !== errand);
        this.#settled(path, body, fate);
      }
    } finally {
      this.#going = false;
    }
    this.#soon();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    if (!this.#isLive || this.waits.value.length === 0) return;
    const wait = Math.min(AGAIN_MILLIS * 2 ** this.#failures, LONGEST_MILLIS);
    this.#failures += 1;
    this.#timer = window.setTimeout(() => void this.#again(), wait);
  }

  async #tell({ path, body }: Errand): Promise<Fate> {
    const answer = await post(this.#session, path, body);
    if (answer === null || answer.status >= 500) return "later";
    // Somebody whom the server does not know is begun anew, and told then.
    if (answer.status === 429 || answer.status === 401) return "later";
    if (answer.ok) return "done";
    return { field: await fieldOf(answer) };
  }
}

function isSame(one: Errand, other: Errand): boolean {
  return one.path === other.path && one.about === other.about;
}

async function fieldOf(answer: Response): Promise<string | null> {
  try {
    const told = (await answer.json()) as { error?: { field?: unknown } };
    return typeof told.error?.field === "string" ? told.error.field : null;
  } catch {
    return null;
  }
}
