/** Which conversations a tab of the inbox shows, and in which order. */

import type { ConversationId, InboxRow, ParticipantId } from "@rejoinder/client";

/** Mentions and Following find their place here when the server tells of them. */
export const TABS = ["mine", "unassigned", "all"] as const;
export type Tab = (typeof TABS)[number];
export const SORTS = ["activity", "waiting"] as const;
export type Sort = (typeof SORTS)[number];
export const SHOWN = ["open", "closed", "any"] as const;
export type Shown = (typeof SHOWN)[number];

export type Me = ReadonlySet<ParticipantId>;

export function belongs(row: InboxRow, tab: Tab, me: Me): boolean {
  switch (tab) {
    case "mine": return row.assignee !== null && me.has(row.assignee);
    case "unassigned": return row.assignee === null;
    case "all": return true;
  }
}

export function passes(row: InboxRow, shown: Shown): boolean {
  return shown === "any" || row.closed === (shown === "closed");
}

export function select(rows: InboxRow[], tab: Tab, sort: Sort, shown: Shown, me: Me): InboxRow[] {
  return rows.filter((row) => passes(row, shown) && belongs(row, tab, me)).sort(order(sort));
}

function order(sort: Sort): (a: InboxRow, b: InboxRow) => number {
  const newestFirst = (a: InboxRow, b: InboxRow) =>
    b.at - a.at || a.conversation.localeCompare(b.conversation);
  if (sort === "activity") {
    return newestFirst;
  }
  return (a, b) => {
    const waits = Number(waitsForHuman(b)) - Number(waitsForHuman(a));
    return waits || (waitsForHuman(a) ? newestFirst(b, a) : newestFirst(a, b));
  };
}

export function waitsForHuman(row: InboxRow): boolean {
  return !row.closed && row.status === "waiting_for_human";
}

/** How many open conversations each tab has. */
export function counts(rows: InboxRow[], me: Me): Record<Tab, number> {
  const open = rows.filter((row) => !row.closed);
  const of = (tab: Tab) => open.filter((row) => belongs(row, tab, me)).length;
  return { mine: of("mine"), unassigned: of("unassigned"), all: open.length };
}

/** What the page's title counts: news for me, and what nobody has taken. */
export function news(rows: InboxRow[], me: Me): number {
  return rows.filter((row) => !row.closed && (row.assignee === null || me.has(row.assignee)))
    .reduce((sum, row) => sum + row.unread, 0);
}

/**
 * The order while somebody points at the list: rows that are there keep their places, so that a
 * click meets what it was aimed at. Newcomers wait; what left the tab stays until it is let go.
 */
export function held(
  rows: InboxRow[], all: InboxRow[], places: ConversationId[],
): { rows: InboxRow[]; newcomers: number } {
  const byId = new Map(all.map((row) => [row.conversation, row]));
  const known = new Set(places);
  return {
    rows: places.flatMap((id) => byId.get(id) ?? []),
    newcomers: rows.filter((row) => !known.has(row.conversation)).length,
  };
}

/** The conversation `step` places further, for the keyboard; stops at both ends. */
export function neighbour(
  rows: InboxRow[], selected: ConversationId | null, step: 1 | -1,
): ConversationId | null {
  const at = rows.findIndex((row) => row.conversation === selected);
  const next = at === -1 ? (step === 1 ? 0 : rows.length - 1) : at + step;
  return rows[Math.min(Math.max(next, 0), rows.length - 1)]?.conversation ?? null;
}
