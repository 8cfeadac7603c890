import type { InboxRow } from "@rejoinder/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ScriptedClient } from "../dev/client.js";
import { startAttention } from "../src/state/attention.js";
import { Desk } from "../src/state/desk.js";
import { startNotifications } from "../src/state/notifications.js";
import { change } from "../src/state/settings.js";

vi.mock("../src/sdk.js", () => ({ fetchApi: async () => new Response("[]") }));

const show = vi.fn();
let client: ScriptedClient;
let desk: Desk;
let stop: () => void;

const told = async () => {
  await vi.advanceTimersByTimeAsync(1);
  return show.mock.calls.length;
};

/** So many unread messages in one conversation of nobody's. */
function unread(count: number): void {
  const row: InboxRow = {
    conversation: "c", row: null, status: "waiting_for_human", closed: false, assignee: null,
    at: 1, preview: null, unread: count, waiting: 0, attention: 0,
  };
  client.inbox.set([row]);
}

beforeEach(() => {
  vi.useFakeTimers();
  show.mockClear();
  vi.stubGlobal("sessionStorage", { getItem: () => "yes", setItem() {}, removeItem() {} });
  vi.stubGlobal("Notification", { permission: "granted" });
  vi.stubGlobal("navigator", { onLine: true, serviceWorker: {
    getRegistration: async () => ({ showNotification: show, getNotifications: async () => [] }),
  } });
  vi.stubGlobal("window", { addEventListener() {} });
  vi.stubGlobal("document", {
    visibilityState: "hidden", hasFocus: () => false, addEventListener() {}, activeElement: null,
  });
  startAttention();
  change({ notify: true });
  client = new ScriptedClient({ server: "", profile: "desk" });
  client.connection.set("syncing");
  unread(0);
  desk = new Desk(client);
  stop = startNotifications(desk);
});

afterEach(() => {
  stop();
  desk.dispose();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("old unread messages are not told while the inbox is read", async () => {
  unread(2);
  client.connection.set("live");
  unread(3);
  client.connection.set("syncing");
  unread(5);
  client.connection.set("live");
  expect(await told()).toBe(0);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(await told()).toBe(0);
});

test("new ones are told, also those that came while there was no network", async () => {
  client.connection.set("live");
  await vi.advanceTimersByTimeAsync(4_000);
  unread(1);
  expect(await told()).toBe(1);
  client.connection.set("offline");
  client.connection.set("syncing");
  unread(2);
  expect(await told()).toBe(2);
  unread(1);
  expect(await told()).toBe(2);
});
