import {
  type Client, type ClientEvents, type ConnectOptions, type Conversation, type ErrorCode,
  type People, RejoinderError, type StorageMode, type Upload,
} from "./api.js";
import { ConversationHandle } from "./conversation.js";
import type {
  Connection, ConversationId, ConversationView, InboxRow, Notification, Offer, Principal, Problem,
} from "./views.js";
import { withChanges } from "./host/rows.js";
import type { Call, FromHost, Identity, Start, ToHost, Topics } from "./protocol.js";
import { isId, newId } from "./ids.js";
import { State } from "./readable.js";

/** Milliseconds that the server has to answer a log-out before it is carried out here alone. */
const LOG_OUT_MILLIS = 10_000;
const CONTACT_MILLIS = 30_000;
/** Milliseconds that what was asked for may take to be durable when a client is closed. */
const CLOSE_MILLIS = 2_000;
/** Milliseconds before a worker that trapped again is started anew, doubled each time. */
const RESTART_MILLIS = 100;
/** Workers that end before they were ever ready, after which none will be. */
const HOPELESS_RESTARTS = 4;
const RESTARTS_MILLIS = 60_000;
/** Restarts with a call under way after which the call is given up: it may be what traps. */
const TRIES = 3;

/** What a client talks to: a worker, or a host in the same thread. */
export interface Port {
  post(message: ToHost): void;
  /** Ends it; when it resolves, the store can be opened again. */
  end(): Promise<void>;
}

export type PortFactory = (listener: (message: FromHost) => void) => Port;

type Answer = {
  call: Call;
  /** Whether a host was told of it. */
  said: boolean;
  tries: number;
  resolve: (made: never) => void;
  reject: (error: Error) => void;
};

const FINAL: ReadonlySet<Problem> = new Set<Problem>([
  "version", "credential", "unknown_site", "origin", "code_needed",
]);

/** A client: who somebody is, on one device, connected or not. */
export class PortClient implements Client {
  readonly identity = new State<Identity | null>(null);
  readonly connection = new State<Connection>("offline");
  readonly storage = new State<StorageMode>("durable");
  readonly waiting = new State<number>(0);
  readonly inbox = new State<InboxRow[]>([]);
  readonly people = new State<People>({ agents: [], sites: [], fetched_at: null });
  readonly offers = new State<Offer[]>([]);
  readonly notifications = new State<Notification[]>([]);
  readonly uploads = new State<Upload[]>([]);
  readonly ready: Promise<void>;

  readonly #start: Start;
  readonly #make: PortFactory;
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #conversations = new Map<ConversationId, ConversationHandle>();
  readonly #calls = new Map<number, Answer>();
  readonly #watched = new Set<ConversationId>();
  readonly #refusal = new State<Problem | null>(null);
  readonly #known = new Set<string>();
  #port: Port;
  #isReady = false;
  #next = 1;
  #restarts = 0;
  /** Whether there ever was a host. */
  #wasReady = false;
  #restarting: ReturnType<typeof setTimeout> | undefined;
  #over: RejoinderError | null = null;
  /** What happened before this was ready: nobody can have been listening for long. */
  #early: [name: string, detail: unknown][] | null = [];
  #opened: { resolve: () => void; reject: (error: Error) => void } = {
    resolve: () => {},
    reject: () => {},
  };

  constructor(options: Omit<ConnectOptions, "worker">, make: PortFactory) {
    this.#start = {
      server: httpOrigin(options.server),
      profile: options.profile,
      memory: options.memory ?? false,
      followNewest: options.followNewest ?? 0,
      network: options.network ?? "online",
      credential: options.credential ?? null,
    };
    this.#make = make;
    this.ready = new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
    this.ready.catch(() => {});
    this.#port = this.#connect();
    this.#listen(true);
    this.identity.subscribe((identity) => {
      if (identity !== null) void this.#rememberToken();
    });
  }

  async contact(timeoutMillis: number = CONTACT_MILLIS): Promise<Principal> {
    const late = () => new RejoinderError("no_contact", "no contact with the server yet");
    await Promise.race([
      this.ready,
      this.#settle(timeoutMillis).then(() => {
        if (!this.#isReady) throw late();
      }),
    ]);
    let stop = () => {};
    const refused = new Promise<never>((_, reject) => {
      stop = this.#refusal.subscribe((refusal) => {
        if (refusal !== null) reject(new RejoinderError("refused", `refused: ${refusal}`));
      });
    });
    refused.catch(() => {});
    const known = this.identity.until((identity) => identity !== null, timeoutMillis, late);
    known.catch(() => {});
    try {
      const identity = await Promise.race([known, refused]);
      if (identity === null) throw late();
      return identity.principal;
    } finally {
      stop();
    }
  }

  async settled(timeoutMillis: number = CONTACT_MILLIS): Promise<void> {
    const until = Date.now() + timeoutMillis;
    while (!(await this.call<boolean>({ call: "settled" }))) {
      if (Date.now() > until) throw new RejoinderError("no_contact", "not everything is exchanged");
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async begin(): Promise<Conversation> {
    const conversation = newId();
    await this.command({ begin: { conversation } });
    return this.conversation(conversation);
  }

  conversation(id: ConversationId): Conversation {
    if (!isId(id)) throw new RejoinderError("malformed", `'${id}' is not a conversation's id`);
    const known = this.#conversations.get(id);
    if (known !== undefined) return known;
    const made = new ConversationHandle(id, {
      command: (command) => this.command(command),
      call: (call) => this.call(call),
      watch: () => {
        this.#watched.add(id);
        this.#say({ kind: "subscribe", topic: `conversation:${id}` });
      },
      unwatch: () => {
        this.#watched.delete(id);
        this.#say({ kind: "unsubscribe", topic: `conversation:${id}` });
      },
    });
    this.#conversations.set(id, made);
    return made;
  }

  token(): Promise<string | null> {
    return this.call({ call: "token" });
  }

  on<K extends keyof ClientEvents>(
    event: K,
    listener: (event: ClientEvents[K]) => void,
  ): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(listener as (event: never) => void);
    this.#listeners.set(event, listeners);
    return () => {
      listeners.delete(listener as (event: never) => void);
    };
  }

  async goOffline(): Promise<void> {
    this.#start.network = "offline";
    await this.call({ call: "network", wanted: "offline" });
    await this.connection.until((now) => now === "offline", CONTACT_MILLIS, closed);
  }

  async goOnline(): Promise<void> {
    this.#refusal.set(null);
    this.#start.network = "online";
    await this.call({ call: "network", wanted: "online" });
  }

  async logOut(unsent: "keep" | "lose"): Promise<void> {
    const wiped = new Promise<void>((resolve) => this.on("wiped", () => resolve()));
    // An end that is asked for ends the asking as well.
    const asked = this.call<"asked" | "offline">({ call: "log_out", unsent }).catch((error) => {
      if (this.#over?.code === "wiped") return "asked" as const;
      throw error;
    });
    if ((await asked) === "asked") await Promise.race([wiped, this.#settle(LOG_OUT_MILLIS)]);
    if (this.#over !== null) return;
    await Promise.race([wiped, this.call({ call: "wipe" }).catch(() => {})]);
  }

  async close(): Promise<void> {
    if (this.#over !== null) return;
    this.#over = closed();
    this.#listen(false);
    const until = Date.now() + CLOSE_MILLIS;
    while (this.#calls.size > 0 && Date.now() < until) await this.#settle(10);
    for (const answer of this.#calls.values()) answer.reject(this.#over);
    this.#calls.clear();
    this.#port.post({ kind: "bye" });
    await this.#port.end();
  }

  command<T>(command: unknown): Promise<T> {
    return this.call({ call: "command", command });
  }

  call<T>(call: Call): Promise<T> {
    if (this.#over !== null) return Promise.reject(this.#over);
    return new Promise<T>((resolve, reject) => {
      const id = this.#next++;
      this.#calls.set(id, {
        call,
        said: this.#isReady,
        tries: 0,
        resolve: resolve as (made: never) => void,
        reject,
      });
      this.#say({ kind: "call", id, call, again: false });
    });
  }

  readonly #line = (): void => this.#say({ kind: "line", online: navigator.onLine });

  readonly #hide = (event: PageTransitionEvent): void => {
    this.#port.post({ kind: "bye" });
    if (!event.persisted) return;
    // A page that is only put aside must not hold the store meanwhile, nor show what was recalled
    // since when it comes back, nor log in again where somebody has logged out.
    void this.#port.end();
    this.#isReady = false;
    for (const conversation of this.#conversations.values()) conversation.show(null);
    this.inbox.set([]);
    if (this.storage.value !== "memory") this.#start.credential = null;
  };

  readonly #show = (event: PageTransitionEvent): void => {
    if (event.persisted && this.#over === null) this.#port = this.#connect();
  };

  /** A store that is lost must not make this somebody else. */
  async #rememberToken(): Promise<void> {
    const token = await this.token().catch(() => null);
    if (this.#over !== null) return;
    // A password is kept no longer than it takes to be somebody.
    this.#start.credential = token === null || token === "" ? null : { token };
  }

  #connect(): Port {
    this.#isReady = false;
    let current: Port | null = null;
    const port: Port = this.#make((message) => {
      // Nothing of a port that was given up.
      if (current === null || this.#port === current) this.#heard(message);
    });
    current = port;
    port.post({ kind: "hello", start: this.#start });
    return port;
  }

  #say(message: ToHost): void {
    if (this.#isReady) this.#port.post(message);
  }

  #heard(message: FromHost): void {
    switch (message.kind) {
      case "ready":
        this.#sayAgain();
        return;
      case "topic":
        this.#topic(message.topic, message.value);
        return;
      case "rows":
        this.#topic("inbox", withChanges(this.inbox.value, message.changes));
        return;
      case "view":
        // A view on its way to whom nobody looks any more would be stale for who looks next.
        if (this.#watched.has(message.conversation)) {
          this.#conversations.get(message.conversation)?.show(message.view);
        }
        return;
      case "answer":
        this.#calls.get(message.id)?.resolve(message.made as never);
        this.#calls.delete(message.id);
        return;
      case "fault": {
        const error = new RejoinderError(message.code, message.message, message.file);
        this.#calls.get(message.id)?.reject(error);
        this.#calls.delete(message.id);
        return;
      }
      case "event":
        this.#happened(message.event.name, message.event.detail);
        return;
      case "trapped":
        this.#restart(message.reason);
        return;
      case "failed":
        this.#end(new RejoinderError(message.code, message.message));
        return;
    }
  }

  /** A host is there, perhaps another one: it is told everything that is still wanted. */
  #sayAgain(): void {
    this.#isReady = true;
    this.#wasReady = true;
    this.#port.post({ kind: "here", start: this.#start });
    if ("document" in globalThis && !navigator.onLine) this.#line();
    for (const id of this.#watched) {
      this.#port.post({ kind: "subscribe", topic: `conversation:${id}` });
    }
    for (const [id, answer] of this.#calls) {
      this.#port.post({ kind: "call", id, call: answer.call, again: answer.said });
      answer.said = true;
    }
  }

  #restart(reason: string): void {
    void this.#port.end();
    this.#isReady = false;
    this.#happened("restarted", { reason });
    this.#restarts += 1;
    if (!this.#wasReady && this.#restarts > HOPELESS_RESTARTS) {
      const problem = "the program could not be loaded: check the network and reload the page";
      this.#end(new RejoinderError("no_contact", problem));
      return;
    }
    if (this.#restarts > 1) setTimeout(() => (this.#restarts -= 1), RESTARTS_MILLIS);
    for (const [id, answer] of this.#calls) {
      answer.tries += 1;
      if (answer.tries < TRIES) continue;
      this.#calls.delete(id);
      answer.reject(new RejoinderError("store", "the call could not be carried out"));
    }
    // At once the first time; a core that traps again and again gets its time.
    const wait = this.#restarts > 1 ? RESTART_MILLIS * 2 ** Math.min(this.#restarts, 6) : 0;
    clearTimeout(this.#restarting);
    this.#restarting = setTimeout(() => {
      if (this.#over === null) this.#port = this.#connect();
    }, wait);
  }

  #topic(topic: keyof Topics, value: Topics[keyof Topics]): void {
    const [offers, notifications] = [this.offers.value, this.notifications.value];
    (this[topic] as State<unknown>).set(value);
    this.#known.add(topic);
    for (const offer of added(offers, this.offers.value, (one) => one.conversation)) {
      this.#happened("offer", offer);
    }
    for (const one of added(notifications, this.notifications.value, (one) => one.number)) {
      this.#happened("notification", one);
    }
    // What an application shows first is here.
    if (["identity", "connection", "storage", "inbox"].every((name) => this.#known.has(name))) {
      this.#open();
    }
  }

  #happened(name: string, detail: unknown): void {
    if (name === "problem") {
      const { document, reason } = detail as ClientEvents["problem"];
      if (document === null && FINAL.has(reason)) this.#refusal.set(reason);
    }
    if (this.#early === null) this.#tell(name, detail);
    else this.#early.push([name, detail]);
    if (name === "wiped") {
      this.#end(new RejoinderError("wiped", "this client was logged out"));
      this.#showNothing();
    }
  }

  #tell(name: string, detail: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(detail as never);
  }

  /** Who waited for this to be ready listens a moment later: then what came before is told. */
  #open(): void {
    this.#opened.resolve();
    setTimeout(() => {
      const early = this.#early ?? [];
      this.#early = null;
      for (const [name, detail] of early) this.#tell(name, detail);
    });
  }

  #end(error: RejoinderError): void {
    this.#over ??= error;
    this.#opened.reject(error);
    for (const answer of this.#calls.values()) answer.reject(error);
    this.#calls.clear();
    this.#listen(false);
    this.#start.credential = null;
    // The lock goes with the port: whoever comes next leads.
    void this.#port.end();
  }

  #showNothing(): void {
    for (const conversation of this.#conversations.values()) conversation.show(null);
    this.identity.set(null);
    this.connection.set("offline");
    this.waiting.set(0);
    this.inbox.set([]);
    this.people.set({ agents: [], sites: [], fetched_at: null });
    this.uploads.set([]);
  }

  #listen(on: boolean): void {
    if (typeof addEventListener !== "function" || !("document" in globalThis)) return;
    const change = on ? addEventListener : removeEventListener;
    change("online", this.#line);
    change("offline", this.#line);
    change("pagehide", this.#hide as EventListener);
    change("pageshow", this.#show as EventListener);
  }

  #settle(millis: number): Promise<void> {
    return new Promise((resolve) => {
      const timer: unknown = setTimeout(resolve, millis);
      // In Node nobody waits for a process that has nothing else to do.
      if (typeof timer === "object" && timer !== null && "unref" in timer) {
        (timer as { unref(): void }).unref();
      }
    });
  }
}

/** What is there now and was not before. */
function added<T>(before: T[], now: T[], key: (one: T) => unknown): T[] {
  if (before === now) return [];
  const known = new Set(before.map(key));
  return now.filter((one) => !known.has(key(one)));
}

function closed(): RejoinderError {
  return new RejoinderError("closed" satisfies ErrorCode, "the client is closed: connect again");
}

/** The origin of a server's address. */
function httpOrigin(server: string): string {
  let url: URL;
  try {
    url = new URL(server);
  } catch {
    throw new RejoinderError("address", `'${server}' is not an address such as https://chat.example`);
  }
  if (!/^(https?|wss?):$/.test(url.protocol)) {
    throw new RejoinderError("address", `'${server}' is neither an http nor a ws address`);
  }
  return `${url.protocol.replace("ws", "http")}//${url.host}`;
}

export type { ConversationView };
