import type { ConversationView, MessageView } from "@rejoinder/client";
import { describe, expect, test } from "vitest";
import {
  firstUnread, items, lastOwn, meanwhile, merge, steady, writtenFarApart,
} from "../src/model/timeline.js";

const ME = new Set(["me", "me before"]);

function message(id: string, part: Partial<MessageView> = {}): MessageView {
  return {
    id, author: "visitor", source: "visitor", composed_at: 0, at: 0, seq: 1,
    words: { said: { text: id } }, edited_at: null, delivery: "sent", change: null, ...part,
  };
}

function view(messages: MessageView[], notes: MessageView[] = [], unread = 0): ConversationView {
  return {
    timeline: {
      conversation: "c", status: "active_human", closed: false, assignee: null, messages, seq: 9,
      waiting: 0,
    },
    team: { notes, priority: null, category: null, collaborators: [], waiting: 0 },
    freshness: "live", drafts: [], active: [], recalls: [], outbox: [], unread, row: null,
  };
}

const ids = (of: { message: MessageView }[]) => of.map((entry) => entry.message.id);

describe("merge", () => {
  test("messages and notes stand in the order of acceptance, whatever clocks said", () => {
    const merged = merge(view(
      [message("a", { at: 10, composed_at: 99 }), message("c", { at: 30, composed_at: 1 })],
      [message("b", { at: 20 })],
    ));
    expect(ids(merged)).toEqual(["a", "b", "c"]);
    expect(merged.map((entry) => entry.kind)).toEqual(["timeline", "team", "timeline"]);
  });

  test("own waiting ones stand last, in the order they were written", () => {
    const merged = merge(view(
      [message("w2", { at: null, composed_at: 6 }), message("a", { at: 1000 })],
      [message("w1", { at: null, composed_at: 5 })],
    ));
    expect(ids(merged)).toEqual(["a", "w1", "w2"]);
  });
});

describe("steady", () => {
  const file = { id: "f", name: "a.png", media_type: "image/png", bytes: 1, digest: [1, 2] };
  const said = (text: string) => ({ words: { said: { text, attachments: [file] } } });
  const before = view([message("a", said("one")), message("b")], [message("n")]);

  test("messages of which nothing changed are the same ones", () => {
    const copy = structuredClone(before);
    const after = steady(before, { ...copy, freshness: { as_of: 5 } });
    expect(after?.timeline.messages.map((one, at) => one === before.timeline.messages[at]))
      .toEqual([true, true]);
    expect(after?.team?.notes[0]).toBe(before.team?.notes[0]);
    expect(after?.freshness).toEqual({ as_of: 5 });
  });

  test.each<[string, Partial<MessageView>]>([
    ["its words", said("two")], ["a recall", { words: "recalled" }], ["an edit", { edited_at: 3 }],
    ["a fate", { delivery: { refused: { operation: "o", code: "already_claimed" } } }],
    ["a time", { at: 7 }], ["a fewer file", { words: { said: { text: "one" } } }],
  ])("%s makes a message another one, and no other", (_, part) => {
    const now = view([message("a", { ...said("one"), ...part }), message("b")]);
    const after = steady(before, now);
    expect(after?.timeline.messages[0]).toBe(now.timeline.messages[0]);
    expect(after?.timeline.messages[1]).toBe(before.timeline.messages[1]);
  });

  test("a conversation that is gone, or comes, is as it is", () => {
    expect(steady(before, null)).toBeNull();
    expect(steady(null, before)).toBe(before);
  });
});

describe("items", () => {
  const day = (at: number) => String(Math.floor(at / 1000));

  test("a day begins with a separator, and news with its line", () => {
    const entries = merge(view([message("a", { at: 1 }), message("b", { at: 1001 })]));
    expect(items(entries, ME, "b", day).map((item) => item.type))
      .toEqual(["day", "message", "day", "new", "message"]);
  });

  test("one author's messages share a heading, a note begins its own", () => {
    const entries = merge(view(
      [message("a", { at: 1, author: "me", source: "agent" }),
        message("b", { at: 2, author: "me", source: "agent" })],
      [message("n", { at: 3, author: "me", source: "note" })],
    ));
    const follows = items(entries, ME, null, day)
      .flatMap((item) => item.type === "message" ? item.follows : []);
    expect(follows).toEqual([false, true, false]);
  });
});

test("the line of news stands before the first of the unread messages of others", () => {
  const found = firstUnread(view([
    message("read"), message("first"), message("mine", { author: "me before", source: "agent" }),
    message("gone", { words: "recalled" }), message("second"),
  ], [], 2), ME);
  expect(found).toBe("first");
  expect(firstUnread(view([message("a")]), ME)).toBeNull();
});

test("Up takes one's own last message that still has words and was not refused", () => {
  const merged = merge(view([
    message("older", { at: 1, author: "me" }), message("last", { at: 2, author: "me" }),
    message("gone", { at: 3, author: "me", words: "recalled" }),
    message("theirs", { at: 4 }),
    message("refused", {
      at: null, author: "me", delivery: { refused: { operation: "o", code: "too_late" } },
    }),
  ], [message("note", { at: 5, author: "me", source: "note" })]));
  expect(lastOwn(merged, "timeline", ME)?.message.id).toBe("last");
  expect(lastOwn(merged, "team", ME)?.message.id).toBe("note");
});

test("a collision shows what other agents said since, not what was there before", () => {
  const own = message("own", { at: null, author: "me", composed_at: 50 });
  const all = view([
    message("before", { at: 10, author: "ann", source: "agent" }),
    message("visitor", { at: 60 }),
    message("since", { at: 70, author: "ann", source: "agent" }), own,
  ]);
  expect(meanwhile(all, own, ME).map((one) => one.id)).toEqual(["since"]);
});

test("written and arrived are told apart only when they are far apart", () => {
  expect(writtenFarApart(message("a", { composed_at: 0, at: 60_000 }))).toBe(false);
  expect(writtenFarApart(message("a", { composed_at: 0, at: 480_000 }))).toBe(true);
  expect(writtenFarApart(message("a", { composed_at: 0, at: null }))).toBe(false);
});
