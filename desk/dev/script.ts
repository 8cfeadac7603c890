/** A morning at a small shop's desk, for looking at. */

import type {
  Attachment, ConversationView, InboxRow, MessageView, Notice, People, Source, Status,
} from "@rejoinder/client";

const MINUTE = 60_000;
export const NOW = Date.now();
let made = 0;

export function id(seed: number): string {
  const hex = (Math.imul(seed + 7, 2_654_435_761) >>> 0).toString(16).padStart(8, "0");
  return `${hex}-${hex.slice(0, 4)}-4${hex.slice(1, 4)}-8${hex.slice(2, 5)}-${hex}${hex.slice(4)}`;
}

export const ME = id(1);
export const ANN = id(2);
export const BO = id(3);
export const SHOP = id(10);
export const DOCS = id(11);

export const people: People = {
  agents: [
    { id: ME, name: "Mira Santos", role: { agent: "supervisor" }, online: true },
    { id: ANN, name: "Ann Keller", role: { agent: "agent" }, online: true },
    { id: BO, name: "Bo Lindqvist", role: { agent: "agent" }, online: true },
    { id: id(4), name: "Chiara Neri", role: { agent: "agent" }, online: false },
  ],
  sites: [{ id: SHOP, name: "Larch & Linen" }, { id: DOCS, name: "Help centre" }],
  fetched_at: NOW,
};

type Options = Partial<Pick<MessageView, "edited_at" | "delivery" | "change" | "composed_at">>
  & { recalled?: boolean; unsent?: boolean; files?: Attachment[] };

export function file(seed: number, name: string, media_type: string, bytes: number): Attachment {
  return { id: id(5000 + seed), name, media_type, bytes, digest: [] };
}

export function say(
  source: Source, author: string, ago: number, text: string, options: Options = {},
): MessageView {
  made += 1;
  const at = NOW - ago * MINUTE;
  return {
    id: id(1000 + made), author, source, composed_at: options.composed_at ?? at,
    at: options.unsent ? null : at, seq: options.unsent ? null : made,
    words: options.recalled ? "recalled"
      : { said: { text, ...(options.files ? { attachments: options.files } : {}) } },
    edited_at: options.edited_at ?? null, delivery: options.delivery ?? "seen",
    change: options.change ?? null,
  };
}

function system(ago: number, notice: Notice, subject: string | null): MessageView {
  return { ...say("system", id(0), ago, ""), words: { system: { notice, subject } } };
}

interface Scene {
  seed: number; site: string; status: Status; closed?: boolean; assignee: string | null;
  unread: number; messages: MessageView[]; notes?: MessageView[];
}

export function visitorOf(seed: number): string {
  return id(100 + seed);
}

function parcel(): Scene {
  const visitor = visitorOf(1);
  return {
    seed: 1, site: SHOP, status: "active_human", assignee: ME, unread: 2,
    messages: [
      say("visitor", visitor, 1500, "Hello! Do you ship to Norway?"),
      say("assistant", id(5), 1499, "Yes. Delivery to Norway takes **4 to 6 days** and costs €9."),
      system(41, "claimed", ME),
      say("visitor", visitor, 40, "My order arrived with the wrong size, and I leave on Friday."),
      say("agent", ME, 38, "I am sorry about that. I can send the right one **today** by express, "
        + "so that it is there on Thursday:\n\n- size L, colour *moss*\n- no extra cost\n"
        + "- a label for the return is in the box", { edited_at: NOW - 36 * MINUTE }),
      say("agent", ME, 35, "", { recalled: true }),
      say("agent", ME, 34, "You can follow it here: https://track.example/parcel/4711",
        { composed_at: NOW - 39 * MINUTE }),
      say("visitor", visitor, 3, "That would be wonderful."),
      say("visitor", visitor, 2, "Should I post the wrong one back before Friday?", {
        files: [
          file(1, "the wrong one.png", "image/png", 24_310),
          file(2, "delivery note.pdf", "application/pdf", 181_204),
        ],
      }),
    ],
    notes: [
      say("note", ANN, 37, `@[Mira Santos](participant:${ME}) express pick-up is at 15:30, `
        + "warehouse knows.", { delivery: "sent" }),
      say("note", ANN, 39, "[pinned]: #\nBuys for a **hotel**: invoices go to accounting.",
        { delivery: "sent" }),
    ],
  };
}

const OPENERS = [
  "The discount code from your newsletter is not accepted.", "Can I change the delivery address?",
  "Is the linen throw available in rust?", "I was charged twice for one order.",
  "How do I wash the wool blanket?", "Where can I see my invoices?",
  "The page stays white after logging in.", "Do you have a shop in Lyon?",
];

function others(): Scene[] {
  return OPENERS.map((text, i) => {
    const seed = i + 2;
    const waits = i % 3 === 0;
    const assignee = waits ? null : [ME, ANN, BO][i % 3] ?? null;
    return {
      seed, site: i % 4 === 1 ? DOCS : SHOP,
      status: waits ? "waiting_for_human" : i === 4 ? "active_ai" : "active_human",
      closed: i === 7, assignee: i === 4 ? null : assignee, unread: waits ? 1 : 0,
      messages: [
        say("visitor", visitorOf(seed), 12 + i * 23, text),
        ...(waits ? [] : [
          say("agent", assignee ?? ANN, 9 + i * 22, "Let me have a look, one moment please.",
            { recalled: i === 5 }),
        ]),
      ],
    };
  });
}

export function conversations(): Map<string, ConversationView> {
  return new Map([parcel(), ...others()].map((scene) => {
    const view = viewOf(scene);
    return [view.timeline.conversation, view];
  }));
}

function viewOf(scene: Scene): ConversationView {
  const conversation = id(200 + scene.seed);
  const last = scene.messages.at(-1);
  const { status, assignee, closed = false } = scene;
  return {
    timeline: {
      conversation, status, closed, assignee, messages: scene.messages,
      seq: last?.seq ?? 0, waiting: 0,
    },
    team: {
      notes: scene.notes ?? [], category: null, waiting: 0,
      priority: scene.seed === 3 ? "urgent" : scene.seed === 5 ? "high" : null,
      collaborators: scene.seed === 1 ? [ANN] : scene.seed === 4 ? [ME] : [],
    },
    freshness: "live", drafts: [],
    active: scene.seed === 1 ? [{ participant: BO, signal: "viewing" }] : [],
    recalls: scene.messages.filter((message) => message.words === "recalled").map((message) => ({
      document: { conversation, kind: "timeline" as const }, message: message.id, server: true,
      done: 3, devices: 4, longest_away: NOW - 3 * 24 * 60 * MINUTE,
    })),
    outbox: [], unread: scene.unread,
    row: {
      conversation, site: scene.site, visitor: visitorOf(scene.seed), status, closed, assignee,
      timeline: 1, newest: null, at: last?.at ?? NOW, follows: null, team: null,
    },
  };
}

export function rowOf(view: ConversationView): InboxRow {
  const { timeline } = view;
  const last = timeline.messages.findLast((message) => message.source !== "system");
  const said = last && typeof last.words === "object" && "said" in last.words
    ? last.words.said.text : null;
  const waits = timeline.messages.filter((message) => message.delivery === "waiting").length;
  const asks = timeline.messages.filter((message) => typeof message.delivery === "object").length;
  const team = view.team && {
    seq: 1, priority: view.team.priority, category: view.team.category,
    collaborators: view.team.collaborators,
  };
  return {
    conversation: timeline.conversation, row: view.row && { ...view.row, team }, status: timeline.status,
    closed: timeline.closed, assignee: timeline.assignee,
    at: last?.at ?? last?.composed_at ?? NOW,
    preview: last ? {
      source: last.source, words: said === null ? "recalled" : "said", text: said ?? "",
    } : null,
    unread: view.unread, waiting: waits, attention: asks,
  };
}


