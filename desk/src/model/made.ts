/** Which part of a long timeline is made: about what can be looked at, however long it is. */

import type { MessageId } from "@rejoinder/client";

/** How many are made at first, and with each look further back or on. */
export const STEP = 50;
/** How many are made at most. */
export const MOST = 150;

export interface Part {
  /** The first one that is made; null where the part ends with the newest, whatever comes. */
  first: MessageId | null;
  count: number;
}

export const NEWEST: Part = { first: null, count: STEP };

/** The places from `from` on and before `to`. */
export function range(ids: MessageId[], { first, count }: Part): { from: number; to: number } {
  const at = first === null ? -1 : ids.indexOf(first);
  const from = at === -1 ? Math.max(0, ids.length - count) : at;
  return { from, to: Math.min(ids.length, from + count) };
}

export function earlier(ids: MessageId[], part: Part): Part {
  const { from, to } = range(ids, part);
  const start = Math.max(0, from - STEP);
  return between(ids, start, Math.min(to, start + MOST));
}

export function later(ids: MessageId[], part: Part): Part {
  const { from, to } = range(ids, part);
  const end = Math.min(ids.length, to + STEP);
  return between(ids, Math.max(from, end - MOST), end);
}

/** The part as it is where `id` is in it, else one around it. */
export function around(ids: MessageId[], part: Part, id: MessageId): Part {
  const { from, to } = range(ids, part);
  const at = ids.indexOf(id);
  return at === -1 || (at >= from && at < to) ? part
    : between(ids, Math.max(0, at - STEP / 2), Math.min(ids.length, at + STEP / 2));
}

function between(ids: MessageId[], from: number, to: number): Part {
  return { first: to === ids.length ? null : ids[from] ?? null, count: to - from };
}
