import { type Client, RejoinderError } from "@rejoinder/client";
import { beforeEach, expect, test, vi } from "vitest";
import { ScriptedClient } from "../dev/client.js";
import { logIn, logOut, stage, start } from "../src/state/session.js";

const browser = vi.hoisted(() => ({ connect: async (): Promise<unknown> => null }));
vi.mock("../src/sdk.js", () => ({
  connect: () => browser.connect(), makeWorker: () => null,
  fetchApi: async () => new Response("[]"),
}));

/** As in a browser, a store is open once at a time. */
let holder: Client | null = null;

class StoredClient extends ScriptedClient {
  override readonly ready: Promise<void>;

  constructor(fails = false, password = "right") {
    super({ server: "", profile: "desk", credential: { password: { email: "", password } } });
    this.ready = holder || fails ? Promise.reject(new RejoinderError("store", "it is taken"))
      : Promise.resolve();
    this.ready.catch(() => undefined);
    holder ??= this;
  }

  override async logOut(): Promise<void> {
    await super.logOut();
    this.emit("wiped", {});
    throw new RejoinderError("wiped", "calls that were under way end with it");
  }

  override async close(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (holder === this) {
      holder = null;
    }
  }
}

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("location", { origin: "", pathname: "/desk" });
  vi.stubGlobal("history", { replaceState() {}, pushState() {} });
  vi.stubGlobal("window", {});
  holder = null;
  browser.connect = async () => new StoredClient();
});

test("whoever logged out can log in again on the same page", async () => {
  await logIn("sue@demo.example", "right");
  const first = stage.peek();
  if (first.at !== "desk") {
    throw new Error(`not logged in: ${JSON.stringify(first)}`);
  }
  await logOut(first.desk, "lose");
  expect(stage.peek()).toMatchObject({ at: "login", farewell: "loggedOut" });
  await logIn("sue@demo.example", "right");
  expect(stage.peek().at).toBe("desk");
});

test("a client that could not open its store is closed, and the next one opens it", async () => {
  browser.connect = async () => new StoredClient(true);
  await start();
  expect(stage.peek()).toMatchObject({ at: "login", failure: { code: "storeBusy" } });
  browser.connect = async () => new StoredClient();
  await logIn("sue@demo.example", "right");
  expect(stage.peek().at).toBe("desk");
});

test("a log-in that failed lets go of the store", async () => {
  browser.connect = async () => new StoredClient(false, "wrong");
  await logIn("sue@demo.example", "wrong");
  expect(stage.peek()).toMatchObject({ at: "login", failure: { code: "credential" } });
  browser.connect = async () => new StoredClient();
  await logIn("sue@demo.example", "right");
  expect(stage.peek().at).toBe("desk");
});
