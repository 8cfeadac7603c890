/** Which conversations a tab of the inbox shows, and in which order. */

import type {
  CategoryId, ConversationId, InboxRow, ParticipantId, Priority, SiteId, Status,
} from "@rejoinder/client";

export const TABS = ["mine", "unassigned", "following", "mentions", "all"] as const;
export type Tab = (typeof TABS)[number];
export const SORTS = ["activity", "waiting", "priority"] as const;
export type Sort = (typeof SORTS)[number];
export const SHOWN = ["open", "closed", "any"] as const;
export type Shown = (typeof SHOWN)[number];
export const PRIORITIES = ["urgent", "high", "medium", "low"] as const satisfies Priority[];
export const STATUSES = [
  "waiting_for_human", "active_human", "active_ai", "awaiting_offline_info",
] as const satisfies Status[];

export type Me = ReadonlySet<ParticipantId>;
/** Conversations that a mention leads to. */
export type Mentioned = ReadonlySet<ConversationId>;
const NONE: Mentioned = new Set();
/** What is narrowed down to; null does not narrow. */
export interface Filters {
  site: SiteId | null;
  status: Status | null;
  priority: Priority | null;
  category: CategoryId | null;
}
export const NO_FILTERS: Filters = { site: null, status: null, priority: null, category: null };

export interface Wish {
  tab: Tab;
  sort: Sort;
  shown: Shown;
  filters: Filters;
}

export function belongs(row: InboxRow, tab: Tab, me: Me, mentioned = NONE): boolean {
  switch (tab) {
    case "mine": return row.assignee !== null && me.has(row.assignee);
    case "unassigned": return row.assignee === null;
    case "following": return follows(row, me);
    case "mentions": return mentioned.has(row.conversation);
    case "all": return true;
  }
}

export function follows(row: InboxRow, me: Me): boolean {
  return row.row?.team?.collaborators.some((id) => me.has(id)) ?? false;
}

export function passes(row: InboxRow, shown: Shown): boolean {
  return shown === "any" || row.closed === (shown === "closed");
}

export function fits(row: InboxRow, filters: Filters): boolean {
  const { site, status, priority, category } = filters;
  const team = row.row?.team ?? null;
  return (site === null || row.row?.site === site)
    && (status === null || (!row.closed && row.status === status))
    && (priority === null || team?.priority === priority)
    && (category === null || team?.category === category);
}

export function isNarrowed(filters: Filters): boolean {
  return Object.values(filters).some((value) => value !== null);
}

export function select(rows: InboxRow[], wish: Wish, me: Me, mentioned = NONE): InboxRow[] {
  return rows.filter((row) => passes(row, wish.shown) && belongs(row, wish.tab, me, mentioned)
    && fits(row, wish.filters)).sort(order(wish.sort));
}

/** How many a tab would show besides, were nothing filtered. */
export function hiddenByFilters(
  rows: InboxRow[], wish: Wish, me: Me, mentioned = NONE,
): number {
  return isNarrowed(wish.filters) ? rows.filter((row) => passes(row, wish.shown)
    && belongs(row, wish.tab, me, mentioned) && !fits(row, wish.filters)).length : 0;
}

type Order = (a: InboxRow, b: InboxRow) => number;

const newestFirst: Order = (a, b) => b.at - a.at || a.conversation.localeCompare(b.conversation);

function order(sort: Sort): Order {
  switch (sort) {
    case "activity": return newestFirst;
    case "priority": return (a, b) => urgency(b) - urgency(a) || newestFirst(a, b);
    case "waiting": return (a, b) => {
      const waits = Number(waitsForHuman(b)) - Number(waitsForHuman(a));
      return waits || (waitsForHuman(a) ? newestFirst(b, a) : newestFirst(a, b));
    };
  }
}

/** Who was given no priority stands between those of a low one and those of a medium one. */
function urgency(row: InboxRow): number {
  switch (row.row?.team?.priority ?? null) {
    case "urgent": return 4;
    case "high": return 3;
    case "medium": return 2;
    case null: return 1;
    case "low": return 0;
  }
}

export function waitsForHuman(row: InboxRow): boolean {
  return !row.closed && row.status === "waiting_for_human";
}

/** How many open conversations each tab has; of mentions, how many are not read. */
export function counts(rows: InboxRow[], me: Me, unread = NONE): Record<Tab, number> {
  const open = rows.filter((row) => !row.closed);
  const of = (tab: Tab) => open.filter((row) => belongs(row, tab, me)).length;
  return {
    mine: of("mine"), unassigned: of("unassigned"), following: of("following"),
    mentions: rows.filter((row) => unread.has(row.conversation)).length, all: open.length,
  };
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

/** A row that is made, with the rows beside it that are not. */
export interface Made {
  row: InboxRow;
  place: number;
  before: number;
}

/**
 * The rows from `from` to `to`, and that which has the focus wherever it stands: a row that goes
 * while somebody is on it takes their place in the page along.
 */
export function made(
  rows: InboxRow[], from: number, to: number, focused: ConversationId | null,
): Made[] {
  const kept = rows.findIndex((row) => row.conversation === focused);
  let last = -1;
  return rows.flatMap((row, place) => {
    if ((place < from || place >= to) && place !== kept) {
      return [];
    }
    const before = place - last - 1;
    last = place;
    return [{ row, place, before }];
  });
}

/** The conversation `step` places further, for the keyboard; stops at both ends. */
export function neighbour(
  rows: InboxRow[], selected: ConversationId | null, step: 1 | -1,
): ConversationId | null {
  const at = rows.findIndex((row) => row.conversation === selected);
  const next = at === -1 ? (step === 1 ? 0 : rows.length - 1) : at + step;
  return rows[Math.min(Math.max(next, 0), rows.length - 1)]?.conversation ?? null;
}
