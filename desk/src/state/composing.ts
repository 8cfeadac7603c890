/** What the composer is about to make: a reply, a note, or an edit of a message. */

import { batch, signal } from "@preact/signals";
import type { ConversationId, DocumentKind, MessageId } from "@rejoinder/client";

export interface Editing {
  conversation: ConversationId;
  kind: DocumentKind;
  message: MessageId;
}

/** Kept a conversation, so that coming back finds the same composer. */
const kinds = signal<ReadonlyMap<ConversationId, DocumentKind>>(new Map());
export const editing = signal<Editing | null>(null);
/** Raised when the composer is to take the focus, by whichever field is there then. */
const asked = signal(0);
let answered = 0;

export function focusComposer(): void {
  asked.value += 1;
}

export function focusIsAsked(): boolean {
  return asked.value !== answered;
}

/** True once for each time the focus was asked for. */
export function takeFocus(): boolean {
  const due = asked.peek() !== answered;
  answered = asked.peek();
  return due;
}

export function kindOf(conversation: ConversationId, closed: boolean): DocumentKind {
  return kinds.value.get(conversation) ?? (closed ? "team" : "timeline");
}

/** Switching changes what is written next, and sends nothing. */
export function compose(conversation: ConversationId, kind: DocumentKind): void {
  batch(() => {
    kinds.value = new Map(kinds.value).set(conversation, kind);
    editing.value = null;
    focusComposer();
  });
}

/** What is put into the composer that is there now, at its caret. */
export const insertion = signal<{ text: string } | null>(null);

/** A mention is a thing of notes: the composer becomes one, and the person stands in it. */
export function moveToNote(conversation: ConversationId, text: string): void {
  batch(() => {
    compose(conversation, "team");
    insertion.value = { text };
  });
}

export function insert(text: string): void {
  insertion.value = { text };
}

export function takeInsertion(): string | null {
  const text = insertion.peek()?.text ?? null;
  insertion.value = null;
  return text;
}

export function beginEdit(place: Editing): void {
  batch(() => {
    editing.value = place;
    focusComposer();
  });
}

/** There is nothing to edit any more: whoever was typing goes on where new messages are written. */
export function abandonEdit(): void {
  const active = globalThis.document?.activeElement;
  batch(() => {
    editing.value = null;
    if (active?.getAttribute("name") === "composer") {
      focusComposer();
    }
  });
}

export function endEdit(): void {
  batch(() => {
    editing.value = null;
    focusComposer();
  });
}
