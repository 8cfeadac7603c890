import type { ConversationView, Freshness, MessageView } from "@rejoinder/client";
import { expect, test } from "vitest";
import {
  firstUnread,
  type Item,
  itemsOf,
  type Queued,
  reached,
  type Scene,
} from "../src/app/items";

const NOON = new Date(2026, 4, 3, 12).getTime();
const MINUTE = 60_000;
const ME = "ann";

function message(id: string, author: string, at: number | null, more = {}): MessageView {
  return {
    id,
    author,
    source: author === ME ? "visitor" : "agent",
    composed_at: at ?? NOON,
    at,
    seq: 1,
    words: { said: { text: id } },
    edited_at: null,
    delivery: at ? "sent" : "waiting",
    change: null,
    ...more,
  };
}

function view(messages: MessageView[], freshness: Freshness, closed = false): ConversationView {
  return {
    timeline: {
      conversation: "c",
      status: "active_human",
      closed,
      assignee: null,
      messages,
      seq: 9,
      waiting: 0,
    },
    team: null,
    freshness,
    drafts: [],
    active: [],
    recalls: [],
    outbox: [],
    unread: 0,
    row: null,
  };
}

function scene(views: ConversationView[], more: Partial<Scene> = {}): Scene {
  return {
    sections: views.map((one, place) => ({ conversation: `c${place}`, view: one })),
    queued: [],
    me: new Set([ME]),
    unreadFrom: null,
    written: new Map(),
    window: 50,
    now: NOON,
    ...more,
  };
}

const shape = (items: Item[]): string[] =>
  items.map((item) => (item.type === "message" ? item.message.id : item.type));

test("while the server is asked, nothing from before is shown", () => {
  const old = [message("a", "bo", NOON - MINUTE), message("b", ME, null)];
  expect(shape(itemsOf(scene([view(old, "checking")])))).toEqual(["skeleton"]);
});

test("what was just written is shown all the same", () => {
  const old = [message("a", "bo", NOON - MINUTE), message("b", ME, null)];
  const written = scene([view(old, "checking")], {
    written: new Map([
      ["a", "queued 1"],
      ["b", "queued 2"],
    ]),
  });
  expect(shape(itemsOf(written))).toEqual(["skeleton", "b"]);
});

test("without a network, what is here is shown", () => {
  const some = view([message("a", "bo", NOON - MINUTE)], { as_of: NOON });
  expect(shape(itemsOf(scene([some])))).toEqual(["a"]);
});

test("closed conversations read above, with a divider", () => {
  const closed = view([message("a", ME, NOON - 9 * MINUTE)], "live", true);
  const open = view([message("b", ME, NOON)], "live");
  expect(shape(itemsOf(scene([closed, open])))).toEqual(["a", "ended", "b"]);
  expect(shape(itemsOf(scene([closed])))).toEqual(["a"]);
});

test("days are told where they change, by the server's time", () => {
  const yesterday = NOON - 24 * 60 * MINUTE;
  const wrongClock = { composed_at: NOON + 48 * 60 * MINUTE };
  const some = view([message("a", "bo", yesterday), message("b", "bo", NOON, wrongClock)], "live");
  expect(shape(itemsOf(scene([some])))).toEqual(["day", "a", "day", "b"]);
});

test("messages of one author within five minutes stand together", () => {
  const some = view(
    [message("a", "bo", NOON), message("b", "bo", NOON + MINUTE), message("c", ME, NOON + MINUTE)],
    "live",
  );
  const ends = itemsOf(scene([some])).map((item) =>
    item.type === "message" ? [item.first, item.last] : [],
  );
  expect(ends).toEqual([
    [true, false],
    [false, true],
    [true, true],
  ]);
});

test("what is typed before the first contact waits, and never stands twice", () => {
  const queued: Queued = { key: "q", text: "hi", files: [], at: NOON, went: null, failed: null };
  expect(shape(itemsOf(scene([], { queued: [queued] })))).toEqual(["queued"]);
  const went = { ...queued, went: { conversation: "c0", message: "m" } };
  const arrived = scene([view([message("m", ME, null)], "live")], { queued: [went] });
  expect(shape(itemsOf(arrived))).toEqual(["m"]);
});

test("the window leaves out the oldest, over conversations", () => {
  const closed = view([message("a", ME, NOON), message("b", ME, NOON)], "live", true);
  const open = view([message("c", ME, NOON)], "live");
  expect(shape(itemsOf(scene([closed, open], { window: 2 })))).toEqual(["b", "ended", "c"]);
});

test("unread begins at the oldest of those that others wrote and did not take back", () => {
  const some = view(
    [
      message("a", "bo", 1),
      message("b", "bo", 2),
      message("c", ME, 3),
      message("d", "bo", 4, { words: "recalled" }),
      message("e", "bo", 5),
    ],
    "live",
  );
  expect(firstUnread({ ...some, unread: 2 }, new Set([ME]))).toBe("b");
  expect(firstUnread({ ...some, unread: 0 }, new Set([ME]))).toBeNull();
});

test("a message keeps the row that it was while it waited", () => {
  const waits: Queued = {
    key: "queued 1",
    text: "x",
    files: [],
    at: NOON,
    went: null,
    failed: null,
  };
  const went = { ...waits, went: { conversation: "c0", message: "m" } };
  const written = new Map([["m", "queued 1"]]);
  const keys = (one: Scene) => itemsOf(one).map(({ key }) => key);
  expect(keys(scene([view([], "live")], { queued: [waits] }))).toEqual(["queued 1"]);
  const arrived = view([message("m", ME, NOON)], "live");
  expect(keys(scene([arrived], { queued: [went], written }))).toEqual(["queued 1"]);
});

test("a day that is told twice has two keys", () => {
  const DAY = 24 * 60 * MINUTE;
  const old = [message("a", "bo", NOON - DAY), message("b", "bo", NOON)];
  const waits = { key: "q", text: "x", files: [], at: NOON - DAY, went: null, failed: null };
  const keys = itemsOf(scene([view(old, "live")], { queued: [waits] })).map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("older words are asked for as far as they are shown", () => {
  const many = Array.from({ length: 80 }, (_, at) => message(`m${at}`, "bo", NOON + at));
  const { sections } = scene([view(many, "live"), view(many, "live")]);
  expect(reached(sections, 50)).toEqual([0, 50]);
  expect(reached(sections, 100)).toEqual([20, 80]);
});
