import type { InboxRow } from "@rejoinder/client";
import { describe, expect, test } from "vitest";
import { counts, held, neighbour, news, select } from "../src/model/inbox.js";

const ME = new Set(["me"]);

function row(conversation: string, part: Partial<InboxRow> = {}): InboxRow {
  return {
    conversation, row: null, status: "active_human", closed: false, assignee: null, at: 0,
    preview: null, unread: 0, waiting: 0, attention: 0, ...part,
  };
}

const ids = (rows: InboxRow[]) => rows.map((one) => one.conversation);

const ROWS = [
  row("mine old", { assignee: "me", at: 1 }),
  row("mine new", { assignee: "me", at: 5 }),
  row("waits long", { status: "waiting_for_human", at: 2 }),
  row("waits short", { status: "waiting_for_human", at: 4 }),
  row("ann's", { assignee: "ann", at: 3 }),
  row("closed", { assignee: "me", closed: true, at: 9 }),
];

describe("tabs", () => {
  test("each has its rows, the newest first, and closed ones only when asked for", () => {
    expect(ids(select(ROWS, "mine", "activity", "open", ME))).toEqual(["mine new", "mine old"]);
    expect(ids(select(ROWS, "unassigned", "activity", "open", ME)))
      .toEqual(["waits short", "waits long"]);
    expect(ids(select(ROWS, "all", "activity", "closed", ME))).toEqual(["closed"]);
    expect(select(ROWS, "all", "activity", "any", ME)).toHaveLength(6);
  });

  test("who waits longest stands first, and who waits for nobody below", () => {
    expect(ids(select(ROWS, "all", "waiting", "open", ME)))
      .toEqual(["waits long", "waits short", "mine new", "ann's", "mine old"]);
  });

  test("counts are of open conversations", () => {
    expect(counts(ROWS, ME)).toEqual({ mine: 2, unassigned: 2, all: 5 });
  });
});

test("the title counts what is for me, and what nobody has taken", () => {
  expect(news([
    row("a", { assignee: "me", unread: 2 }), row("b", { unread: 1 }),
    row("c", { assignee: "ann", unread: 8 }), row("d", { closed: true, unread: 4 }),
  ], ME)).toBe(3);
});

describe("while somebody points at the list", () => {
  test("rows keep their places, newcomers wait, and what left the tab stays", () => {
    const now = [row("b", { at: 9 }), row("new", { at: 8 }), row("a", { assignee: "me" })];
    const shown = held(select(now, "unassigned", "activity", "open", ME), now, ["a", "b"]);
    expect(ids(shown.rows)).toEqual(["a", "b"]);
    expect(shown.newcomers).toBe(1);
  });
});

test("the keyboard stops at both ends, and begins at the nearer one", () => {
  expect(neighbour(ROWS, "mine old", 1)).toBe("mine new");
  expect(neighbour(ROWS, "mine old", -1)).toBe("mine old");
  expect(neighbour(ROWS, null, 1)).toBe("mine old");
  expect(neighbour(ROWS, null, -1)).toBe("closed");
  expect(neighbour([], null, 1)).toBeNull();
});
