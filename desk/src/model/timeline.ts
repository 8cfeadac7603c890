/** What a conversation's column shows, in order: messages and notes as one. */

import type {
  ConversationView, DocumentKind, MessageId, MessageView, ParticipantId, Timestamp,
} from "@rejoinder/client";

/** Above this, "written 14:02" stands beside the time of acceptance. */
const FAR_APART_MILLIS = 2 * 60_000;
/** Messages of one author that follow each other within this time share one heading. */
const GROUP_MILLIS = 5 * 60_000;

export type Entry = { kind: DocumentKind; message: MessageView };
export type Item =
  | { type: "day"; key: string; at: Timestamp }
  | { type: "new"; key: string }
  | { type: "message"; key: string; entry: Entry; mine: boolean; follows: boolean };

const merged = new WeakMap<ConversationView, Entry[]>();

/** By acceptance, which rises over both documents; own waiting ones last, as they were written. */
export function merge(view: ConversationView): Entry[] {
  const known = merged.get(view);
  if (known) {
    return known;
  }
  const entries: Entry[] = view.timeline.messages.map((message) => ({ kind: "timeline", message }));
  for (const message of view.team?.notes ?? []) {
    entries.push({ kind: "team", message });
  }
  entries.sort(byAcceptance);
  merged.set(view, entries);
  return entries;
}

/**
 * The newer view, with the messages of the one before wherever nothing of them changed: what is
 * made of a message is then made anew only when it has changed.
 */
export function steady(
  before: ConversationView | null, view: ConversationView | null,
): ConversationView | null {
  if (before === null || view === null) {
    return view;
  }
  const { timeline, team } = view;
  return {
    ...view,
    timeline: { ...timeline, messages: kept(before.timeline.messages, timeline.messages) },
    team: team && { ...team, notes: kept(before.team?.notes ?? [], team.notes) },
  };
}

function kept(before: MessageView[], now: MessageView[]): MessageView[] {
  const known = new Map(before.map((message) => [message.id, message]));
  return now.map((message) => {
    const former = known.get(message.id);
    return former && isSame(former, message) ? former : message;
  });
}

/** Of plain data, as it comes from the client. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return a === b;
  }
  const [left, right] = [Object.entries(a), b as Record<string, unknown>];
  return left.length === Object.keys(b).length
    && left.every(([name, value]) => isSame(value, right[name]));
}

function byAcceptance(a: Entry, b: Entry): number {
  const [left, right] = [a.message, b.message];
  if (left.at !== null && right.at !== null) {
    return left.at - right.at;
  }
  if (left.at === null && right.at === null) {
    return left.composed_at - right.composed_at;
  }
  return left.at === null ? 1 : -1;
}

export function shownAt(message: MessageView): Timestamp {
  return message.at ?? message.composed_at;
}

export function writtenFarApart(message: MessageView): boolean {
  return message.at !== null && message.at - message.composed_at > FAR_APART_MILLIS;
}

/** The first of the newest `unread` messages of others, where the line of news is drawn. */
export function firstUnread(
  view: ConversationView, me: ReadonlySet<ParticipantId>,
): MessageId | null {
  let left = view.unread;
  let first: MessageId | null = null;
  for (const message of view.timeline.messages.toReversed()) {
    if (left === 0) {
      break;
    }
    if (countsAsUnread(message, me)) {
      first = message.id;
      left -= 1;
    }
  }
  return first;
}

function countsAsUnread(message: MessageView, me: ReadonlySet<ParticipantId>): boolean {
  return message.seq !== null && message.source !== "system" && !me.has(message.author)
    && message.words !== "recalled";
}

export function items(
  entries: Entry[], me: ReadonlySet<ParticipantId>, newFrom: MessageId | null,
  dayOf: (at: Timestamp) => string,
): Item[] {
  const result: Item[] = [];
  let day = "";
  let before: Entry | null = null;
  for (const entry of entries) {
    const at = shownAt(entry.message);
    const today = dayOf(at);
    if (today !== day) {
      result.push({ type: "day", key: `day ${today}`, at });
      day = today;
      before = null;
    }
    if (entry.message.id === newFrom) {
      result.push({ type: "new", key: "new" });
      before = null;
    }
    result.push({
      type: "message", key: `${entry.kind} ${entry.message.id}`, entry,
      mine: me.has(entry.message.author), follows: before !== null && joins(before, entry),
    });
    before = entry;
  }
  return result;
}

function joins(before: Entry, entry: Entry): boolean {
  return before.kind === entry.kind && before.message.author === entry.message.author
    && before.message.source === entry.message.source && entry.message.source !== "system"
    && shownAt(entry.message) - shownAt(before.message) < GROUP_MILLIS;
}

export function textOf(message: MessageView): string | null {
  return typeof message.words === "object" && "said" in message.words
    ? message.words.said.text : null;
}

/** Whether there is nothing left to edit: the message was recalled, or is known to be gone. */
export function isGone(view: ConversationView, kind: DocumentKind, message: MessageId): boolean {
  const all = kind === "timeline" ? view.timeline.messages : view.team?.notes ?? [];
  const found = all.find(({ id }) => id === message);
  return found ? found.words === "recalled" : view.freshness !== "checking";
}

/** One's own last message that can be edited: what Up in an empty composer takes. */
export function lastOwn(
  entries: Entry[], kind: DocumentKind, me: ReadonlySet<ParticipantId>,
): Entry | null {
  return entries.findLast((entry) => entry.kind === kind && me.has(entry.message.author)
    && textOf(entry.message) !== null && typeof entry.message.delivery === "string") ?? null;
}

/** What other agents said while a reply waited: shown before its author is asked. */
export function meanwhile(
  view: ConversationView, own: MessageView, me: ReadonlySet<ParticipantId>,
): MessageView[] {
  const others = view.timeline.messages.filter((message) => message.at !== null
    && message.source === "agent" && !me.has(message.author));
  const since = others.filter((message) => (message.at ?? 0) > own.composed_at);
  return (since.length > 0 ? since : others).slice(-3);
}
