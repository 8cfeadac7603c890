import { batch, effect, signal, untracked } from "@preact/signals";
import {
  type Client,
  type ConnectOptions,
  type Connection,
  type FileRefusal,
  type InboxRow,
  type People,
  type Principal,
  type Readable,
  RejoinderError,
  type StorageMode,
  type Upload,
} from "@rejoinder/client";
import { Banners } from "./banners";
import type { Host } from "./host";
import { Noted } from "./noted";
import type { Site } from "./site";
import { Troubles } from "./troubles";

type Left = "left" | "unsent" | "failed";
export type Connect = (options: ConnectOptions) => Client | Promise<Client>;

declare global {
  interface Window {
    /** For the demo and for tests: what a developer's console can hold. */
    rejoinderClient?: Client;
  }
}

/** Conversations that are read at once: what is shown of a thread before more is asked for. */
export const NEWEST = 3;

/** How long it is tried in vain before it is looked into why, and how often then. */
const LOOK_AFTER_MILLIS = 3_000;
const LOOK_EVERY_MILLIS = 15_000;
/** How long a first line may take before it is looked into why. */
const HANGING_MILLIS = 6_000;
/** Sooner where nothing answered: that may have been one request that was lost. */
const LOOK_AGAIN_MILLIS = 5_000;
/** How long a log-out waits for the server to hear of it, before it is done here alone. */
const LINE_MILLIS = 3_000;

/** The client of this visitor: begun with the frame or the panel, and anew when it was wiped. */
export class Session {
  readonly client = signal<Client | null>(null);
  readonly principal = signal<Principal | null>(null);
  readonly connection = signal<Connection>("offline");
  readonly storage = signal<StorageMode>("durable");
  readonly waiting = signal(0);
  readonly inbox = signal<InboxRow[]>([]);
  /** Files of this visitor that the server does not have yet, and those that it did not take. */
  readonly uploads = signal<Upload[]>([]);
  readonly refusedFiles = signal<ReadonlyMap<string, FileRefusal>>(new Map());
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
  /** Whether something was typed that nobody has yet who could send it. */
  readonly #untaken: (() => boolean)[] = [];
  /** Told when whoever wrote here is gone: what they typed goes with them. */
  readonly #forgetters: (() => void)[] = [];
  readonly #troubles: Troubles;
  #stops: (() => void)[] = [];
  #token: string | null = null;
  #leaving = false;
  #looking = 0;
  #starting: Promise<void> | null = null;
  /** Whether a visitor was given up as refused, and nobody got through since. */
  #wasRefused = false;

  constructor(
    readonly site: Site,
    readonly host: Host,
    readonly connect: Connect,
    readonly worker: () => Worker,
  ) {
    this.#troubles = new Troubles(this.banners, host, site);
    effect(() => this.host.say({ type: "unread", count: this.#unread() }));
    effect(() => this.host.tell("connection", { state: this.connection.value }));
    effect(() => {
      if (this.connection.value !== "live" || !this.principal.value) return;
      // Once, as it goes live: what is put afterwards is about what came after.
      untracked(() => this.#live());
    });
  }

  #live(): void {
    clearTimeout(this.#looking);
    this.unreachable.value = false;
    this.#wasRefused = false;
    this.banners.drop("blocked", "passing", "credential", "origin");
    void this.#keepToken();
  }

  whenForgotten(forget: () => void): void {
    this.#forgetters.push(forget);
  }

  whenAsked(untaken: () => boolean): void {
    this.#untaken.push(untaken);
  }

  get hasUntaken(): boolean {
    return this.#untaken.some((untaken) => untaken());
  }

  /** A token says who the visitor was the last time. */
  remember(token: string | null): void {
    this.#token = token;
    this.returning.value = token !== null;
  }

  /** Begins, unless it has; who asks while it begins waits for the same. */
  start(network: "online" | "offline" = "online"): Promise<void> {
    if (this.client.value) return Promise.resolve();
    this.#starting ??= this.#begin(network).finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #begin(network: "online" | "offline"): Promise<void> {
    const token = this.#token;
    this.banners.drop("crashed");
    let client: Client | null = null;
    try {
      client = await this.connect({
        server: location.origin,
        credential: token ? { token } : { visitor: this.site.id },
        // A page sees what was written on its own origin, whoever else shows this chat in a frame.
        profile: this.#profile,
        network,
        followNewest: NEWEST,
        worker: this.worker,
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

  /** Forgets this visitor here, and tells the server where it can be reached. */
  async logOut(unsent: "keep" | "lose"): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    try {
      // A store may know somebody whose token the page has lost; nobody new is to begin for it.
      await this.start(this.returning.value ? "online" : "offline");
      const client = this.client.value;
      const holds = this.hasUntaken || this.uploads.value.length > 0;
      if (unsent === "keep" && holds) return this.#askUnsent();
      const left = await this.#leave(client, unsent);
      if (left === "unsent") return this.#askUnsent();
      if (left === "failed") return this.#stay(unsent);
      this.#release();
      this.#forget();
      for (const forget of this.#forgetters) forget();
      this.banners.drop("stayed", "crashed");
      await client?.close();
    } finally {
      this.#leaving = false;
    }
    if (this.host.shown.value) await this.start();
  }

  async #leave(client: Client | null, unsent: "keep" | "lose"): Promise<Left> {
    if (!client) return "failed";
    try {
      // Whom neither the page nor the store knows, the server does not either.
      const known = this.returning.value || client.identity.value !== null;
      if (!known || !(await this.#reach(client))) await client.goOffline();
      await client.logOut(unsent);
      return "left";
    } catch (error) {
      const code = error instanceof RejoinderError ? error.code : null;
      // That it was wiped meanwhile is what was asked for.
      if (code === "wiped") return "left";
      if (code !== "offline") this.#report(error);
      if (code === "unsent") return code;
    }
    // Without a network the server is not told, but this device forgets all the same.
    return (await this.#wipe(client)) ? "left" : "failed";
  }

  /** Offline first: there is nobody who would answer a log-out. */
  async #wipe(client: Client): Promise<boolean> {
    try {
      await client.goOffline();
      await client.logOut("lose");
      return true;
    } catch (error) {
      if (error instanceof RejoinderError && error.code === "wiped") return true;
      this.#report(error);
      return false;
    }
  }

  /**
   * Waits until the server listens, for as long as a page can be expected to: before it is live, a
   * log-out would come out of turn.
   */
  async #reach(client: Client): Promise<boolean> {
    await client.goOnline();
    let stop = () => {};
    let timer = 0;
    await new Promise<void>((resolve) => {
      timer = window.setTimeout(resolve, navigator.onLine ? LINE_MILLIS : 0);
      stop = effect(() => {
        if (this.connection.value === "live" || this.unreachable.value) resolve();
      });
    });
    clearTimeout(timer);
    stop();
    return this.connection.value === "live";
  }

  #askUnsent(): void {
    this.askUnsent.value = true;
    void this.client.value?.goOnline();
    // The page may have asked while nobody looked at the chat.
    this.host.say({ type: "open" });
  }

  /** Forgetting the token alone would leave the words: so this visitor stays, and is told. */
  #stay(unsent: "keep" | "lose"): void {
    this.banners.drop("crashed");
    this.banners.put({
      id: "stayed",
      tone: "warn",
      text: (strings) => strings.stayed,
      action: { label: (strings) => strings.tryNow, run: () => void this.logOut(unsent) },
    });
    this.host.say({ type: "open" });
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
    if (client) await this.#wipe(client);
    await client?.close();
    this.#leaving = false;
    await this.start();
    if (this.site.gone.value) return;
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
      follow(client.uploads, (uploads) => {
        this.uploads.value = uploads;
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
    // A line that hangs fails at no moment.
    window.setTimeout(() => {
      const waits = this.client.value === client && this.connection.value !== "live";
      if (waits && !this.unreachable.value) this.#lookAfter(client, 0);
    }, HANGING_MILLIS);
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
      client.on("problem", ({ reason, retry_after_millis }) =>
        reason === "credential"
          ? this.#refused(client)
          : this.#troubles.tell(client, reason, retry_after_millis ?? 0),
      ),
      client.on("file_refused", ({ attachment, reason }) => {
        this.refusedFiles.value = new Map(this.refusedFiles.value).set(attachment, reason);
      }),
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

  /** Only somebody can be given up, and only once: a server that refuses newcomers goes on. */
  #refused(client: Client): void {
    this.host.tell("error", { code: "credential" });
    const somebody = this.#token !== null || this.principal.value !== null;
    if (somebody && !this.#wasRefused) {
      this.#wasRefused = true;
      void this.restart();
      return;
    }
    this.banners.put({
      id: "credential",
      tone: "warn",
      text: (strings) => strings.notBegun,
      action: { label: (strings) => strings.tryNow, run: () => void client.goOnline() },
    });
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
    this.#lookAfter(client, answered ? LOOK_EVERY_MILLIS : LOOK_AGAIN_MILLIS);
    if (!answered) return this.banners.drop("blocked");
    this.banners.put({
      id: "blocked",
      tone: "warn",
      text: (strings) => strings.blocked,
      action: { label: (strings) => strings.tryNow, run: () => void client.goOnline() },
    });
  }

  /** The conversation that was begun here and holds nothing but what is being typed. */
  get begun(): Noted {
    return new Noted("begun", this.#profile);
  }

  get #profile(): string {
    return `visitor:${this.site.id}@${this.host.origin}`;
  }

  /** Never one that it was told before: only who has just begun is unknown to the page. */
  async #keepToken(): Promise<void> {
    const who = this.principal.value?.participant;
    const introduced = new Noted("introduced", this.#profile);
    if (!who || introduced.value === who) return;
    const token = await this.client.value?.token();
    // Given up meanwhile.
    if (!token || this.principal.value?.participant !== who) return;
    introduced.keep(who);
    if (token === this.#token) return;
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
    new Noted("introduced", this.#profile).keep(null);
    this.begun.keep(null);
    this.host.say({ type: "token", token: null });
  }

  #report(error: unknown): void {
    const code = error instanceof RejoinderError ? error.code : "crashed";
    this.host.tell("error", { code });
    if (!(error instanceof RejoinderError)) console.error(error);
  }
}
