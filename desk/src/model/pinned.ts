/**
 * Pinned notes: what a team wants to see of a conversation at one glance. A note is pinned by its
 * first line, a definition that Markdown shows nowhere, so that it needs no key in a document.
 */

import type {
  ConversationId, ConversationView, DocumentKind, MessageId, MessageView,
} from "@rejoinder/client";
import { PINNED } from "@rejoinder/client/markdown";
import { textOf } from "./timeline.js";

export function pin(text: string): string {
  return isPinned(text) ? text : PINNED + text;
}

export function unpin(text: string): string {
  return isPinned(text) ? text.slice(PINNED.length) : text;
}

export function isPinned(text: string): boolean {
  return text.startsWith(PINNED);
}

/** Newest first. */
export function pinnedNotes(view: ConversationView): MessageView[] {
  return (view.team?.notes ?? []).filter((note) => isPinned(textOf(note) ?? "")).toReversed();
}

/**
 * Where the text of a pinned note waits until it is saved: drafts are kept by message, and no
 * message has the id of its conversation.
 */
export function pinnedPlace(
  conversation: ConversationId,
): { kind: DocumentKind; message: MessageId } {
  return { kind: "team", message: conversation };
}
