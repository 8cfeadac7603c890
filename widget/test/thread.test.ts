import { effect } from "@preact/signals";
import { beforeEach, expect, test, vi } from "vitest";
import { FakeClient } from "../dev/fake";
import { view } from "../dev/scenes";
import { LIVE, page, visitor } from "./cast";

beforeEach(() => void page());

test("what is typed before the first contact is sent once, in its order", async () => {
  const client = new FakeClient({ ...LIVE, contact: false, connection: "offline" });
  const { session, thread, said } = await visitor([client]);
  thread.say("one");
  await session.start();
  thread.say("two");
  thread.say("three");
  expect(thread.queued.value.map((one) => one.text)).toEqual(["one", "two", "three"]);
  expect(said()).toEqual([]);
  await client.goOnline();
  await vi.waitFor(() => expect(said()).toEqual(["one", "two", "three"]));
  expect(thread.queued.value).toEqual([]);
  expect(client.conversations.size).toBe(1);
});

test("what is not taken says why, keeps its words, and holds nothing up", async () => {
  const { session, thread, said } = await visitor([new FakeClient(LIVE)]);
  await session.start();
  thread.say("full");
  thread.say("after");
  await vi.waitFor(() => expect(said()).toEqual(["after"]));
  expect(thread.queued.value[0]?.text).toBe("full");
  expect(thread.queued.value[0]?.failed).toContain("Go online");
  thread.discard(thread.queued.value[0]?.key ?? "");
  expect(thread.queued.value).toEqual([]);
});

test("who was wiped goes on as somebody new, with what was not sent", async () => {
  const waits = {
    id: "m",
    author: "me",
    source: "visitor" as const,
    composed_at: 1,
    at: null,
    seq: null,
    words: { said: { text: "not sent yet" } },
    edited_at: null,
    delivery: "waiting" as const,
    change: null,
  };
  // Its fate came, and the log has not brought it yet: the server has it.
  const words = { said: { text: "accepted" } };
  const accepted = { ...waits, id: "a", words, delivery: "sent" as const };
  const first = new FakeClient({ ...LIVE, views: [view("c", [accepted, waits])] });
  const second = new FakeClient(LIVE);
  const { session, said } = await visitor([first, second]);
  session.remember("an old token");
  await session.start();
  expect(said()).toEqual(["accepted", "not sent yet"]);
  first.tell("wiped", {});
  await vi.waitFor(() => expect(session.client.value).toBe(second));
  await vi.waitFor(() => expect(said()).toEqual(["not sent yet"]));
  expect(second.conversations.size).toBe(1);
  expect(session.banners.all.value.map(({ id }) => id)).toContain("wiped");
});

test("a conversation that is erased from this device leaves the thread", async () => {
  const client = new FakeClient(LIVE);
  const { session, thread } = await visitor([client]);
  await session.start();
  thread.say("hello");
  await vi.waitFor(() => expect(thread.sections.value.length).toBe(1));
  const id = thread.current.value ?? "";
  client.inbox.set([]);
  client.tell("removed", { document: { conversation: id, kind: "timeline" } });
  expect(thread.sections.value).toEqual([]);
});

test("a first message and its draft begin one conversation", async () => {
  const client = new FakeClient(LIVE);
  const { session, thread } = await visitor([client]);
  await session.start();
  const [one, other] = await Promise.all([thread.ensure(), thread.ensure()]);
  expect(one).toBe(other);
  expect(client.conversations.size).toBe(1);
});

test("a message that is shown before it is told is not there twice", async () => {
  const client = new FakeClient({ ...LIVE, views: [view("c", [])] });
  const { session, thread, said } = await visitor([client]);
  await session.start();
  const waiting = () => thread.queued.value.filter((one) => !one.went);
  const rows: number[] = [];
  effect(() => void rows.push(waiting().length + said().length));
  thread.say("hello");
  await vi.waitFor(() => expect(said()).toEqual(["hello"]));
  await new Promise((resolve) => setTimeout(resolve));
  expect(rows).not.toContain(2);
  const [message] = thread.view.value?.timeline.messages ?? [];
  expect(thread.written.value.get(message?.id ?? "")).toBe("queued 1");
});

test("what is given up while it waits is not sent", async () => {
  const client = new FakeClient({ ...LIVE, contact: false, connection: "offline" });
  const { session, thread, said } = await visitor([client]);
  await session.start();
  thread.say("one");
  thread.say("two");
  thread.discard(thread.queued.value[0]?.key ?? "");
  await client.goOnline();
  await vi.waitFor(() => expect(said()).toEqual(["two"]));
});
