import { batch, effect, signal, untracked } from "@preact/signals";
import {
  type Client,
  type ConnectOptions,
  type Connection,
  type InboxRow,
  type People,
  type Principal,
  type Problem,
  type Readable,
  RejoinderError,
  type StorageMode,
} from "@rejoinder/client";
import { Banners } from "./banners";
import type { Host } from "./host";
import type { Site } from "./site";

export type Connect = (options: ConnectOptions) => Client | Promise<Client>;

declare global {
  interface Window {
    /** For the demo and for tests: what a developer's console can hold. */
    rejoinderClient?: Client;
  }
}

/** How long it is tried in vain before it is looked into why, and how often then. */
const LOOK_AFTER_MILLIS = 3_000;
const LOOK_EVERY_MILLIS = 15_000;

/** The client of this visitor: begun when the panel opens, and anew when it was wiped. */
export class Session {
  readonly client = signal<Client | null>(null);
  readonly principal = signal<Principal | null>(null);
  readonly connection = signal<Connection>("offline");
  readonly storage = signal<StorageMode>("durable");
  readonly waiting = signal(0);
  readonly inbox = signal<InboxRow[]>([]);
  readonly people = signal<People>({ agents: [], sites: [], fetched_at: null });
  /** Whether the server was tried in vain since it was last reached. */
  readonly unreachable = signal(false);
  /** Whether this visitor was here before. */
  readonly returning = signal(false);
  readonly banners = new Banners();
  /** Asked before something unsent is given up at a log-out. */
  readonly askUnsent = signal(false);
  /** What must be saved before a client goes. */
  beforeRestart: () => void = () => {};
  #stops: (() => void)[] = [];
  #token: string | null = null;
  #leaving = false;
  #looking = 0;
  #starting = false;

  constructor(
    readonly site: Site,
    readonly host: Host,
    readonly connect: Connect,
    readonly worker: (() => Worker) | undefined,
  ) {
    effect(() => this.host.say({ type: "unread", count: this.#unread() }));
    effect(() => this.host.tell("connection", { state: this.connection.value }));
    effect(() => {
      if (this.connection.value !== "live") return;
      clearTimeout(this.#looking);
      this.unreachable.value = false;
      this.banners.drop("blocked", "passing");
      void untracked(() => this.#keepToken());
    });
  }

  /** A token says who the visitor was the last time. */
  remember(token: string | null): void {
    this.#token = token;
    this.returning.value = token !== null;
  }

  /** Begins, unless it has. */
  async start(): Promise<void> {
    if (this.client.value || this.#starting) return;
    this.#starting = true;
    const token = this.#token;
    this.banners.drop("crashed");
    let client: Client | null = null;
    try {
      client = await this.connect({
        server: location.origin,
        credential: token ? { token } : { visitor: this.site.id },
        profile: `visitor:${this.site.id}`,
        ...(this.worker ? { worker: this.worker } : {}),
      });
      await client.ready;
      this.#bind(client);
      this.host.tell("ready");
    } catch (error) {
      void client?.close();
      this.#report(error);
      this.banners.put({
        id: "crashed",
        tone: "warn",
        text: (strings) => strings.crashed,
        action: { label: (strings) => strings.tryNow, run: () => void this.start() },
      });
    } finally {
      this.#starting = false;
    }
  }

  /** Resolves once it is known who this is, by this client or by one that comes after it. */
  async known(): Promise<Client> {
    return new Promise((resolve) => {
      const stop = effect(() => {
        const client = this.client.value;
        if (!client || !this.principal.value) return;
        queueMicrotask(() => stop());
        resolve(client);
      });
    });
  }

  async logOut(unsent: "keep" | "lose"): Promise<void> {
    const client = this.client.value;
    this.#leaving = true;
    try {
      await client?.logOut(unsent);
    } catch (error) {
      const code = error instanceof RejoinderError ? error.code : null;
      // Without a network the server is not told, but this device forgets all the same.
      if (code === "offline") return await this.logOut("lose");
      // That it was wiped meanwhile is what was asked for.
      if (code !== "wiped") this.#report(error);
      if (code === "unsent") {
        this.askUnsent.value = true;
        return;
      }
    } finally {
      this.#leaving = false;
    }
    this.#release();
    this.#forget();
    await client?.close();
    if (this.host.shown.value) await this.start();
  }

  /** Whoever this was, they are not any more: what was typed goes on as somebody new. */
  async restart(): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    this.beforeRestart();
    const client = this.client.value;
    this.#release();
    this.#forget();
    // What the store still has belongs to somebody whom the server does not know any more.
    // Offline first: there is nobody who would answer a log-out.
    await client
      ?.goOffline()
      .then(() => client.logOut("lose"))
      .catch(() => {});
    await client?.close();
    this.#leaving = false;
    await this.start();
    this.banners.put({
      id: "wiped",
      tone: "quiet",
      text: (strings) => strings.wiped,
      action: { label: (strings) => strings.fine, run: () => this.banners.drop("wiped") },
    });
  }

  #unread(): number {
    return this.inbox.value.reduce((sum, row) => sum + row.unread, 0);
  }

  #bind(client: Client): void {
    const follow = <T>(readable: Readable<T>, take: (value: T) => void): void => {
      this.#stops.push(readable.subscribe(take));
    };
    batch(() => {
      follow(client.identity, (who) => {
        this.principal.value = who?.principal ?? null;
      });
      follow(client.connection, (now) => {
        this.connection.value = now;
      });
      follow(client.storage, (mode) => {
        this.storage.value = mode;
      });
      follow(client.waiting, (count) => {
        this.waiting.value = count;
      });
      follow(client.inbox, (rows) => {
        this.inbox.value = rows;
      });
      follow(client.people, (people) => {
        this.people.value = people;
      });
      this.client.value = client;
    });
    this.#hear(client);
    window.rejoinderClient = client;
  }

  #hear(client: Client): void {
    const { banners } = this;
    const fine = (id: string) => ({
      label: (strings: { fine: string }) => strings.fine,
      run: () => banners.drop(id),
    });
    this.#stops.push(
      client.on("wiped", () => void this.restart()),
      client.on("problem", ({ reason }) => this.#trouble(client, reason)),
      client.on("unreachable", () => this.#lookAfter(client, LOOK_AFTER_MILLIS)),
      client.on("store", () => {
        this.host.tell("error", { code: "store" });
        banners.put({
          id: "store",
          tone: "warn",
          text: (strings) => strings.storeFailed,
          action: fine("store"),
        });
      }),
      client.on("restarted", () => {
        banners.put({
          id: "restarted",
          tone: "quiet",
          text: (strings) => strings.restarted,
          action: fine("restarted"),
        });
      }),
    );
  }

  #trouble(client: Client, reason: Problem): void {
    this.host.tell("error", { code: reason });
    const text = (strings: { problems: Record<Problem, string> }) => strings.problems[reason];
    switch (reason) {
      case "credential":
        void this.restart();
        break;
      case "version":
      case "malformed":
      case "out_of_turn":
        this.banners.put({
          id: reason,
          tone: "warn",
          text,
          action: { label: (strings) => strings.reload, run: () => location.reload() },
        });
        break;
      case "replaced":
        this.banners.put({
          id: reason,
          tone: "warn",
          text,
          action: {
            label: (strings) => strings.useHere,
            run: () => {
              this.banners.drop(reason);
              void client.goOnline();
            },
          },
        });
        break;
      case "unknown_site":
        this.banners.put({ id: reason, tone: "warn", text });
        break;
      case "busy":
      case "closing":
      case "storage":
      case "timed_out":
      case "too_much":
        this.banners.put({ id: "passing", tone: "quiet", text });
        break;
      case "frame_too_large":
      case "unknown_conversation":
      case "damaged_conversation":
        this.banners.put({
          id: reason,
          tone: "warn",
          text,
          action: { label: (strings) => strings.fine, run: () => this.banners.drop(reason) },
        });
        break;
    }
  }

  #lookAfter(client: Client, millis: number): void {
    this.unreachable.value = true;
    clearTimeout(this.#looking);
    this.#looking = window.setTimeout(() => void this.#look(client), millis);
  }

  /** HTTP gets through and the WebSocket does not: that has a reason a person can mend. */
  async #look(client: Client): Promise<void> {
    const answered = navigator.onLine && (await this.site.ask());
    if (!this.unreachable.value || this.client.value !== client) return;
    this.#lookAfter(client, LOOK_EVERY_MILLIS);
    if (!answered) return this.banners.drop("blocked");
    this.banners.put({
      id: "blocked",
      tone: "warn",
      text: (strings) => strings.blocked,
      action: { label: (strings) => strings.tryNow, run: () => void client.goOnline() },
    });
  }

  async #keepToken(): Promise<void> {
    const token = await this.client.value?.token();
    if (!token || token === this.#token) return;
    this.#token = token;
    this.host.say({ type: "token", token });
  }

  #release(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    clearTimeout(this.#looking);
    batch(() => {
      this.client.value = null;
      this.principal.value = null;
      this.connection.value = "offline";
      this.unreachable.value = false;
      this.inbox.value = [];
      this.waiting.value = 0;
    });
    delete window.rejoinderClient;
  }

  #forget(): void {
    this.remember(null);
    this.host.say({ type: "token", token: null });
  }

  #report(error: unknown): void {
    const code = error instanceof RejoinderError ? error.code : "crashed";
    this.host.tell("error", { code });
    if (!(error instanceof RejoinderError)) console.error(error);
  }
}
