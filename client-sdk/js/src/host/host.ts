/**
 * Hosts a core, which decides: steps it, keeps its rows and its line, tells tabs what has changed.
 */

import type { Credential, ErrorCode } from "../api.js";
import type { ConversationId, DocumentId } from "../views.js";
import type { Call, HostEvent, ToHost, Topic } from "../protocol.js";
import { TravellingMedium } from "../store/memory.js";
import { KEYRING_ROW, readOpening } from "../store/table.js";
import { isDone, Signals } from "./calls.js";
import { type Core, type CoreEvent, isTrap, readFault, type Step } from "./core.js";
import type { Environment } from "./environment.js";
import { Files, faultOf } from "./files.js";
import { Following } from "./following.js";
import { crossed, happened } from "./happenings.js";
import { Line } from "./line.js";
import { PeopleBook } from "./people.js";
import { Tabs } from "./tabs.js";
import { Telling } from "./telling.js";
import { textOf } from "./topics.js";

/** Milliseconds after which words from before are shown on a slow line; see the core. */
const CHECKING_MILLIS = 3_000;
/** Milliseconds after which somebody who typed is told to have stopped, and a little. */
const SIGNAL_MILLIS = 10_100;
/** Milliseconds to wait after a store that failed; doubled with each failure, up to the longest. */
const STORE_WAIT_MILLIS = 500;
const STORE_LONGEST_MILLIS = 30_000;

type Made = { conversation?: ConversationId };
type CallMessage = Extract<ToHost, { kind: "call" }>;

export class Host {
  readonly #env: Environment;
  readonly #line: Line;
  readonly #tabs = new Tabs();
  readonly #people: PeopleBook;
  readonly #following: Following;
  readonly #files: Files;
  readonly #telling: Telling;
  readonly #signals = new Signals();
  #core!: Core;
  #turn: Promise<void> = Promise.resolve();
  #wanted: "online" | "offline";
  #online = true;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #toldUnreachable = false;
  /** Whether there was a line: what was shown since stays, as of then. */
  #wasReached = false;
  #ended = false;
  #storeFailures = 0;
  #storeRestsUntil = 0;
  /** Counts the cores there were: what came for one is not for the next. */
  #life = 0;

  private constructor(env: Environment) {
    this.#env = env;
    this.#wanted = env.start.network;
    this.#telling = new Telling(
      this.#tabs,
      (topic) => {
        const [uploads, { people }] = [this.#files.uploads(), this.#people];
        return textOf(topic, { core: this.#core, mode: env.mode, people, uploads });
      },
      (tab, message) => env.post(tab, message),
      (error) => this.#input(() => Promise.reject(error as Error)),
    );
    this.#people = new PeopleBook(env.start.server, env.table, () => this.#core.token() ?? null);
    this.#following = new Following({
      core: () => this.#core,
      table: env.table,
      tabs: this.#tabs,
      followsNewest: env.start.followNewest,
      documentPrefix: (document) => env.documentPrefix(document),
      carryOut: (step) => this.#carryOut(step),
      input: (run) => this.#input(run),
      opened: () => setTimeout(() => this.#telling.soon(), CHECKING_MILLIS + 50),
    });
    this.#files = new Files({
      server: env.start.server,
      table: env.table,
      core: () => this.#core,
      token: () => this.#core.token() ?? null,
      isLive: () => !this.#ended && this.#core.is_welcome(),
      open: (conversation) => this.#following.open(conversation),
      input: (run) => this.#input(run),
      event: (event) => this.#event(event),
      changed: () => this.#telling.soon(),
    });
    this.#line = new Line(env.start.server, env.socket, {
      opened: () => this.#ofThisLife(() => this.#connected()),
      frame: (bytes) => this.#ofThisLife(() => this.#frame(bytes)),
      unreachable: (reason) => this.#ofThisLife(() => this.#unreachable(reason)),
      ended: (lasted, byPeer) =>
        this.#ofThisLife(async () => {
          await this.#carryOut(this.#core.disconnected(lasted, byPeer, Date.now()) as Step);
          this.#connectLater();
        }),
    });
  }

  /** An input that is dropped when another core has taken this one's place meanwhile. */
  #ofThisLife(run: () => Promise<void>): void {
    const life = this.#life;
    this.#input(() => (life === this.#life ? run() : Promise.resolve()));
  }

  /** Opens the core on what the table has, and connects. */
  static async open(env: Environment): Promise<Host> {
    const host = new Host(env);
    await host.#openCore();
    if (host.#wanted === "online") host.#connectNow();
    host.#input(() => host.#following.followNewest());
    return host;
  }

  /** A tab says something. */
  receive(tab: string, message: ToHost): void {
    switch (message.kind) {
      case "hello":
        this.#env.post(tab, { kind: "ready" });
        this.#telling.again(...this.#tabs.arrive(tab));
        this.#telling.soon();
        return;
      case "here":
        this.#telling.again(...this.#tabs.arrive(tab));
        this.#input(() => this.#takeCredential(message.start.credential));
        return;
      case "subscribe":
        this.#telling.again(...this.#tabs.arrive(tab), message.topic);
        this.#tabs.subscribe(tab, message.topic);
        this.#input(() => this.#follow(message.topic));
        return;
      case "unsubscribe":
        this.#tabs.unsubscribe(tab, message.topic);
        this.#left([message.topic]);
        return;
      case "call":
        if (!this.#tabs.isNew(tab, message.id)) return;
        // Waits for the network, and nothing waits for it.
        if (message.call.call === "file") void this.#fetch(tab, message);
        else this.#input(() => this.#answer(tab, message));
        return;
      case "line":
        this.#lineChanged(message.online);
        return;
      case "bye":
        this.#left(this.#tabs.depart(tab));
    }
  }

  #left(topics: readonly Topic[]): void {
    this.#telling.unwatched(...topics);
    for (const topic of topics) this.#following.linger(topic);
  }

  async #follow(topic: Topic): Promise<void> {
    try {
      await this.#following.follow(topic);
    } catch (error) {
      if (readFault(error).code !== "too_many_open") throw error;
      const problem = { document: null, reason: "too_much", retry_after_millis: null } as const;
      this.#event({ name: "problem", detail: problem });
    }
  }

  /** Ends it: the line is closed; what is durable stays. */
  async end(): Promise<void> {
    clearTimeout(this.#retry);
    this.#following.end();
    this.#files.end();
    this.#wanted = "offline";
    this.#line.close();
    await this.#turn;
    this.#ended = true;
    this.#telling.end();
    this.#env.table.close();
  }

  /** One is needed for a first contact only; the last that somebody gave counts. */
  #takeCredential(given: Credential | null): Promise<void> {
    if (given !== null && this.#core.identity() === "null") {
      this.#env.start.credential = given;
      if (this.#wanted === "online") {
        this.#core.forget_failures();
        this.#connectNow();
      }
    }
    return Promise.resolve();
  }

  /** One input at a time: what it made is durable before the next. */
  #input(run: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      if (this.#ended) return;
      try {
        await run();
        this.#telling.soon();
      } catch (error) {
        await this.#failed(error).catch((again: unknown) => this.#trapped(again));
      }
    });
  }

  #trapped(error: unknown): void {
    this.#ended = true;
    this.#telling.end();
    this.#line.close();
    this.#env.trapped(readFault(error).message);
  }

  async #openCore(): Promise<void> {
    const { table, medium, mode } = this.#env;
    const { keys, head } = this.#env.opening ?? (await readOpening(table));
    // Of the first time only.
    this.#env.opening = null;
    const steps: Step[] = [];
    this.#core = this.#env.make(keys, head, medium, mode, (step) => steps.push(step));
    this.#people.read(head);
    this.#files.read(head);
    for (const step of steps) await this.#carryOut(step);
  }

  /** Something failed between the core and its rows: the core is thrown away, the rows are not. */
  async #failed(error: unknown): Promise<void> {
    const { code, message } = readFault(error);
    if (isTrap(error) || (code !== "store" && code !== "malformed")) return this.#trapped(error);
    if (code === "malformed") return;
    this.#event({ name: "store", detail: { reason: message } });
    this.#life += 1;
    this.#line.close();
    // What the server brings would fail as well while there is no room.
    this.#storeFailures += 1;
    const bound = Math.min(STORE_WAIT_MILLIS * 2 ** this.#storeFailures, STORE_LONGEST_MILLIS);
    this.#storeRestsUntil = Date.now() + bound;
    this.#core.free();
    await this.#openCore();
    this.#telling.release();
    for (const topic of this.#tabs.topics()) await this.#follow(topic);
    await this.#following.followNewest();
    this.#connectAfter(0);
    this.#telling.soon();
  }

  /** Does what follows from an input: what is sent or told is durable. */
  async #carryOut(step: Step, beside: Uint8Array[] = []): Promise<void> {
    await this.#commit(step, beside);
    for (let at = 0; at + 2 < step.frames.length; at += 3) {
      const [name, about, bytes] = step.frames.slice(at, at + 3);
      if (typeof name !== "string" || !(bytes instanceof Uint8Array)) continue;
      this.#line.send(name, bytes);
      this.#event(crossed("sent", name, about, bytes.length));
    }
    for (const document of JSON.parse(step.removed) as DocumentId[]) {
      this.#event({ name: "removed", detail: { document } });
    }
    for (const event of JSON.parse(step.events) as CoreEvent[]) this.#coreTold(event);
    if (step.wiped) return this.#wiped();
    if (step.disconnect) this.#line.close();
    const load = JSON.parse(step.load) as DocumentId[];
    for (const document of load) await this.#following.load(document);
  }

  async #commit(step: Step, beside: Uint8Array[]): Promise<void> {
    const { table, medium } = this.#env;
    this.#telling.hold();
    const changes = { clear: step.clear, puts: [...step.puts, ...beside], deletes: step.deletes };
    const travels = medium instanceof TravellingMedium ? medium : null;
    const keys = travels?.take() ?? null;
    if (keys !== null) changes.puts.push(KEYRING_ROW, keys);
    if (changes.clear || changes.puts.length > 0 || changes.deletes.length > 0) {
      await table.commit(changes);
      this.#storeFailures = 0;
    }
    this.#core.committed();
    this.#telling.release();
    const erased = travels?.take() ?? null;
    if (erased !== null) {
      await table.commit({ clear: false, puts: [KEYRING_ROW, erased], deletes: [] });
    }
  }

  async #answer(tab: string, { id, call, again }: CallMessage): Promise<void> {
    try {
      const made = await this.#called(call);
      this.#env.post(tab, { kind: "answer", id, made });
    } catch (error) {
      // A tab that is not answered asks the next host.
      if (isTrap(error)) throw error;
      const fault = readFault(error);
      if (again && isDone(call, fault.code)) {
        this.#env.post(tab, { kind: "answer", id, made: {} });
        return;
      }
      this.#env.post(tab, { kind: "fault", id, ...fault, code: fault.code as ErrorCode });
      if (fault.code === "store") throw error;
    }
  }

  async #fetch(tab: string, { id, call }: CallMessage): Promise<void> {
    if (call.call !== "file") return;
    try {
      const made = await this.#files.fetch(call.document, call.message, call.attachment);
      this.#env.post(tab, { kind: "answer", id, made });
    } catch (error) {
      this.#env.post(tab, { kind: "fault", id, ...faultOf(error) });
    }
  }

  async #send(call: Extract<Call, { call: "send" }>): Promise<unknown> {
    const { as, conversation, message, text, files } = call;
    const kind = as === "note" ? "team" : "timeline";
    const attached = await this.#files.attach({ conversation, kind }, message, files);
    const attachments = attached.map(({ attachment }) => JSON.parse(attachment) as unknown);
    const rows = attached.flatMap((one) => one.rows);
    const made = await this.#command({ [as]: { conversation, message, text, attachments } }, rows);
    this.#files.add(attached);
    return made;
  }

  async #called(call: Call): Promise<unknown> {
    switch (call.call) {
      case "file":
        return null;
      case "send":
        return this.#send(call);
      case "command":
        return this.#command(call.command);
      case "token":
        return this.#core.token() ?? null;
      case "network":
        this.#setWanted(call.wanted);
        return null;
      case "log_out":
        return this.#logOut(call.unsent);
      case "wipe":
        await this.#carryOut(this.#core.wipe(Date.now()) as Step);
        return null;
      case "settled":
        return this.#core.connection() === "live" && this.#core.waiting() === 0;
    }
  }

  async #logOut(unsent: "keep" | "lose"): Promise<"asked" | "offline"> {
    const waiting = this.#core.unsent();
    if (unsent === "keep" && waiting > 0) {
      throw JSON.stringify({ code: "unsent", message: `${waiting} things were not sent yet` });
    }
    if (!this.#core.is_welcome()) {
      if (unsent === "lose") return "offline";
      throw JSON.stringify({ code: "offline", message: "there is no connection: go online first" });
    }
    await this.#files.giveUp();
    await this.#command({ log_out: {} });
    return "asked";
  }

  async #command(command: unknown, beside: Uint8Array[] = []): Promise<Made> {
    if (this.#signals.isTooSoon(command)) return {};
    for (const part of Object.values(command as Record<string, Record<string, unknown>>)) {
      const document = part.document as DocumentId | undefined;
      const conversation = (part.conversation as string | undefined) ?? document?.conversation;
      if (conversation !== undefined) await this.#following.open(conversation);
    }
    const step = this.#core.command(JSON.stringify(command), Date.now()) as Step;
    await this.#carryOut(step, beside);
    const made = JSON.parse(step.made ?? "{}") as Made;
    if (made.conversation !== undefined) this.#following.linger(`conversation:${made.conversation}`);
    return made;
  }

  async #connected(): Promise<void> {
    this.#toldUnreachable = false;
    this.#wasReached = true;
    const credential = JSON.stringify(this.#env.start.credential);
    await this.#carryOut(this.#core.connected(credential, Date.now()) as Step);
    if (this.#core.connection() === "offline") this.#line.close();
  }

  async #frame(bytes: Uint8Array): Promise<void> {
    let step: Step;
    try {
      step = this.#core.frame(bytes, Date.now()) as Step;
    } catch (error) {
      if (isTrap(error) || readFault(error).code !== "malformed") throw error;
      const problem = { document: null, reason: "malformed", retry_after_millis: null } as const;
      this.#event({ name: "problem", detail: problem });
      this.#line.close();
      return;
    }
    this.#event(crossed("received", step.name ?? "?", step.about, bytes.length));
    await this.#carryOut(step);
    if (step.name === "welcome") {
      // From here on the token in the store is the credential.
      this.#env.start.credential = null;
      for (const topic of this.#tabs.topics()) await this.#follow(topic);
      await this.#following.followNewest();
      this.#refreshPeople();
    }
    this.#files.heard(step.name);
    if (step.name === "feed") {
      await this.#following.followNewest();
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
      // Who asks knows better than the browser.
      this.#online = true;
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
    if (!this.#wasReached) this.#core.trying(Date.now());
    setTimeout(() => this.#telling.soon(), CHECKING_MILLIS + 50);
    this.#openLine();
  }

  /** Nobody does: after a wait that is drawn, so that clients do not come back together. */
  #connectLater(): void {
    const wait = this.#core.wait();
    if (wait !== undefined) this.#connectAfter(wait);
  }

  #connectAfter(millis: number): void {
    clearTimeout(this.#retry);
    const wait = Math.max(millis, this.#storeRestsUntil - Date.now());
    this.#retry = setTimeout(() => this.#ofThisLife(() => Promise.resolve(this.#openLine())), wait);
  }

  #openLine(): void {
    clearTimeout(this.#retry);
    const may = !this.#ended && this.#wanted === "online" && this.#online && !this.#line.isUsed;
    // Without an identity or anything to get one with there is nothing to say.
    const someone = this.#core.identity() !== "null" || this.#env.start.credential !== null;
    if (may && someone) this.#line.open();
  }

  #refreshPeople(): void {
    void this.#people.fetch().then((changed) => {
      if (changed) this.#input(() => this.#people.keep());
    });
  }

  /** Everything is erased: this host does nothing more. */
  #wiped(): void {
    clearTimeout(this.#retry);
    this.#wanted = "offline";
    this.#env.start.credential = null;
    this.#people.forget();
    this.#files.end();
    this.#line.close();
    // What pages show goes with it; until then they can take along what was typed there.
    this.#event({ name: "wiped", detail: {} });
    this.#ended = true;
    this.#telling.end();
  }

  #coreTold(event: CoreEvent): void {
    if (event.signals !== undefined) setTimeout(() => this.#telling.soon(), SIGNAL_MILLIS);
    for (const one of happened(event)) this.#event(one);
  }

  #event(event: HostEvent): void {
    this.#env.post(null, { kind: "event", event });
  }
}
