/** Former words of an edited message, where its site keeps them: shown on demand, kept nowhere. */

import { signal } from "@preact/signals";
import type {
  ConversationId, ConversationView, DocumentKind, MessageId, MessageView,
} from "@rejoinder/client";
import type { Desk } from "./desk.js";

export type Place = { conversation: ConversationId; kind: DocumentKind; message: MessageId };

/** Whose are on screen. */
export const formerOf = signal<Place | null>(null);

/** Whether there may be some to show. */
export function hasFormer(
  desk: Desk, view: ConversationView | null, message: MessageView,
): boolean {
  const site = view?.row?.site;
  return message.edited_at !== null && message.seq !== null && message.words !== "recalled"
    && site !== undefined && (desk.directory.keepFormer.value?.includes(site) ?? false);
}

/** The message as it is now; null once it is gone, with all its words. */
export function standing(view: ConversationView | null, place: Place): MessageView | null {
  if (view === null || view.timeline.conversation !== place.conversation) {
    return null;
  }
  const all = place.kind === "timeline" ? view.timeline.messages : view.team?.notes ?? [];
  const found = all.find(({ id }) => id === place.message);
  return found === undefined || found.words === "recalled" ? null : found;
}
