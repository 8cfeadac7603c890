import type { MessageView } from "@rejoinder/client";
import { beforeEach, expect, test, vi } from "vitest";
import { FakeClient, type FakeConversation } from "../dev/fake";
import { ME, view } from "../dev/scenes";
import { isComposing } from "../src/app/ui/keys";
import { LIVE, page, visitor } from "./cast";

beforeEach(() => void page());

const SAID: MessageView = {
  id: "m",
  author: ME,
  source: "visitor",
  composed_at: 1,
  at: 1,
  seq: 1,
  words: { said: { text: "before" } },
  edited_at: null,
  delivery: "sent",
  change: null,
};

/** A visitor who has said something, and whose next edits are carried out when told. */
async function writer() {
  const { Composing } = await import("../src/app/composing");
  const client = new FakeClient({ ...LIVE, views: [view("c", [SAID])] });
  const made = await visitor([client]);
  const composing = new Composing(made.thread);
  await made.session.start();
  const conversation = client.conversations.get("c") as FakeConversation;
  const edits: string[] = [];
  let carryOut = () => {};
  conversation.edit = async (_, text) => {
    edits.push(text);
    await new Promise<void>((resolve) => {
      carryOut = resolve;
    });
  };
  const done = async () => {
    carryOut();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { ...made, client, composing, conversation, edits, done };
}

test("Enter twice makes one edit, and gives back what stood there before", async () => {
  const { composing, edits, done } = await writer();
  composing.type("put aside");
  composing.edit("c", SAID);
  composing.type("after");
  composing.submit();
  composing.submit();
  await done();
  expect(edits).toEqual(["after"]);
  expect(composing.editing.value).toBeNull();
  expect(composing.text.value).toBe("put aside");
});

test("Esc while an edit is handed over loses nothing", async () => {
  const { composing, done } = await writer();
  composing.type("put aside");
  composing.edit("c", SAID);
  composing.type("after");
  composing.submit();
  composing.cancel();
  await done();
  expect(composing.text.value).toBe("put aside");
});

test("what is typed while an edit is handed over is the next edit", async () => {
  const { composing, edits, done } = await writer();
  composing.edit("c", SAID);
  composing.type("after");
  composing.submit();
  composing.type("after that");
  await done();
  expect(composing.text.value).toBe("after that");
  expect(composing.editing.value?.message).toBe("m");
  composing.submit();
  await done();
  expect(edits).toEqual(["after", "after that"]);
  expect(composing.editing.value).toBeNull();
});

test("an edit without a client is kept, and says so", async () => {
  const { composing, session } = await writer();
  composing.edit("c", SAID);
  composing.type("after");
  session.client.value = null;
  composing.submit();
  expect(composing.text.value).toBe("after");
  expect(composing.editing.value?.message).toBe("m");
  expect(composing.error.value).toContain("Try again");
});

test("what was just typed is kept when an edit begins", async () => {
  const { composing, conversation } = await writer();
  composing.type("put aside");
  composing.edit("c", SAID);
  await vi.waitFor(() => {
    expect(conversation.drafts).toContainEqual({ text: "put aside", message: undefined });
  });
});

test("a recall takes an edit and its question, not what was put aside", async () => {
  const { composing, conversation } = await writer();
  composing.type("put aside");
  composing.edit("c", SAID);
  composing.type("4111 1111 1111 1111");
  composing.submit();
  expect(composing.asked.value).toBe("card");
  conversation.replace("m", { words: "recalled" });
  expect(composing.asked.value).toBeNull();
  expect(composing.editing.value).toBeNull();
  expect(composing.text.value).toBe("put aside");
});

test("a message is no draft once it is on its way", async () => {
  const { Composing } = await import("../src/app/composing");
  const client = new FakeClient(LIVE);
  const { session, thread, said } = await visitor([client]);
  const composing = new Composing(thread);
  await session.start();
  composing.type("hello");
  void composing.save();
  composing.submit();
  await vi.waitFor(() => expect(said()).toEqual(["hello"]));
  const [conversation] = [...client.conversations.values()];
  expect(conversation?.drafts.map(({ text }) => text)).not.toContain("hello");
});

test("whoever logs out takes what they were typing with them", async () => {
  const { composing, session } = await writer();
  composing.type("put aside");
  composing.edit("c", SAID);
  await session.logOut("keep");
  expect([composing.text.value, composing.editing.value]).toEqual(["", null]);
  composing.cancel();
  expect(composing.text.value).toBe("");
});

test("a visitor is offered what the site allows, and to take back what was not sent", async () => {
  const { Chat } = await import("../src/app/chat");
  const { session } = await writer();
  const chat = new Chat(session);
  const row = { type: "message", key: "m", conversation: "c", message: SAID } as const;
  const own = { ...row, own: true, closed: false, first: true, last: true };
  const waits = { ...own, message: { ...SAID, at: null, delivery: "waiting" as const } };
  const may = (one: typeof own | typeof waits) => [chat.mayEdit(one), chat.mayRecall(one)];
  expect(may(own)).toEqual([false, false]);
  expect(may(waits)).toEqual([false, true]);
  session.site.info.value = {
    site: "s",
    name: "Shop",
    mode: "live_chat",
    human_support: true,
    visitor_edit: true,
    visitor_recall: true,
    greeting: "",
    offline_message: "",
    offline_mode: "message",
    theme_color: "#3350b4",
    online: false,
    agents: [],
  };
  expect(may(own)).toEqual([true, true]);
  expect(may({ ...own, closed: true })).toEqual([false, true]);
  expect(may({ ...own, own: false })).toEqual([false, false]);
});

test("a key of an input method is none of the chat's", () => {
  expect(isComposing({ isComposing: true, keyCode: 13 })).toBe(true);
  expect(isComposing({ isComposing: false, keyCode: 229 })).toBe(true);
  expect(isComposing({ isComposing: false, keyCode: 13 })).toBe(false);
});

test("UI9 what was typed before anything was said is there on the next page", async () => {
  const { Composing } = await import("../src/app/composing");
  const client = new FakeClient(LIVE);
  const { session, thread } = await visitor([client]);
  const composing = new Composing(thread);
  await session.start();
  composing.type("Hello, is");
  await composing.save();
  const [begun] = [...client.conversations.values()];
  expect(client.inbox.value, "no list has it yet").toEqual([]);
  const next = new FakeClient(LIVE);
  next.conversation(begun?.id ?? "");
  next.conversations.get(begun?.id ?? "")?.turn({ drafts: begun?.view.value?.drafts ?? [] });
  const after = await visitor([next]);
  const there = new Composing(after.thread);
  await after.session.start();
  expect(there.text.value).toBe("Hello, is");
});
