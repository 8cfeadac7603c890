import { vi } from "vitest";
import { FakeClient } from "../dev/fake";
import type { Scene } from "../dev/scenes";
import type { ConnectOptions } from "@rejoinder/client";
import type { Envelope, ToApp, ToHost } from "../src/bridge";

export const LIVE: Scene = {
  contact: true,
  connection: "live",
  storage: "durable",
  waiting: 0,
  views: [],
};

/** Nobody yet: the first contact comes with `goOnline`. */
export const NEW: Scene = { ...LIVE, contact: false, connection: "offline" };

export const SHOP = "https://shop.example";

/** A browser's page around the app, at `origin`, as far as the app needs one. */
export function page(origin = SHOP) {
  const said: ToHost[] = [];
  const listeners: ((event: unknown) => void)[] = [];
  const parent = {
    postMessage({ message }: Envelope<ToHost>, to: string): void {
      if (to === "null") throw new SyntaxError("not an origin");
      said.push(message);
    },
  };
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("parent", parent);
  vi.stubGlobal("addEventListener", (name: string, listener: (event: unknown) => void) => {
    if (name === "message") listeners.push(listener);
  });
  vi.stubGlobal("location", { hash: `#n=x&o=${origin}`, origin: "https://chat.example" });
  vi.stubGlobal("document", { visibilityState: "visible", addEventListener: () => {} });
  vi.stubGlobal("navigator", { language: "en", onLine: true });
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  const hear = (message: ToApp, from = origin) => {
    const event = { source: parent, origin: from, data: { rejoinder: "x", message } };
    for (const listener of listeners) listener(event);
  };
  const tokens = () => said.flatMap((one) => (one.type === "token" ? [one.token] : []));
  return { said, hear, tokens };
}

/** A visitor of that page: their session gets these clients, one after the other. */
export async function visitor(clients: (FakeClient | Promise<FakeClient>)[]) {
  const { Host } = await import("../src/app/host");
  const { Session } = await import("../src/app/session");
  const { Site } = await import("../src/app/site");
  const { Thread } = await import("../src/app/thread");
  const left = [...clients];
  const asked: ConnectOptions[] = [];
  const connect = (options: ConnectOptions) => {
    asked.push(options);
    return left.shift() ?? new FakeClient(LIVE);
  };
  const session = new Session(new Site("s"), new Host("s"), connect, () => {
    throw new Error("a scripted client has no worker");
  });
  const thread = new Thread(session);
  const said = () =>
    thread.sections.value.flatMap(({ view: one }) =>
      (one?.timeline.messages ?? []).map(({ words }) =>
        typeof words === "object" && "said" in words ? words.said.text : "",
      ),
    );
  const banners = () => session.banners.all.value.map(({ id }) => id);
  return { session, thread, said, asked, banners };
}
