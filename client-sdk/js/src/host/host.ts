/**
 * The host of a core: steps it by one input at a time, keeps its rows, its line to the server, and
 * tells the tabs what has changed. It decides nothing that the core decides.
 */

import type { ErrorCode, People, StorageMode } from "../api.js";
import type { ConversationId, DocumentId } from "../views.js";
import type { Call, FromHost, HostEvent, Start, ToHost, Topic, Topics } from "../protocol.js";
import { TravellingMedium } from "../store/memory.js";
import { after, type Medium, type Table } from "../store/table.js";
import { type Core, type CoreEvent, isTrap, readFault, type Step } from "./core.js";
import { Line, type SocketFactory } from "./line.js";
import { NO_PEOPLE, PeopleBook } from "./people.js";
import { Tabs } from "./tabs.js";

/** Milliseconds after which words from before are shown on a slow line; see the core. */
const CHECKING_MILLIS = 3_000;
/** Milliseconds after which somebody who typed is told to have stopped, and a little. */
const SIGNAL_MILLIS = 10_100;
/** Milliseconds between two signals of one kind. */
const SIGNAL_EVERY_MILLIS = 4_000;
/** Conversations that are followed for an inbox, so that they can be read without a network. */
const FOLLOWED = 100;
/** Documents that stay free for conversations that are opened. */
const ROOM = 16;
/** Milliseconds that a conversation nobody looks at is still followed. */
const LINGER_MILLIS = 30_000;
/** Milliseconds to wait after a store that failed; doubled with each failure, up to the longest. */
const STORE_WAIT_MILLIS = 500;
const STORE_LONGEST_MILLIS = 30_000;

export interface Environment {
  table: Table;
  medium: Medium;
  mode: StorageMode;
  start: Start;
  socket: SocketFactory;
  /** Makes a core on these rows. */
  make(
    keys: Uint8Array[],
    head: Uint8Array[],
    medium: Medium,
    mode: StorageMode,
    opened: (step: Step) => void,
  ): Core;
  firstDocument(): Uint8Array;
  documentPrefix(document: string): Uint8Array;
  /** Tells one tab, or every one. */
  post(tab: string | null, message: FromHost): void;
  /** The core is of no use any more: the host ends with it. */
  trapped(reason: string): void;
}

type Failure = { code: ErrorCode; message: string };

export class Host {
  readonly #env: Environment;
  readonly #line: Line;
  readonly #tabs = new Tabs();
  readonly #people: PeopleBook;
  readonly #told = new Map<string, string>();
  readonly #signalled = new Map<string, { signal: string; at: number }>();
  readonly #lingering = new Map<ConversationId, ReturnType<typeof setTimeout>>();
  #core!: Core;
  #turn: Promise<void> = Promise.resolve();
  #wanted: "online" | "offline";
  #online = true;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #toldUnreachable = false;
  #ended = false;
  #dirty = false;
  #storeFailures = 0;

  private constructor(env: Environment) {
    this.#env = env;
    this.#wanted = env.start.network;
    this.#people = new PeopleBook(env.start.server, env.table, () => this.#core.token() ?? null);
    this.#line = new Line(env.start.server, env.socket, {
      opened: () => this.#input(() => this.#connected()),
      frame: (bytes) => this.#input(() => this.#frame(bytes)),
      unreachable: (reason) => this.#input(() => this.#unreachable(reason)),
      ended: (lasted, byPeer) =>
        this.#input(async () => {
          await this.#carryOut(this.#core.disconnected(lasted, byPeer, Date.now()) as Step);
          this.#connectLater();
        }),
    });
  }

  /** Opens the core on what the table has, and connects. */
  static async open(env: Environment): Promise<Host> {
    const host = new Host(env);
    await host.#openCore();
    if (host.#wanted === "online") host.#connectNow();
    return host;
  }

  /** A tab says something. */
  receive(tab: string, message: ToHost): void {
    switch (message.kind) {
      case "hello":
        this.#tabs.arrive(tab);
        // One is needed for a first contact only; a password is kept no longer than that.
        if (this.#core.identity() === "null") {
          this.#env.start.credential ??= message.start.credential;
        }
        this.#env.post(tab, { kind: "ready" });
        this.#input(() => Promise.resolve());
        return;
      case "subscribe":
        this.#tabs.subscribe(tab, message.topic);
        this.#told.delete(message.topic);
        this.#input(() => this.#follow(message.topic));
        return;
      case "unsubscribe":
        this.#tabs.unsubscribe(tab, message.topic);
        this.#linger(message.topic);
        return;
      case "call":
        if (this.#tabs.isNew(tab, message.id)) {
          this.#input(() => this.#answer(tab, message.id, message.call));
        }
        return;
      case "line":
        this.#lineChanged(message.online);
        return;
      case "bye":
        for (const topic of this.#tabs.depart(tab)) this.#linger(topic);
        return;
    }
  }

  /** Ends it: the line is closed; what is durable stays. */
  async end(): Promise<void> {
    clearTimeout(this.#retry);
    this.#wanted = "offline";
    this.#line.close();
    await this.#turn;
    this.#ended = true;
    this.#env.table.close();
  }

  /** One input at a time: what it made is durable before the next. */
  #input(run: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      if (this.#ended) return;
      try {
        await run();
        this.#tellLater();
      } catch (error) {
        await this.#failed(error);
      }
    });
  }

  async #openCore(): Promise<void> {
    const { table, medium, mode } = this.#env;
    const first = this.#env.firstDocument();
    const [keys, head] = await Promise.all([table.keys(), table.range(new Uint8Array([0]), first)]);
    const steps: Step[] = [];
    this.#core = this.#env.make(keys, head, medium, mode, (step) => steps.push(step));
    this.#people.read(head);
    for (const step of steps) await this.#carryOut(step);
  }

  /** Something failed between the core and its rows: the core is thrown away, the rows are not. */
  async #failed(error: unknown): Promise<void> {
    if (isTrap(error)) {
      this.#ended = true;
      this.#env.trapped(error instanceof Error ? error.message : String(error));
      return;
    }
    const { message } = readFault(error);
    this.#event({ name: "store", detail: { reason: message } });
    this.#line.close();
    this.#storeFailures += 1;
    try {
      this.#core.free();
      await this.#openCore();
      for (const topic of this.#tabs.topics()) await this.#follow(topic);
      // What the server brings would fail as well while there is no room.
      const bound = Math.min(STORE_WAIT_MILLIS * 2 ** this.#storeFailures, STORE_LONGEST_MILLIS);
      this.#connectAfter(bound);
    } catch (again) {
      this.#ended = true;
      this.#env.trapped(readFault(again).message);
    }
  }

  /** Does what follows from an input: what is sent or told is durable. */
  async #carryOut(step: Step): Promise<void> {
    await this.#commit(step);
    for (let at = 0; at + 2 < step.frames.length; at += 3) {
      const [name, about, bytes] = step.frames.slice(at, at + 3);
      if (typeof name !== "string" || !(bytes instanceof Uint8Array)) continue;
      this.#line.send(name, bytes);
      this.#traffic("sent", name, about, bytes.length);
    }
    for (const document of JSON.parse(step.removed) as DocumentId[]) {
      this.#event({ name: "removed", detail: { document } });
    }
    for (const event of JSON.parse(step.events) as CoreEvent[]) this.#coreTold(event);
    if (step.wiped) await this.#wiped();
    if (step.disconnect) this.#line.close();
    for (const document of JSON.parse(step.load) as DocumentId[]) await this.#load(document);
  }

  async #commit(step: Step): Promise<void> {
    const { table, medium } = this.#env;
    const changes = { clear: step.clear, puts: [...step.puts], deletes: step.deletes };
    const travels = medium instanceof TravellingMedium ? medium : null;
    const keys = travels?.take() ?? null;
    if (keys !== null) changes.puts.push(KEYRING_ROW, keys);
    if (changes.clear || changes.puts.length > 0 || changes.deletes.length > 0) {
      await table.commit(changes);
      this.#storeFailures = 0;
    }
    this.#core.committed();
    const erased = travels?.take() ?? null;
    if (erased !== null) {
      await table.commit({ clear: false, puts: [KEYRING_ROW, erased], deletes: [] });
    }
  }

  async #load(document: DocumentId): Promise<void> {
    const name = JSON.stringify(document);
    const prefix = this.#env.documentPrefix(name);
    const rows = await this.#env.table.range(prefix, after(prefix));
    await this.#carryOut(this.#core.load(name, rows, Date.now()) as Step);
    // Words from before may be shown once the server had its time to answer.
    setTimeout(() => this.#tellLater(), CHECKING_MILLIS + 50);
  }

  async #open(conversation: ConversationId): Promise<void> {
    const missing = JSON.parse(this.#core.missing(conversation)) as DocumentId[];
    for (const document of missing) await this.#load(document);
  }

  #follow(topic: Topic): Promise<void> {
    const conversation = conversationOf(topic);
    if (conversation === null) return Promise.resolve();
    clearTimeout(this.#lingering.get(conversation));
    this.#lingering.delete(conversation);
    return this.#open(conversation);
  }

  #linger(topic: Topic): void {
    const conversation = conversationOf(topic);
    if (conversation === null || this.#tabs.isWatched(topic) || this.#env.start.followInbox) return;
    const leave = () =>
      this.#input(async () => {
        this.#lingering.delete(conversation);
        if (this.#tabs.isWatched(topic)) return;
        await this.#carryOut(this.#core.leave(conversation, Date.now()) as Step);
      });
    this.#lingering.set(conversation, setTimeout(leave, LINGER_MILLIS));
  }

  /** Follows the newest conversations, as far as a connection may. */
  async #followInbox(): Promise<void> {
    if (!this.#env.start.followInbox) return;
    const rows = JSON.parse(this.#core.inbox()) as { conversation: string; closed: boolean }[];
    const newest = [...rows.filter((row) => !row.closed), ...rows.filter((row) => row.closed)];
    for (const { conversation } of newest.slice(0, FOLLOWED)) {
      if (this.#core.room() < ROOM) return;
      await this.#open(conversation);
    }
  }

  async #answer(tab: string, id: number, call: Call): Promise<void> {
    try {
      const made = await this.#called(call);
      this.#env.post(tab, { kind: "answer", id, made });
    } catch (error) {
      // A tab that is not answered asks the next host.
      if (isTrap(error)) throw error;
      const fault = readFault(error);
      const { code, message } = fault as Failure;
      this.#env.post(tab, { kind: "fault", id, code, message });
      if (fault.code === "store") throw error;
    }
  }

  async #called(call: Call): Promise<unknown> {
    switch (call.call) {
      case "command":
        return this.#command(call.command);
      case "token":
        return this.#core.token() ?? null;
      case "network":
        this.#setWanted(call.wanted);
        return null;
      case "wipe":
        await this.#carryOut(this.#core.wipe(Date.now()) as Step);
        return null;
      case "settled":
        return this.#core.connection() === "live" && this.#core.waiting() === 0;
    }
  }

  async #command(command: unknown): Promise<unknown> {
    if (this.#isTooSoon(command)) return {};
    for (const part of Object.values(command as Record<string, Record<string, unknown>>)) {
      const document = part.document as DocumentId | undefined;
      const conversation = (part.conversation as string | undefined) ?? document?.conversation;
      if (conversation !== undefined) await this.#open(conversation);
    }
    const step = this.#core.command(JSON.stringify(command), Date.now()) as Step;
    await this.#carryOut(step);
    return JSON.parse(step.made ?? "{}");
  }

  /** Whether it is a signal that was told a moment ago. */
  #isTooSoon(command: unknown): boolean {
    const { signal } = command as { signal?: { document: DocumentId; signal: string } };
    if (signal === undefined || signal.signal === "idle") return false;
    const of = JSON.stringify(signal.document);
    const last = this.#signalled.get(of);
    const now = Date.now();
    if (last?.signal === signal.signal && now - last.at < SIGNAL_EVERY_MILLIS && now >= last.at) {
      return true;
    }
    this.#signalled.set(of, { signal: signal.signal, at: now });
    return false;
  }

  async #connected(): Promise<void> {
    this.#toldUnreachable = false;
    const credential = JSON.stringify(this.#env.start.credential);
    await this.#carryOut(this.#core.connected(credential, Date.now()) as Step);
    if (this.#core.connection() === "offline") this.#line.close();
  }

  async #frame(bytes: Uint8Array): Promise<void> {
    const step = this.#core.frame(bytes, Date.now()) as Step;
    this.#traffic("received", step.name ?? "?", step.about, bytes.length);
    await this.#carryOut(step);
    if (step.name === "welcome") {
      // From here on the token in the store is the credential.
      this.#env.start.credential = null;
      for (const topic of this.#tabs.topics()) await this.#follow(topic);
      this.#refreshPeople();
    }
    if (step.name === "feed") {
      await this.#followInbox();
      if (this.#people.isOld()) this.#refreshPeople();
    }
  }

  #unreachable(reason: string): Promise<void> {
    this.#core.unreachable();
    if (!this.#toldUnreachable) this.#event({ name: "unreachable", detail: { reason } });
    this.#toldUnreachable = true;
    this.#connectLater();
    return Promise.resolve();
  }

  #setWanted(wanted: "online" | "offline"): void {
    this.#wanted = wanted;
    if (wanted === "online") {
      this.#core.forget_failures();
      this.#connectNow();
      return;
    }
    clearTimeout(this.#retry);
    this.#line.close();
    this.#core.unreachable();
  }

  #lineChanged(online: boolean): void {
    if (online === this.#online) return;
    this.#online = online;
    this.#input(() => {
      if (!online) {
        clearTimeout(this.#retry);
        this.#line.close();
        this.#core.unreachable();
      } else if (this.#wanted === "online") {
        this.#core.forget_failures();
        this.#connectNow();
      }
      return Promise.resolve();
    });
  }

  /** Somebody waits for it: at once. */
  #connectNow(): void {
    clearTimeout(this.#retry);
    if (this.#ended || this.#line.isUsed || !this.#online) return;
    this.#core.trying(Date.now());
    this.#line.open();
    setTimeout(() => this.#tellLater(), CHECKING_MILLIS + 50);
  }

  /** Nobody does: after a wait that is drawn, so that clients do not come back together. */
  #connectLater(): void {
    clearTimeout(this.#retry);
    if (this.#ended || this.#wanted === "offline" || !this.#online) return;
    const wait = this.#core.wait();
    if (wait !== undefined) this.#connectAfter(wait);
  }

  #connectAfter(millis: number): void {
    clearTimeout(this.#retry);
    if (this.#ended || this.#wanted === "offline" || !this.#online) return;
    this.#retry = setTimeout(() => this.#input(() => Promise.resolve(this.#line.open())), millis);
  }

  #refreshPeople(): void {
    void this.#people.fetch().then((changed) => {
      if (changed) this.#input(() => this.#people.keep());
    });
  }

  async #wiped(): Promise<void> {
    this.#wanted = "offline";
    this.#people.forget();
    this.#event({ name: "wiped", detail: {} });
    this.#line.close();
    await Promise.resolve();
  }

  #coreTold(event: CoreEvent): void {
    if (event.signals !== undefined) setTimeout(() => this.#tellLater(), SIGNAL_MILLIS);
    const names = ["recalled", "edit_superseded", "refused", "collided", "progress", "moved"];
    for (const name of [...names, "problem"]) {
      const detail = (event as Record<string, unknown>)[name];
      if (detail !== undefined) this.#event({ name, detail } as HostEvent);
    }
  }

  #traffic(direction: "sent" | "received", frame: string, about: unknown, bytes: number): void {
    const document = typeof about === "string" ? (JSON.parse(about) as DocumentId | null) : null;
    const detail = { at: Date.now(), direction, frame, bytes, document };
    this.#event({ name: "traffic", detail });
  }

  #event(event: HostEvent): void {
    this.#env.post(null, { kind: "event", event });
  }

  #tellLater(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    setTimeout(() => {
      this.#dirty = false;
      if (!this.#ended) this.#tell();
    });
  }

  /** Tells every topic that somebody looks at and that is not what was told last. */
  #tell(): void {
    try {
      for (const topic of this.#tabs.topics()) {
        const text = this.#text(topic);
        if (this.#told.get(topic) === text) continue;
        this.#told.set(topic, text);
        const message = told(topic, JSON.parse(text));
        for (const tab of this.#tabs.watching(topic)) this.#env.post(tab, message);
      }
    } catch (error) {
      this.#input(() => Promise.reject(error as Error));
    }
  }

  #text(topic: Topic): string {
    const conversation = conversationOf(topic);
    if (conversation !== null) return this.#core.conversation(conversation, Date.now());
    switch (topic as keyof Topics) {
      case "identity":
        return this.#core.identity();
      case "connection":
        return JSON.stringify(this.#core.connection());
      case "storage":
        return JSON.stringify(this.#env.mode);
      case "waiting":
        return JSON.stringify(this.#core.waiting());
      case "inbox":
        return this.#core.inbox();
      case "offers": return this.#core.offers();
      case "notifications": return this.#core.notifications();
      case "people":
        return JSON.stringify((this.#people.people ?? NO_PEOPLE) satisfies People);
    }
  }
}

/** Where a keyring stands that travels with the rows. The core leaves such keys alone. */
export const KEYRING_ROW: Uint8Array = new Uint8Array([0x0f, 0x02]);

function conversationOf(topic: Topic): ConversationId | null {
  return topic.startsWith("conversation:") ? topic.slice("conversation:".length) : null;
}

function told(topic: Topic, value: unknown): FromHost {
  const conversation = conversationOf(topic);
  if (conversation !== null) return { kind: "view", conversation, view: value } as FromHost;
  return { kind: "topic", topic, value } as FromHost;
}
