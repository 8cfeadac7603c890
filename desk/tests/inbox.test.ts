import type { InboxRow, TeamRow } from "@rejoinder/client";
import { describe, expect, test } from "vitest";
import {
  counts, held, hiddenByFilters, made, neighbour, news, NO_FILTERS, select, type Wish,
} from "../src/model/inbox.js";

const ME = new Set(["me"]);

function row(conversation: string, part: Partial<InboxRow> = {}): InboxRow {
  return {
    conversation, row: null, status: "active_human", closed: false, assignee: null, at: 0,
    preview: null, unread: 0, waiting: 0, attention: 0, ...part,
  };
}

const open: Wish = { tab: "all", sort: "activity", shown: "open", filters: NO_FILTERS };

function told(conversation: string, team: Partial<TeamRow> & { }) {
  return row(conversation, { row: {
    conversation, site: "shop", visitor: "v", status: "active_human", closed: false,
    assignee: null, timeline: 1, newest: null, at: 0, follows: null,
    team: { seq: 1, priority: null, category: null, collaborators: [], ...team },
  } });
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
    expect(ids(select(ROWS, { ...open, tab: "mine" }, ME))).toEqual(["mine new", "mine old"]);
    expect(ids(select(ROWS, { ...open, tab: "unassigned" }, ME)))
      .toEqual(["waits short", "waits long"]);
    expect(ids(select(ROWS, { ...open, shown: "closed" }, ME))).toEqual(["closed"]);
    expect(select(ROWS, { ...open, shown: "any" }, ME)).toHaveLength(6);
  });

  test("who waits longest stands first, and who waits for nobody below", () => {
    expect(ids(select(ROWS, { ...open, sort: "waiting" }, ME)))
      .toEqual(["waits long", "waits short", "mine new", "ann's", "mine old"]);
  });

  test("counts are of open conversations", () => {
    expect(counts(ROWS, ME)).toEqual({ mine: 2, unassigned: 2, following: 0, mentions: 0, all: 5 });
  });

  test("following has what one was made a collaborator of", () => {
    const rows = [told("a", { collaborators: ["ann", "me"] }), told("b", { collaborators: [] }),
      told("c", {})];
    expect(ids(select(rows, { ...open, tab: "following" }, ME))).toEqual(["a"]);
    expect(counts(rows, ME).following).toBe(1);
  });

  test("mentions lead to their conversation, closed or not, and count while unread", () => {
    const wish = { ...open, tab: "mentions" as const, shown: "any" as const };
    const mentioned = new Set(["closed", "mine old"]);
    expect(ids(select(ROWS, wish, ME, mentioned))).toEqual(["closed", "mine old"]);
    expect(counts(ROWS, ME, new Set(["closed"])).mentions).toBe(1);
  });

  test("the urgent stand first, and who has no priority before the low ones", () => {
    const rows = [told("low", { priority: "low" }), told("none", {}),
      told("urgent", { priority: "urgent" }), told("medium", { priority: "medium" })];
    expect(ids(select(rows, { ...open, sort: "priority" }, ME)))
      .toEqual(["urgent", "medium", "none", "low"]);
  });

  test("filters narrow, and say how many they hide of this tab", () => {
    const rows = [told("a", { priority: "high" }), told("b", {}), row("closed", { closed: true })];
    const wish = { ...open, filters: { ...NO_FILTERS, priority: "high" as const } };
    expect(ids(select(rows, wish, ME))).toEqual(["a"]);
    expect(hiddenByFilters(rows, wish, ME)).toBe(1);
    expect(hiddenByFilters(rows, open, ME)).toBe(0);
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
    const shown = held(select(now, { ...open, tab: "unassigned" }, ME), now, ["a", "b"]);
    expect(ids(shown.rows)).toEqual(["a", "b"]);
    expect(shown.newcomers).toBe(1);
  });
});

test("the rows in sight are made, and that which has the focus wherever it is", () => {
  const rows = ["a", "b", "c", "d", "e", "f"].map((id) => row(id));
  const places = (from: number, to: number, focused: string | null) =>
    made(rows, from, to, focused).map(({ row: one, before }) => `${before} ${one.conversation}`);
  expect(places(2, 4, null)).toEqual(["2 c", "0 d"]);
  expect(places(2, 4, "c")).toEqual(["2 c", "0 d"]);
  expect(places(3, 4, "b")).toEqual(["1 b", "1 d"]);
  expect(places(0, 2, "f")).toEqual(["0 a", "0 b", "3 f"]);
  expect(places(0, 2, "gone")).toEqual(["0 a", "0 b"]);
});

test("the keyboard stops at both ends, and begins at the nearer one", () => {
  expect(neighbour(ROWS, "mine old", 1)).toBe("mine new");
  expect(neighbour(ROWS, "mine old", -1)).toBe("mine old");
  expect(neighbour(ROWS, null, 1)).toBe("mine old");
  expect(neighbour(ROWS, null, -1)).toBe("closed");
  expect(neighbour([], null, 1)).toBeNull();
});
