import type {
  Connection,
  ConversationView,
  Freshness,
  MessageView,
  StorageMode,
  Words,
} from "@rejoinder/client";

export const ME = "me";
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const now = Date.now();
let count = 0;

function message(
  author: string,
  text: string | Words,
  minutesAgo: number,
  more: Partial<MessageView> = {},
): MessageView {
  count += 1;
  const at = now - minutesAgo * MINUTE;
  const source = author === ME ? "visitor" : author === "ai" ? "assistant" : "agent";
  return {
    id: `m${count}`,
    author,
    source,
    composed_at: at,
    at,
    seq: count,
    words: typeof text === "string" ? { said: { text } } : text,
    edited_at: null,
    delivery: "sent",
    change: null,
    ...more,
  };
}

function notice(what: "claimed" | "closed", minutesAgo: number): MessageView {
  const words: Words = { system: { notice: what, subject: "ann" } };
  return message("server", words, minutesAgo, { source: "system" });
}

export function view(
  conversation: string,
  messages: MessageView[],
  more: Partial<ConversationView> = {},
  closed = false,
): ConversationView {
  return {
    timeline: {
      conversation,
      status: "active_human",
      closed,
      assignee: closed ? null : "ann",
      messages,
      seq: count,
      waiting: 0,
    },
    team: null,
    freshness: "live",
    drafts: [],
    active: [],
    recalls: [],
    outbox: [],
    unread: 0,
    row: null,
    ...more,
  };
}

const talk = (): MessageView[] => [
  message("ai", "Hi! I am the shop's assistant. Ask me about **orders**, returns or sizes.", 34),
  message(ME, "My order 2041 has not arrived. Can I change the address?", 33, { delivery: "seen" }),
  message("ai", "I cannot do that myself, so I am asking a person to join.", 33),
  notice("claimed", 31),
  message("ann", "Hello, Ann here. Let me have a look at it.", 30),
  message(
    "ann",
    "It is still with us. You can:\n- change the address until *6 pm*\n- or pick it up\n\n" +
      "Here is how: https://shop.example/orders/2041",
    29,
    { edited_at: now - 27 * MINUTE },
  ),
  message(ME, "Great, then to `12 Mill Lane`, please.", 12, { delivery: "seen" }),
  message("ann", "recalled", 10),
  message("ann", "Done. You will get a mail in a minute.", 9),
  message(ME, "Thank you!", 2),
];

export type Scene = {
  contact: boolean;
  connection: Connection;
  storage: StorageMode;
  waiting: number;
  views: ConversationView[];
};

const live: Scene = {
  contact: true,
  connection: "live",
  storage: "durable",
  waiting: 0,
  views: [],
};

const offline: Freshness = { as_of: now - 8 * MINUTE };

export const SCENES: Record<string, () => Scene> = {
  empty: () => live,
  conversation: () => ({
    ...live,
    views: [
      view("c1", talk(), {
        active: [{ participant: "ann", signal: "typing" }],
        unread: 1,
      }),
    ],
  }),
  checking: () => ({
    ...live,
    connection: "syncing",
    views: [view("c1", talk(), { freshness: "checking" })],
  }),
  offline: () => ({
    ...live,
    connection: "offline",
    waiting: 2,
    views: [
      view(
        "c1",
        [
          ...talk(),
          message(ME, "One more thing: is the blue one in stock?", 1, {
            at: null,
            delivery: "waiting",
          }),
          message(ME, "The one in size M.", 1, { at: null, delivery: "waiting" }),
        ],
        { freshness: offline },
      ),
    ],
  }),
  refused: () => ({
    ...live,
    views: [
      view("c1", [
        ...talk(),
        message(ME, "Hello?", 1, {
          at: null,
          delivery: { refused: { operation: "o1", code: "implausible_time" } },
        }),
        message(ME, "Can you see this?", 1, {
          change: { refused: { operation: "o2", code: "too_late" } },
        }),
      ]),
    ],
  }),
  followup: () => ({
    ...live,
    views: [
      view(
        "c0",
        [
          message(ME, "Do you ship to Malta?", (3 * DAY) / MINUTE, { delivery: "seen" }),
          message("ann", "We do, in about five days.", (3 * DAY) / MINUTE - 2),
          notice("closed", (3 * DAY) / MINUTE - 5),
        ],
        {},
        true,
      ),
      view("c1", talk().slice(0, 3)),
    ],
  }),
  closed: () => ({
    ...live,
    views: [view("c0", [...talk(), notice("closed", 1)], {}, true)],
  }),
  nocontact: () => ({ ...live, contact: false, connection: "offline" }),
  memory: () => ({ ...live, storage: "memory", views: [view("c1", talk())] }),
};
