/**
 * A tab's worker. One of all the tabs' workers leads: it has the store and the line to the server.
 * The others hand on what their pages say. When the leader is gone the next one takes its place,
 * and every page says again what it had said.
 */

import type { ErrorCode } from "./api.js";
import init, { Core } from "../dist/core/rejoinder.js";
import wasm from "../dist/core/rejoinder_bg.wasm?url";
import { readFault } from "./host/core.js";
import { Host } from "./host/host.js";
import { Sockets } from "./host/sockets.js";
import { LOST, openStore, type Store } from "./host/store.js";
import type { FromHost, Start, ToHost, ToWorker } from "./protocol.js";

/** What workers of one profile say to each other. */
type Between =
  | { to: "leader"; tab: string; message: ToHost }
  | { to: "tabs"; tab: string | null; message: FromHost };

const tab = crypto.randomUUID();
let host: Host | null = null;
let channel: BroadcastChannel | null = null;
let begun = false;
const watched = new Set<string>();

let take: (module: WebAssembly.Module | null) => void;
/** Compiled by the page meanwhile, where it can. */
const prepared = new Promise<WebAssembly.Module | null>((resolve) => {
  take = resolve;
}).then(async (given) => {
  await init({ module_or_path: given ?? (await WebAssembly.compileStreaming(fetch(wasm))) });
});
// Told to whom it concerns once it is asked for.
prepared.catch(() => {});

const post = (message: FromHost): void => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "core") return take(data.module);
  if (data.kind === "hello") {
    // Who waits for it may leave the page's thread free until then: a browser hands on what was
    // posted to a worker before it ran only once that thread has a moment.
    post({ kind: "awake" });
    if (!begun) void begin(data.start);
    begun = true;
    return;
  }
  if (host !== null) host.receive(tab, data);
  // Whoever leads takes it; a leader that comes later is told everything again.
  else channel?.postMessage({ to: "leader", tab, message: data } satisfies Between);
};

async function begin(start: Start): Promise<void> {
  if (start.memory || !("locks" in navigator)) {
    // Nothing is shared with other tabs: each is on its own.
    await lead({ ...start, memory: true });
    return;
  }
  const name = profileOf(start);
  try {
    const joined = join(name);
    channel = joined;
    const hello: Between = { to: "leader", tab, message: { kind: "hello", start } };
    // Both at once: a person waits for the first words.
    await Promise.all([
      held(lockOf(name, tab)).then(() => joined.postMessage(hello)),
      navigator.locks.request(name, async () => {
        // Who cannot lead lets the next one try.
        if (await lead(start)) await new Promise(() => {});
      }),
    ]);
  } catch (error) {
    if (host !== null) {
      // The lock was taken away: somebody else leads.
      post({ kind: "trapped", reason: "another tab has taken over" });
      return;
    }
    if (!(error instanceof DOMException)) throw error;
    channel?.close();
    channel = null;
    await lead({ ...start, memory: true });
  }
}

function join(name: string): BroadcastChannel {
  const joined = new BroadcastChannel(name);
  joined.onmessage = ({ data }: MessageEvent<Between>) => {
    if (data.to === "leader" && host !== null) {
      if (data.message.kind === "hello" || data.message.kind === "here") watchOver(name, data.tab);
      host.receive(data.tab, data.message);
    }
    if (data.to === "tabs" && (data.tab === null || data.tab === tab)) post(data.message);
  };
  return joined;
}

/** Resolves once a lock is held, which it is as long as this worker lives. */
function held(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const forEver = () => {
      resolve();
      return new Promise<never>(() => {});
    };
    navigator.locks.request(name, forEver).catch(reject);
  });
}

/** Whether this worker leads now. */
async function lead(start: Start): Promise<boolean> {
  const opening = openStore(profileOf(start), start.memory);
  opening.catch(() => {});
  const sockets = new Sockets();
  // Somebody who was here before has a server to ask while the store is read.
  if (start.network === "online" && start.credential !== null) sockets.prepare(start.server);
  try {
    await prepared;
  } catch (error) {
    opening.then((store) => store.close(), () => {});
    sockets.close();
    const unsupported = error instanceof WebAssembly.CompileError;
    const code: ErrorCode = unsupported ? "unsupported" : "no_contact";
    const problem = unsupported
      ? "this browser is too old for this chat: update it"
      : "the program could not be loaded: check the network and reload the page";
    post({ kind: "failed", code, message: problem });
    return false;
  }
  try {
    const store = await opening;
    let lost = store.lost;
    const leading = await open(store, start, sockets).catch(async (error: unknown) => {
      if (readFault(error).code !== "damaged") throw error;
      await store.erase();
      lost = LOST;
      return open({ ...store, opening: null }, start, sockets);
    });
    host = leading;
    host.receive(tab, { kind: "hello", start });
    // Every other page says again what it had said to whoever led before.
    channel?.postMessage({ to: "tabs", tab: null, message: { kind: "ready" } } satisfies Between);
    if (lost !== null) {
      post({ kind: "event", event: { name: "store", detail: { reason: lost } } });
    }
    return true;
  } catch (error) {
    sockets.close();
    post({ kind: "failed", code: "store", message: readFault(error).message });
    return false;
  }
}

/** What names a profile's store, its lock and its channel. */
function profileOf({ server, profile }: Start): string {
  return `rejoinder ${new URL(server).host} ${profile}`;
}

function open(store: Store, start: Start, sockets: Sockets): Promise<Host> {
  return Host.open({
    ...store,
    start,
    socket: (url) => sockets.open(url),
    make: (keys, head, medium, mode, opened) =>
      new Core(keys, head, medium, mode, crypto.getRandomValues(new Uint8Array(32)), opened),
    documentPrefix: (document) => Core.document_prefix(document),
    post: (to, message) => {
      if (to === null || to === tab) post(message);
      if (to !== tab) channel?.postMessage({ to: "tabs", tab: to, message } satisfies Between);
    },
    trapped: (reason) => post({ kind: "trapped", reason }),
  });
}

/** A page that crashed never says that it is gone: its worker held a lock as long as it lived. */
function watchOver(name: string, other: string): void {
  if (watched.has(other)) return;
  watched.add(other);
  void navigator.locks.request(lockOf(name, other), () => {
    watched.delete(other);
    host?.receive(other, { kind: "bye" });
  });
}

function lockOf(name: string, of: string): string {
  return `${name} tab ${of}`;
}
