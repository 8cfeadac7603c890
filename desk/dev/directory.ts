/** A directory that plays its part in memory, for looking at pages without a server. */

import type {
  Agent, AuditEntry, CannedResponse, Category, Me, Site, SiteAnswers, Ticket, Visitor,
} from "../src/api/shapes.js";
import {
  ANN, BO, conversations, DOCS, id, ME, NOW, people, rowOf, SHOP, visitorOf,
} from "./script.js";

const HOUR = 3_600_000;

const me: Me = {
  id: ME, name: "Mira Santos", email: "mira@shop.example", role: "admin",
  sites: people.sites, availability: "online", available: true, chat_limit: null,
};
const sites: Site[] = people.sites.map(({ id: site, name }, i) => ({
  id: site, name, allowed_origins: i === 0 ? ["https://larch.example"] : [],
  mode: i === 0 ? "assistant_then_human" : "live_chat", human_support: true, offline_message: "",
  offline_mode: "message", prechat_fields: [],
  routing: i === 0 ? "automatic" : "pick_up", close_after_minutes: null, retention_days: null,
  edit: "any", keep_former_words: i === 0,
  recall: "any", visitor_edit: true, visitor_recall: true, chat_limit: 5, theme_color: "#1d5c63",
  greeting: "", created_at: NOW - 400 * HOUR, version: 1,
}));
const agents: Agent[] = people.agents.map((one, i) => ({
  id: one.id, name: one.name, email: `${one.name.split(" ")[0]?.toLowerCase()}@shop.example`,
  role: typeof one.role === "object" ? one.role.agent : "agent", sites: [SHOP, DOCS],
  disabled: i === 3, has_password: i !== 2, second_factor: i === 1, link_expires_at: null,
  availability: one.online ? "online" : "offline", available: one.online, chat_limit: null,
  created_at: NOW - 300 * HOUR, version: 1,
}));
const categories: Category[] = ["Delivery", "Payment", "Product"].map((name, i) => ({
  id: id(700 + i), site: SHOP, name,
}));
let canned: CannedResponse[] = [
  ["hello", "Hello, and thank you for writing! How can I help?", SHOP],
  ["return", "You can send it back within **30 days**. The label is in the box:\n\n- print it\n"
    + "- put it on the parcel", SHOP],
  ["shipping", "Delivery takes 2 to 4 days inside the EU, and 4 to 6 days to Norway.", null],
].map(([shortcut = "", text = "", site = null], i) => ({
  id: id(800 + i), shortcut, text, site, updated_at: NOW,
} as CannedResponse));
let tickets: Ticket[] = [
  ["Refund for a double charge", "The bank shows two bookings on the same day.", "high", "open"],
  ["Address in the shop system", "", "medium", "pending"],
  ["Invoice for the hotel", "Send it to accounting, with the VAT number.", "low", "solved"],
].map(([subject = "", description = "", priority, status], i) => ({
  id: id(900 + i), site: SHOP, subject, description, priority, status,
  assignee: [ME, null, ANN][i] ?? null, conversation: i === 1 ? null : id(201 + i * 4),
  follow_up: null, created_by: ME, created_at: NOW - (i + 2) * HOUR,
  updated_at: NOW - (i + 1) * HOUR, version: 1,
} as Ticket));
const audit: AuditEntry[] = [
  { at: NOW - HOUR, by: ME, action: "message_recalled", site: SHOP, subject: null, fields: [],
    recalled: { conversation: id(201), document: "timeline", message: id(1006) } },
  { at: NOW - 3 * HOUR, by: BO, action: "site_changed", site: SHOP, subject: SHOP,
    fields: ["routing", "greeting"], recalled: null },
  { at: NOW - 30 * HOUR, by: null, action: "agent_added", site: null, subject: BO, fields: [],
    recalled: null },
];

function visitor(which: string): Visitor {
  const known = which === visitorOf(1);
  return {
    id: which, former: [], site: SHOP, name: known ? "Ingrid Solberg" : null,
    email: known ? "ingrid@hotel.example" : null,
    attributes: known ? { plan: "business" } : {},
    pages: [{ title: "Wool blanket, moss", url: "https://larch.example/moss", at: NOW - HOUR }],
    verified: known, blocked: false, erased_at: null, created_at: NOW - 30 * HOUR,
  };
}

function answers(site: Site): SiteAnswers {
  return {
    site: site.id, name: site.name, mode: site.mode, human_support: true, online: true,
    visitor_edit: site.visitor_edit, visitor_recall: site.visitor_recall, greeting: site.greeting,
    offline_message: site.offline_message, offline_mode: site.offline_mode,
    prechat_fields: site.prechat_fields, theme_color: site.theme_color,
    agents: people.agents.map(({ id: agent, name, online }) => ({ id: agent, name, online })),
  };
}

type Answer = { status?: number; body: unknown };
type Handler = (id: string, body: Record<string, unknown>, query: URLSearchParams) => Answer;

const HANDLERS: [method: string, path: RegExp, handler: Handler][] = [
  ["GET", /^me$/, () => ({ body: me })],
  ["PUT", /^me\/availability$/, (_, body) => ({ body: Object.assign(me, body) })],
  ["GET", /^me\/routing$/, () => ({ body: {
    presence: me.availability, active: 2, offers: [],
    sites: [
      { site: SHOP, mode: "automatic", limit: 5, reasons: [] },
      { site: DOCS, mode: "pick_up", limit: 5, reasons: [{ code: "human_support_off", message: "" }] },
    ],
    waiting: [
      { conversation: id(202), site: SHOP, since: NOW - HOUR / 5, offered: true, reasons: [] },
      { conversation: id(205), site: SHOP, since: NOW - HOUR, offered: false,
        reasons: [{ code: "offered_to_another", message: "" }] },
    ],
  } })],
  ["GET", /^me\/notifications$/, () => ({ body: { next: null, notifications: [
    { number: 2, conversation: id(201), kind: "mention", message: null, at: NOW - HOUR,
      read: true },
  ] } })],
  ["POST", /^me\/notifications\/read$/, () => ({ status: 204, body: null })],
  ["GET", /^sites\/([^/]+)\/widget$/, (which) => {
    const found = sites.find((site) => site.id === which);
    return found ? { body: answers(found) } : refused(404, "unknown_site");
  }],
  ["GET", /^categories$/, () => ({ body: { categories } })],
  ["GET", /^canned-responses$/, () => ({ body: { canned_responses: canned } })],
  ["PUT", /^canned-responses\/([^/]+)$/, (which, body) => {
    if (canned.some((one) => one.shortcut === body.shortcut && one.id !== which)) {
      return refused(409, "shortcut_taken", "shortcut");
    }
    const made = { ...body, id: which, updated_at: Date.now() } as CannedResponse;
    canned = [...canned.filter((one) => one.id !== which), made];
    return { body: made };
  }],
  ["DELETE", /^canned-responses\/([^/]+)$/, (which) => {
    canned = canned.filter((one) => one.id !== which);
    return { status: 204, body: null };
  }],
  ["GET", /^visitors\/([^/]+)$/, (which) => ({ body: visitor(which) })],
  ["GET", /^tickets$/, (_, __, query) => ({ body: {
    next: null,
    tickets: tickets.filter((one) => (["status", "priority", "assignee", "conversation"] as const)
      .every((key) => !query.get(key) || (one[key] ?? "none") === query.get(key))),
  } })],
  ["PUT", /^tickets\/([^/]+)$/, (which, body) => {
    const made = {
      follow_up: null, created_by: ME, created_at: Date.now(), updated_at: Date.now(), version: 1,
      status: "open", ...body, id: which,
    } as unknown as Ticket;
    tickets = [made, ...tickets.filter((one) => one.id !== which)];
    return { body: made };
  }],
  ["PATCH", /^tickets\/([^/]+)$/, (which, body) => {
    tickets = tickets.map((one) => one.id === which
      ? { ...one, ...body, version: one.version + 1 } as Ticket : one);
    return { body: tickets.find((one) => one.id === which) };
  }],
  ["GET", /^conversations$/, () => ({ body: { next: null, conversations: [...conversations().values()]
    .map((view) => rowOf(view).row) } })],
  ["GET", /^conversations\/[^/]+\/timeline\/([^/]+)\/former$/, (which) => ({ body: { former: [
    { revision: id(1_900), author: ME, at: NOW - HOUR, words: null },
    { revision: id(1_901), author: ME, at: NOW - 2 * HOUR, words: {
      text: `What **${which.slice(0, 4)}** said before`, attachments: ["label.pdf"],
    } },
  ] } })],
  ["POST", /^search$/, (_, body) => ({ body: { next: null, messages: 214, hits: [...conversations()
    .values()].flatMap(({ timeline, row }) => timeline.messages.flatMap((message) =>
    typeof message.words === "object" && "said" in message.words
      && message.words.said.text.toLowerCase().includes(String(body.text).toLowerCase())
      ? [{ conversation: timeline.conversation, site: row?.site, document: "timeline",
        message: message.id, kind: message.source, author: message.author, at: message.at,
        excerpt: message.words.said.text }] : [])) } })],
  ["GET", /^sites$/, () => ({ body: { sites } })],
  ["POST", /^agents\/([^/]+)\/link$/, () => ({ body: {
    kind: "invite", token: "one-time-token-4711", expires_at: NOW + 72 * HOUR,
  } })],
  ["POST", /^links\/look$/, (_, body) => body.token === "one-time-token-4711" ? { body: {
    kind: "invite", name: "Bo Lindqvist", email: "bo@shop.example", expires_at: NOW + HOUR,
  } } : refused(404, "unknown_link")],
  ["POST", /^links\/use$/, () => ({ status: 204, body: null })],
  ["GET", /^agents$/, () => ({ body: { agents } })],
  ["GET", /^audit$/, () => ({ body: { entries: audit, next: null } })],
];

function refused(status: number, code: string, field?: string): Answer {
  return { status, body: { error: { code, message: code, ...(field ? { field } : {}) } } };
}

export async function fetchApi(address: string, init: RequestInit): Promise<Response> {
  const online = (window.rejoinderClient?.connection.value ?? "live") !== "offline";
  if (!online) {
    throw new TypeError("offline");
  }
  const { pathname, searchParams } = new URL(address, location.href);
  const path = pathname.replace("/api/v1/", "");
  for (const [method, pattern, handler] of HANDLERS) {
    const found = method === init.method ? pattern.exec(path) : null;
    if (found) {
      const body = JSON.parse(String(init.body ?? "{}")) as Record<string, unknown>;
      const { status = 200, body: answer } = handler(found[1] ?? "", body, searchParams);
      return new Response(status === 204 ? null : JSON.stringify(answer), { status });
    }
  }
  const { status, body } = refused(404, "unknown");
  return new Response(JSON.stringify(body), { status: status ?? 404 });
}
