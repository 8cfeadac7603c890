/** What others learn of this person: that they look at a conversation, and how far they read. */

import { effect, signal } from "@preact/signals";
import { isVisible, isWatching } from "./attention.js";
import type { Desk } from "./desk.js";
import type { Disposer } from "./readable.js";

/** Signals are gone after 10 s; this keeps one alive. */
const VIEWING_MILLIS = 5_000;

/** Whether the newest messages of the open conversation are on the screen. */
export const atNewest = signal(true);

export function startPresence(desk: Desk): Disposer {
  const stopViewing = effect(() => {
    const conversation = desk.current.value;
    if (!conversation || !isVisible.value || desk.connection.value !== "live") {
      return undefined;
    }
    const tell = () => void conversation.viewing().catch(() => undefined);
    tell();
    const timer = setInterval(tell, VIEWING_MILLIS);
    return () => {
      clearInterval(timer);
      conversation.idle().catch(() => undefined);
    };
  });
  let seen = "";
  const stopSeeing = effect(() => {
    const conversation = desk.current.value;
    const view = desk.view.value;
    if (!conversation || !view || !isWatching.value || !atNewest.value
      || view.timeline.conversation !== conversation.id || view.freshness === "checking") {
      return;
    }
    const mark = `${conversation.id} ${view.timeline.seq}`;
    if (view.unread > 0 && mark !== seen) {
      seen = mark;
      conversation.markSeen(view.timeline.seq).catch(() => {
        seen = "";
      });
    }
  });
  return () => {
    stopViewing();
    stopSeeing();
  };
}
