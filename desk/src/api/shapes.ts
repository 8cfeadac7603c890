/** What the directory tells of and takes, as the desk uses it. */

import type {
  ConversationId, DocumentKind, FeedRow, Kind, MessageId, Notification, ParticipantId, Priority,
  Reason, SiteId, Status, Timestamp,
} from "@rejoinder/client";
import type { components } from "./schema.js";

type Schemas = components["schemas"];
/** The server leaves no field of an answer out: what it does not know is null. */
type Whole<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };

export type SiteMode = Schemas["SiteMode"];
export const SITE_MODES = [
  "live_chat", "assistant_then_human", "assistant_only",
] as const satisfies SiteMode[];
export type Routing = Schemas["Routing"];
export const ROUTINGS = ["pick_up", "automatic"] as const satisfies Routing[];

export type OfflineMode = Schemas["OfflineMode"];
export const OFFLINE_MODES = ["message", "form"] as const satisfies OfflineMode[];
export type PrechatField = Schemas["PrechatField"];
export type PrechatKind = Schemas["PrechatKind"];
export const PRECHAT_KINDS = ["text", "email", "choice"] as const satisfies PrechatKind[];

/** What everybody may know of a site. */
export type SiteAnswers = Whole<Schemas["Widget"]>;
export type Site = Whole<Schemas["Site"]>;
/** Of one to change, also the version that is changed. */
export type SiteInput = Partial<Schemas["SiteInput"]>;

export type Availability = Schemas["Availability"];
export const AVAILABILITIES = ["online", "away", "offline"] as const satisfies Availability[];
export type Me = Whole<Schemas["Me"]>;

export type Agent = Whole<Schemas["Agent"]>;
export type NewAgent = Schemas["NewAgent"];
export type AgentChange = Schemas["AgentChange"];
export type Link = Schemas["Link"];
export type LinkFor = Schemas["LinkFor"];

export type Token = Whole<Schemas["Token"]>;
export type SecondFactor = Whole<Schemas["SecondFactor"]>;
export type Enrolment = Schemas["Enrolment"];
export type RecoveryCodes = Schemas["RecoveryCodes"];

/** How a conversation is written out; notes only where they are asked for. */
export const TRANSCRIPT_FORMATS = ["text", "html", "json"] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

export type Category = Schemas["Category"];
/** Without a site it is one's own. */
export type CannedResponse = Whole<Schemas["CannedResponse"]>;

export type TicketStatus = Schemas["TicketStatus"];
export const TICKET_STATUSES = ["open", "pending", "solved"] as const satisfies TicketStatus[];
export type Ticket = Whole<Schemas["Ticket"]>;
export type NewTicket = Whole<Schemas["NewTicket"]>;
export type TicketChange = Schemas["TicketChange"];
export type WhichTickets = {
  site?: SiteId | null; status?: TicketStatus | null; priority?: Priority | null;
  /** An agent's id, or `none`. */
  assignee?: string | null; conversation?: ConversationId | null; cursor?: string | null;
};

export type Visitor = Whole<Schemas["Visitor"]>;
export type VisitorChange = Schemas["VisitorChange"];

export type Action = Schemas["Action"];
export type AuditEntry = Whole<Schemas["Entry"]>;

/** Part of a long list, and where the next begins. */
export type Page<T, C = string> = { rows: T[]; next: C | null };

/** A conversation in the history is told as in the feed. */
export type Past = FeedRow;
export type WhichPast = {
  site?: SiteId | null; status?: Status | null; closed?: boolean | null;
  /** An agent's id, `me` or `none`. */
  assignee?: string | null; visitor?: ParticipantId | null; before?: number | null;
};

/** A revision that does not stand in its message's place; without words where none were kept. */
export type Former = Whole<Schemas["Former"]>;

export type Found = {
  hits: {
    conversation: ConversationId; site: SiteId; document: DocumentKind; message: MessageId;
    kind: Kind; author: ParticipantId; at: Timestamp;
    /** A part of its text, around what was looked for. */
    excerpt: string;
  }[];
  /** From where to go on; null when everything was looked through. */
  next: number | null;
  /** How many messages were looked through. */
  messages: number;
};

type Because = { code: Reason; message: string };
/** What this agent is given, and why not more: read off the decision that gives it. */
export type RoutingNow = {
  presence: Availability; active: number;
  sites: { site: SiteId; mode: Routing; limit: number; reasons: Because[] }[];
  waiting: {
    conversation: ConversationId; site: SiteId; since: Timestamp; offered: boolean;
    reasons: Because[];
  }[];
};

export type Live = Schemas["Live"] & { total: LiveStanding };
export type LiveAgent = Schemas["LiveAgent"];
export type LiveStanding = Whole<Schemas["Standing"]>;
export type Spread = Schemas["Spread"];
export type Figures = Schemas["Figures"];
export type Report = Schemas["Report"];
export type WhichReport = {
  /** The first and the last day, such as `2026-11-30`. */
  from: string; to: string;
  /** In which time zone they begin and end. */
  zone: string;
  site: SiteId | null; agent: ParticipantId | null;
};

export type Notified = Notification & { read: boolean };
