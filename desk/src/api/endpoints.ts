/** Every address of the directory that the desk asks, and nothing else of it. */

import type {
  CategoryId, ConversationId, DocumentKind, MessageId, ParticipantId, SiteId,
} from "@rejoinder/client";
import { askOpenly, type Requests } from "./request.js";
import type {
  Agent, AgentChange, AuditEntry, Availability, CannedResponse, Category, Enrolment, Former, Found, Link,
  LinkFor, Live, Me, NewAgent, NewTicket, Notified, Page, Past, RecoveryCodes, Report, RoutingNow,
  SecondFactor, Site, SiteAnswers, SiteInput, Ticket, TicketChange, Token, TranscriptFormat,
  Visitor, VisitorChange, WhichPast, WhichReport, WhichTickets,
} from "./shapes.js";

/** What is part of a page of a long list, under its own name. */
type Paged<K extends string, T> = Record<K, T[]> & { next: string | null };

export const siteAnswers = (from: Requests, site: SiteId) =>
  from.ask<SiteAnswers>("GET", `sites/${site}/widget`);

export const me = (from: Requests) => from.ask<Me>("GET", "me");
export const setAvailability = (from: Requests, availability: Availability) =>
  from.ask<Me>("PUT", "me/availability", { body: { availability } });

export const categories = async (from: Requests) =>
  (await from.ask<{ categories: Category[] }>("GET", "categories")).categories;
export const putCategory = (from: Requests, { id, ...body }: Category) =>
  from.ask<Category>("PUT", `categories/${id}`, { body });
export const removeCategory = (from: Requests, id: CategoryId) =>
  from.ask<null>("DELETE", `categories/${id}`);

export const cannedResponses = async (from: Requests) => (await from.ask<{
  canned_responses: CannedResponse[];
}>("GET", "canned-responses")).canned_responses;
export const putCannedResponse = (
  from: Requests, { id, site, shortcut, text }: Omit<CannedResponse, "updated_at">,
) => from.ask<CannedResponse>("PUT", `canned-responses/${id}`, { body: { site, shortcut, text } });
export const removeCannedResponse = (from: Requests, id: string) =>
  from.ask<null>("DELETE", `canned-responses/${id}`);

export const visitor = (from: Requests, id: ParticipantId) =>
  from.ask<Visitor>("GET", `visitors/${id}`);
export const changeVisitor = (from: Requests, id: ParticipantId, body: VisitorChange) =>
  from.ask<Visitor>("PATCH", `visitors/${id}`, { body });
export const blockVisitor = (from: Requests, id: ParticipantId, blocked: boolean) =>
  from.ask<Visitor>("PUT", `visitors/${id}/blocked`, { body: { blocked } });
export const deleteSite = (from: Requests, id: SiteId, name: string) =>
  from.ask<null>("PUT", `sites/${id}/deleted`, { body: { name } });
export const eraseVisitor = (from: Requests, id: ParticipantId) =>
  from.ask<Visitor>("PUT", `visitors/${id}/erased`);

export const tickets = async (from: Requests, which: WhichTickets): Promise<Page<Ticket>> => {
  const { tickets: rows, next } = await from.ask<Paged<"tickets", Ticket>>("GET", "tickets",
    { query: which });
  return { rows, next };
};
/** Made here with its id, sent by the outbox: an address and a body. */
export const newTicket = (id: string, body: NewTicket) =>
  ({ kind: "ticket", about: id, method: "PUT" as const, path: `tickets/${id}`, body });
export const ticketChange = (id: string, body: TicketChange) =>
  ({ kind: "ticket change", about: id, method: "PATCH" as const, path: `tickets/${id}`, body });
export const visitorChange = (id: ParticipantId, body: VisitorChange) =>
  ({ kind: "visitor", about: id, method: "PATCH" as const, path: `visitors/${id}`, body });

export const conversations = async (
  from: Requests, which: WhichPast,
): Promise<Page<Past, number>> => {
  const { conversations: rows, next } = await from.ask<{
    conversations: Past[]; next: number | null;
  }>("GET", "conversations", { query: which });
  return { rows, next };
};
export const transcript = (
  from: Requests, id: ConversationId, format: TranscriptFormat, withNotes: boolean,
) => from.file(`conversations/${id}/transcript`, { format, notes: withNotes ? "with" : "without" });
/** The words travel in a body: addresses stand in logs. */
export const search = (from: Requests, words: string, before: Found["next"]) =>
  from.ask<Found>("POST", "search", { body: { words, ...(before === null ? {} : { before }) } });
export const visitorsByEmail = async (from: Requests, email: string) =>
  (await from.ask<{ visitors: Visitor[] }>("GET", "visitors", { query: { email, limit: 5 } }))
    .visitors;

export const live = (from: Requests, site: SiteId | null) => from.ask<Live>("GET", "live",
  { query: { site, zone: Intl.DateTimeFormat().resolvedOptions().timeZone } });
export const report = (from: Requests, which: WhichReport) =>
  from.ask<Report>("GET", "reports", { query: which });
export const reportFile = (from: Requests, which: WhichReport) =>
  from.file("reports", { ...which, format: "csv" });

export const routingNow = (from: Requests) => from.ask<RoutingNow>("GET", "me/routing");
export const notified = async (from: Requests) =>
  (await from.ask<{ notifications: Notified[] }>("GET", "me/notifications")).notifications;
export const markRead = (from: Requests, numbers: number[]) =>
  from.ask<null>("POST", "me/notifications/read", { body: { numbers } });

export const formerWords = async (
  from: Requests, { conversation, kind, message }: {
    conversation: ConversationId; kind: DocumentKind; message: MessageId;
  },
) => (await from.ask<{ former: Former[] }>(
  "GET", `conversations/${conversation}/${kind}/${message}/former`,
)).former;

export const sites = async (from: Requests) =>
  (await from.ask<{ sites: Site[] }>("GET", "sites")).sites;
export const putSite = (from: Requests, id: SiteId, body: SiteInput) =>
  from.ask<Site>("PUT", `sites/${id}`, { body });
export const changeSite = (from: Requests, id: SiteId, body: SiteInput) =>
  from.ask<Site>("PATCH", `sites/${id}`, { body });

export const agents = async (from: Requests) =>
  (await from.ask<{ agents: Agent[] }>("GET", "agents")).agents;
export const putAgent = (from: Requests, id: ParticipantId, body: NewAgent) =>
  from.ask<Agent>("PUT", `agents/${id}`, { body });
export const changeAgent = (from: Requests, id: ParticipantId, body: AgentChange) =>
  from.ask<Agent>("PATCH", `agents/${id}`, { body });
export const makeLink = (from: Requests, id: ParticipantId) =>
  from.ask<Link>("POST", `agents/${id}/link`);

export const tokens = async (from: Requests, agent: ParticipantId) =>
  (await from.ask<{ tokens: Token[] }>("GET", "tokens", { query: { agent } })).tokens;
export const revokeToken = (from: Requests, id: string) =>
  from.ask<null>("DELETE", `tokens/${id}`);

/** Ends all sessions of an agent but the one that asks. */
export const endOtherSessions = (from: Requests, agent: ParticipantId) =>
  from.ask<null>("DELETE", "tokens", { query: { agent } });

export const secondFactor = (from: Requests) => from.ask<SecondFactor>("GET", "me/second-factor");
export const beginSecondFactor = (from: Requests, password: string) =>
  from.ask<Enrolment>("POST", "me/second-factor", { body: { password } });
export const confirmSecondFactor = (from: Requests, code: string) =>
  from.ask<RecoveryCodes>("POST", "me/second-factor/confirm", { body: { code } });
export const removeSecondFactor = (from: Requests, password: string) =>
  from.ask<null>("POST", "me/second-factor/remove", { body: { password } });
export const takeOffSecondFactor = (from: Requests, agent: ParticipantId) =>
  from.ask<null>("DELETE", `agents/${agent}/second-factor`);

export const lookAtLink = (token: string) => askOpenly<LinkFor>("links/look", { token });
export const usePasswordLink = (token: string, password: string) =>
  askOpenly<null>("links/use", { token, password });

export const audit = async (
  from: Requests, cursor: string | null,
): Promise<Page<AuditEntry>> => {
  const { entries: rows, next } = await from.ask<Paged<"entries", AuditEntry>>("GET", "audit",
    { query: { cursor } });
  return { rows, next };
};
