/** What buttons, menus, the palette and keys do to the conversation on screen. */

import type { AttachmentId } from "@rejoinder/client";
import { attachmentsOf } from "../model/files.js";
import { type Entry, textOf } from "../model/timeline.js";
import type { FilePlace } from "./addresses.js";
import { advise, attempt, confirm, tell } from "./ask.js";
import { beginEdit, compose, focusComposer } from "./composing.js";
import type { Desk } from "./desk.js";
import { t } from "./i18n.js";
import { go } from "./route.js";
import { change, settings } from "./settings.js";

export async function take(desk: Desk): Promise<void> {
  const conversation = desk.current.peek();
  if (conversation && await attempt(() => conversation.claim())) {
    focusComposer();
  }
}

/** From a list: what is taken is opened. */
export async function takeOver(desk: Desk, conversation: string): Promise<void> {
  if (await attempt(() => desk.client.conversation(conversation).claim())) {
    go({ page: "inbox", conversation });
    focusComposer();
  }
}

/** Once it is closed it stays so: asked before, each time. */
export async function closeConversation(desk: Desk): Promise<void> {
  const conversation = desk.current.peek();
  const words = t.value.conversation;
  if (!conversation || desk.view.peek()?.timeline.closed) {
    return;
  }
  const answer = await advise({
    title: words.closeQuestion, lead: words.closeLead,
    choices: [{ id: "close", label: words.closeConfirm, look: "danger" }],
    ...(settings.peek().closeAdvice ? { advice: words.closeAdvice } : {}),
  });
  if (answer.id === "close") {
    if (answer.never) {
      change({ closeAdvice: false });
    }
    await attempt(() => conversation.close());
  }
}

/** The AI answers again; meeting what the visitor wrote meanwhile, the server asks first. */
export async function restoreToAi(desk: Desk): Promise<void> {
  const conversation = desk.current.peek();
  if (conversation) {
    await attempt(() => conversation.setStatus("active_ai"));
  }
}

/** Who follows is a collaborator: told of what happens, and listed as one. */
export async function setFollowing(desk: Desk, who: string, follows: boolean): Promise<void> {
  const conversation = desk.current.peek();
  if (conversation) {
    await attempt(() => conversation.setCollaborator(who, follows));
  }
}

/** Nobody has it any more: the server lets the visitor wait for a human again. */
export async function handBack(desk: Desk): Promise<void> {
  const conversation = desk.current.peek();
  if (conversation) {
    await attempt(() => conversation.assign(null));
  }
}

/** Takes a file out of one's own message; what is left of it stays as it is. */
export async function detach(desk: Desk, at: FilePlace, attachment: AttachmentId): Promise<void> {
  const { conversation, message, kind } = at;
  const handle = desk.client.conversation(conversation);
  if (await attempt(() => handle.detach(message, attachment, kind))) {
    focusComposer();
  }
}

export async function recall(desk: Desk, entry: Entry): Promise<void> {
  const conversation = desk.current.peek();
  const words = t.value.message;
  if (!conversation) {
    return;
  }
  const sure = await confirm(words.recallQuestion, words.recallLead, words.recallConfirm, "danger");
  if (sure) {
    await attempt(() => conversation.recall(entry.message.id, entry.kind));
    focusComposer();
  }
}

export async function copy(entry: Entry): Promise<void> {
  const text = textOf(entry.message);
  if (text !== null && await attempt(() => navigator.clipboard.writeText(text))) {
    tell(t.value.message.copied);
  }
}

export function edit(desk: Desk, entry: Entry): void {
  const conversation = desk.current.peek();
  if (conversation) {
    beginEdit({ conversation: conversation.id, kind: entry.kind, message: entry.message.id });
  }
}

/**
 * A reply that was not sent becomes a draft again. Its words are kept as a draft before the
 * operation is given up: a crash between the two leaves them twice, and never lost.
 */
export async function takeBack(desk: Desk, entry: Entry, operation: string): Promise<void> {
  const conversation = desk.current.peek();
  const view = desk.view.peek();
  const text = textOf(entry.message);
  if (!conversation || !view || text === null) {
    return;
  }
  const place = { kind: entry.kind, message: null };
  const typed = desk.drafts.text(view, place).peek();
  const whole = text && typed.trim() ? `${text}\n\n${typed}` : text || typed;
  const described = attachmentsOf(entry.message);
  await attempt(async () => {
    const files = await Promise.all(described.map(async ({ id, name }) =>
      ({ name, data: await conversation.file(entry.message.id, id, entry.kind) })));
    await conversation.setDraft(whole, { kind: entry.kind });
    desk.drafts.type(conversation.id, place, whole);
    await conversation.discard(operation, entry.kind);
    desk.files.add(conversation.id, entry.kind, files);
  });
  compose(conversation.id, entry.kind);
}

export async function retry(desk: Desk, operation: string, kind: Entry["kind"]): Promise<void> {
  const conversation = desk.current.peek();
  if (conversation) {
    await attempt(() => conversation.sendAnyway(operation, kind));
  }
}

export async function discard(desk: Desk, operation: string, kind: Entry["kind"]): Promise<void> {
  const conversation = desk.current.peek();
  if (conversation) {
    await attempt(() => conversation.discard(operation, kind));
    focusComposer();
  }
}
