/** The tickets that the page shows, and the dialog that makes one: open for one chat at a time. */

import { signal } from "@preact/signals";
import type { ConversationId, Priority, SiteId } from "@rejoinder/client";

export interface TicketDraft {
  subject: string;
  description: string;
  priority: Priority;
  assignee: string;
  site: SiteId;
}

/** What a ticket is made of: a chat, or nothing yet. */
export interface TicketAbout {
  conversation: ConversationId | null;
  site: SiteId | null;
}

export const ticketDialog = signal<TicketAbout | null>(null);
/** What was typed and not created stays with its chat for as long as the page lives. */
export const ticketDrafts = new Map<ConversationId | null, TicketDraft>();

export function openTicketDialog(about: TicketAbout): void {
  ticketDialog.value = about;
}

export function closeTicketDialog(): void {
  ticketDialog.value = null;
}
