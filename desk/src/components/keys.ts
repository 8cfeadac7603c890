/** The keyboard, for the whole desk. By the key's place, so that Alt's letters do not matter. */

import { closeConversation } from "../state/actions.js";
import { question, sheet } from "../state/ask.js";
import { compose } from "../state/composing.js";
import type { Desk } from "../state/desk.js";
import { openFind } from "../state/find.js";
import { go, selected } from "../state/route.js";

export function listenToKeys(desk: Desk): () => void {
  const listener = (event: KeyboardEvent) => {
    if (!event.defaultPrevented && question.peek() === null && act(desk, event)) {
      event.preventDefault();
    }
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}

function act(desk: Desk, event: KeyboardEvent): boolean {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.code === "KeyK") {
    sheet.value = sheet.peek() === "palette" ? null : "palette";
    return true;
  }
  if (sheet.peek() !== null) {
    return false;
  }
  if ((event.ctrlKey || event.metaKey) && event.code === "KeyF" && !event.shiftKey
    && !event.altKey) {
    return find(event.target);
  }
  if (event.altKey && !event.ctrlKey && !event.metaKey) {
    return withAlt(desk, event.code);
  }
  if (event.key === "?" && !writes(event.target)) {
    sheet.value = "help";
    return true;
  }
  return false;
}

/** Pressed again in the field of ours, the browser's own search opens. */
function find(target: EventTarget | null): boolean {
  const own = target instanceof HTMLInputElement && target.closest(".find-bar") !== null;
  if (selected.peek() === null || own) {
    return false;
  }
  openFind();
  return true;
}

function withAlt(desk: Desk, code: string): boolean {
  const conversation = selected.peek();
  switch (code) {
    case "KeyJ": desk.list.go(1); return true;
    case "KeyK": desk.list.go(-1); return true;
    case "KeyE": void closeConversation(desk); return conversation !== null;
    case "KeyP":
    case "KeyL":
      if (conversation) {
        compose(conversation, code === "KeyP" ? "team" : "timeline");
      }
      return conversation !== null;
    default: return false;
  }
}

function writes(target: EventTarget | null): boolean {
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function backToInbox(): void {
  go({ page: "inbox", conversation: null });
}
