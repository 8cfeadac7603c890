import type { ConversationView, Freshness, MessageId } from "@rejoinder/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ScriptedClient } from "../dev/client.js";
import { merge, textOf } from "../src/model/timeline.js";
import { beginEdit, editing } from "../src/state/composing.js";
import { Desk } from "../src/state/desk.js";
import { route } from "../src/state/route.js";

vi.mock("../src/sdk.js", () => ({ fetchApi: async () => new Response("[]") }));

let client: ScriptedClient;
let desk: Desk;
let conversation: string;
let message: MessageId;
const place = () => ({ kind: "timeline" as const, message });
const view = () => desk.view.peek() as ConversationView;
const inField = (of = view()) => desk.drafts.text(of, place(), "the words").peek();
const become = (freshness: Freshness) => client.alter(conversation, (one) => ({ ...one, freshness }));

beforeEach(() => {
  vi.stubGlobal("sessionStorage", { getItem: () => "yes", setItem() {}, removeItem() {} });
  vi.stubGlobal("navigator", { onLine: true });
  client = new ScriptedClient({ server: "", profile: "desk" });
  desk = new Desk(client);
  const own = [...client.views].flatMap(([id, { value }]) =>
    value ? merge(value).filter((entry) => entry.kind === "timeline"
      && desk.me.peek().has(entry.message.author) && textOf(entry.message) !== null)
      .map((entry) => ({ id, message: entry.message.id })) : []);
  ({ id: conversation, message } = own[0] ?? { id: "", message: "" });
  route.value = { page: "inbox", conversation };
  beginEdit({ conversation, ...place() });
});

afterEach(() => {
  desk.dispose();
  editing.value = null;
  vi.unstubAllGlobals();
});

test("a recall from elsewhere empties an edit, before the view tells of it and after", async () => {
  const before = view();
  expect(inField()).toBe("the words");
  client.emit("recalled", { document: { conversation, kind: "timeline" }, message });
  expect(inField(before)).toBe("");
  desk.drafts.type(conversation, place(), "typed after it");
  expect(inField(before)).toBe("");
  await client.conversation(conversation).recall(message);
  expect(inField()).toBe("");
  expect(editing.peek()).toBeNull();
});

test("one's own recall ends an edit without a word of the server", async () => {
  expect(inField()).toBe("the words");
  await client.goOffline();
  await client.conversation(conversation).recall(message);
  expect(editing.peek()).toBeNull();
  expect(inField()).toBe("");
});

test("an edit of a message that is gone ends", () => {
  client.alter(conversation, (one) => ({ ...one, freshness: "checking",
    timeline: { ...one.timeline, messages: [] } }));
  expect(editing.peek()).not.toBeNull();
  become("live");
  expect(editing.peek()).toBeNull();
});

test("an edit shows nothing until it is known what was recalled, and loses nothing", () => {
  become("checking");
  expect(inField()).toBe("");
  become("live");
  expect(inField()).toBe("the words");
  desk.drafts.type(conversation, place(), "the words, typed over");
  become("checking");
  expect(inField()).toBe("");
  become("live");
  expect(inField()).toBe("the words, typed over");
});

test("an edit of another message, or a new one, is left alone", async () => {
  const typed = { kind: "timeline" as const, message: null };
  desk.drafts.text(view(), typed);
  desk.drafts.type(conversation, typed, "a reply");
  client.emit("recalled", { document: { conversation, kind: "timeline" }, message: "another" });
  expect(editing.peek()).not.toBeNull();
  become("checking");
  expect(desk.drafts.text(view(), typed).peek()).toBe("a reply");
});

test("an edit that is saved after another conversation was opened leaves no draft", async () => {
  desk.drafts.text(view(), place(), "the words");
  desk.drafts.type(conversation, place(), "other words");
  desk.drafts.flush();
  const drafts = () => client.views.get(conversation)?.value?.drafts
    .filter((draft) => draft.message === message);
  expect(drafts()).toHaveLength(1);
  const other = [...client.views.keys()].find((id) => id !== conversation) ?? null;
  route.value = { page: "inbox", conversation: other };
  await desk.settleLost(conversation, place());
  expect(drafts()).toHaveLength(0);
});
