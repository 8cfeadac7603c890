/** What the samples, which the core writes, are checked against. */
export type { ConversationView, Freshness, InboxRow, Notification, Offer } from "../src/views.ts";
export type { Identity } from "../src/protocol.ts";
