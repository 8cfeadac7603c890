import type { ConversationView, MessageView } from "@rejoinder/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ScriptedClient } from "../dev/client.js";
import { fetchApi } from "../dev/directory.js";
import { merge } from "../src/model/timeline.js";
import { Desk } from "../src/state/desk.js";
import { formerOf, hasFormer, type Place, standing } from "../src/state/former.js";
import { route } from "../src/state/route.js";

vi.mock("../src/sdk.js", async () => ({
  fetchApi: (await import("../dev/directory.js")).fetchApi,
}));

let client: ScriptedClient;
let desk: Desk;
let place: Place;
let edited: MessageView;
const view = () => desk.view.peek() as ConversationView;

beforeEach(() => {
  vi.stubGlobal("sessionStorage", { getItem: () => "yes", setItem() {}, removeItem() {} });
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("window", {});
  vi.stubGlobal("location", { href: "https://desk.example/" });
  client = new ScriptedClient({ server: "", profile: "desk" });
  desk = new Desk(client);
  for (const [conversation, { value }] of client.views) {
    const found = value && merge(value).find(({ message }) => message.edited_at !== null);
    if (found) {
      place = { conversation, kind: found.kind, message: found.message.id };
      edited = found.message;
    }
  }
  route.value = { page: "inbox", conversation: place.conversation };
});

afterEach(() => {
  desk.dispose();
  formerOf.value = null;
  vi.unstubAllGlobals();
});

test("UI40 only edited messages of sites that keep former words lead to them", async () => {
  expect(typeof fetchApi).toBe("function");
  expect(hasFormer(desk, view(), edited)).toBe(false);
  await desk.directory.keepFormer.refresh();
  expect(desk.directory.keepFormer.value).toHaveLength(1);
  expect(hasFormer(desk, view(), edited)).toBe(true);
  expect(hasFormer(desk, view(), { ...edited, edited_at: null })).toBe(false);
  expect(hasFormer(desk, view(), { ...edited, words: "recalled" })).toBe(false);
  expect(hasFormer(desk, view(), { ...edited, seq: null }), "not sent yet").toBe(false);
  expect(hasFormer(desk, null, edited)).toBe(false);
  desk.directory.keepFormer.set(() => []);
  expect(hasFormer(desk, view(), edited)).toBe(false);
});

test("UI3 UI40 a recall takes former words off the screen, before the view tells of it and after", () => {
  formerOf.value = place;
  client.emit("recalled", {
    document: { conversation: place.conversation, kind: place.kind }, message: "another",
  });
  expect(formerOf.peek()).toEqual(place);
  expect(standing(view(), place)?.id).toBe(place.message);
  client.emit("recalled", {
    document: { conversation: place.conversation, kind: place.kind }, message: place.message,
  });
  expect(formerOf.peek()).toBeNull();
  client.alter(place.conversation, (one) => ({ ...one, timeline: { ...one.timeline,
    messages: one.timeline.messages.map((message) => message.id === place.message
      ? { ...message, words: "recalled" as const } : message) } }));
  expect(standing(view(), place)).toBeNull();
  expect(standing(null, place)).toBeNull();
});
