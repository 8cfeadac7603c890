import type {
  ConversationId,
  ConversationView,
  MessageId,
  MessageView,
  Notice,
  ParticipantId,
  Timestamp,
} from "@rejoinder/client";

/** What was typed and is not in a conversation yet: before the first contact, or not taken. */
export type Queued = {
  key: string;
  text: string;
  files: File[];
  at: Timestamp;
  /** Where it went; it stays until the view has it, so that nothing blinks. */
  went: { conversation: ConversationId; message: MessageId } | null;
  /** Why it was not taken, as a text for people. */
  failed: string | null;
};

export type Item =
  | { type: "day"; key: string; at: Timestamp }
  | { type: "ended"; key: string }
  | { type: "unread"; key: string }
  | { type: "skeleton"; key: string }
  | { type: "notice"; key: string; notice: Notice; subject: ParticipantId | null }
  | {
      type: "message";
      key: string;
      conversation: ConversationId;
      message: MessageView;
      own: boolean;
      first: boolean;
      last: boolean;
      closed: boolean;
    }
  | { type: "queued"; key: string; queued: Queued };

export type Section = { conversation: ConversationId; view: ConversationView | null };

export type Scene = {
  sections: Section[];
  queued: Queued[];
  me: ReadonlySet<ParticipantId>;
  /** The first message that was unread when the panel was opened. */
  unreadFrom: MessageId | null;
  /** What was written on this page, which cannot be from before, by the keys of its rows. */
  written: ReadonlyMap<MessageId, string>;
  /** How many messages to show, the newest. */
  window: number;
  /** The server's time, by which days are told. */
  now: Timestamp;
};

const GROUP_MILLIS = 5 * 60_000;

/** When a message is to be shown as said: by the server, whatever the clocks of people say. */
export function timeOf(message: MessageView, now: Timestamp): Timestamp {
  return message.at ?? Math.min(message.composed_at, now);
}

/** The thread as rows: closed conversations above the one that goes on. */
export function itemsOf(scene: Scene): Item[] {
  const items: Item[] = [];
  const shown = withinWindow(scene);
  scene.sections.forEach(({ conversation, view }, place) => {
    const messages = shown[place] ?? [];
    if (!view || view.freshness === "checking") {
      items.push({ type: "skeleton", key: `skeleton ${conversation}` });
    }
    const goesOn = place < scene.sections.length - 1 || scene.queued.some((one) => !one.went);
    const ended = view?.timeline.closed && messages.length > 0 && goesOn;
    for (const message of messages) {
      // The divider says that it ended: no need to say it twice.
      if (ended && isClosing(message)) continue;
      push(items, scene, conversation, view?.timeline.closed ?? false, message);
    }
    if (ended) {
      items.push({ type: "ended", key: `ended ${conversation}` });
    }
  });
  const there = new Set(shown.flat().map((message) => message.id));
  for (const queued of scene.queued) {
    if (queued.went && there.has(queued.went.message)) continue;
    pushDay(items, scene, queued.at);
    items.push({ type: "queued", key: queued.key, queued });
  }
  return grouped(items, scene.now);
}

/** How many messages there are that the window leaves out. */
export function hiddenCount(sections: Section[], window: number): number {
  const all = sections.reduce((sum, { view }) => sum + (view?.timeline.messages.length ?? 0), 0);
  return Math.max(0, all - window);
}

function isClosing({ words }: MessageView): boolean {
  return typeof words === "object" && "system" in words && words.system.notice === "closed";
}

/** How many messages of each section the window reaches, the newest of all. */
export function reached(sections: Section[], window: number): number[] {
  let left = window;
  return sections
    .toReversed()
    .map(({ view }) => {
      const some = Math.min(left, view?.timeline.messages.length ?? 0);
      left -= some;
      return some;
    })
    .toReversed();
}

function withinWindow({ sections, window, written }: Scene): MessageView[][] {
  const counts = reached(sections, window);
  return sections.map(({ view }, place) => {
    const all = view?.timeline.messages ?? [];
    const some = all.slice(all.length - (counts[place] ?? 0));
    // Never stale: while the server is being asked, only what was just written is shown.
    return view?.freshness === "checking"
      ? some.filter((message) => message.at === null && written.has(message.id))
      : some;
  });
}

function push(
  items: Item[],
  scene: Scene,
  conversation: ConversationId,
  closed: boolean,
  message: MessageView,
): void {
  pushDay(items, scene, timeOf(message, scene.now));
  if (message.id === scene.unreadFrom) items.push({ type: "unread", key: "unread" });
  // The row that it was while it waited: shown anew, it would be read out anew.
  const key = scene.written.get(message.id) ?? message.id;
  if (typeof message.words === "object" && "system" in message.words) {
    const { notice, subject } = message.words.system;
    items.push({ type: "notice", key, notice, subject });
    return;
  }
  const own = scene.me.has(message.author);
  items.push({
    type: "message",
    key,
    conversation,
    message,
    own,
    closed,
    first: true,
    last: true,
  });
}

function pushDay(items: Item[], scene: Scene, at: Timestamp): void {
  const before = items.findLast((item) => item.type === "day");
  const day = new Date(at).toDateString();
  if (before?.type === "day" && new Date(before.at).toDateString() === day) return;
  // A conversation of today alone needs no "Today" above it.
  if (!before && day === new Date(scene.now).toDateString()) return;
  // What waits may be from a day that was told already: a key is there once.
  const again = items.filter((item) => item.type === "day" && item.key.startsWith(`day ${day} `));
  items.push({ type: "day", key: `day ${day} ${again.length}`, at });
}

function grouped(items: Item[], now: Timestamp): Item[] {
  const together = (one: Item | undefined, other: Item | undefined): boolean =>
    one?.type === "message" &&
    other?.type === "message" &&
    one.message.author === other.message.author &&
    one.message.source === other.message.source &&
    Math.abs(timeOf(other.message, now) - timeOf(one.message, now)) < GROUP_MILLIS;
  return items.map((item, place) =>
    item.type !== "message"
      ? item
      : {
          ...item,
          first: !together(items[place - 1], item),
          last: !together(item, items[place + 1]),
        },
  );
}

/** The first of the newest messages of others that were not seen yet. */
export function firstUnread(
  view: ConversationView,
  me: ReadonlySet<ParticipantId>,
): MessageId | null {
  let left = view.unread;
  let found: MessageId | null = null;
  for (const message of view.timeline.messages.toReversed()) {
    if (left === 0) break;
    if (me.has(message.author) || message.source === "system") continue;
    if (message.words === "recalled") continue;
    found = message.id;
    left -= 1;
  }
  return found;
}
