/** What of a call can be told before the core is asked, or after it has answered. */

import type { Call } from "../protocol.js";
import type { DocumentId } from "../views.js";

/** Milliseconds between two signals of one kind. */
const SIGNAL_EVERY_MILLIS = 4_000;

/** Which signal was told last of each document, and when. */
export class Signals {
  readonly #told = new Map<string, { signal: string; at: number }>();

  /** Whether a command is a signal that was told a moment ago. */
  isTooSoon(command: unknown): boolean {
    const { signal } = command as { signal?: { document: DocumentId; signal: string } };
    if (signal === undefined) return false;
    const of = JSON.stringify(signal.document);
    if (signal.signal === "idle") {
      this.#told.delete(of);
      return false;
    }
    const last = this.#told.get(of);
    const now = Date.now();
    if (last?.signal === signal.signal && now - last.at < SIGNAL_EVERY_MILLIS && now >= last.at) {
      return true;
    }
    this.#told.set(of, { signal: signal.signal, at: now });
    return false;
  }
}

/** What a command fails with when it was carried out before. */
const DONE: Record<string, string> = {
  recall: "recalled",
  close: "closed",
  discard: "unknown_operation",
  send_anyway: "unknown_operation",
};

/** Whether a call that is said again fails because it was carried out the first time. */
export function isDone(call: Call, code: string): boolean {
  if (call.call !== "command") return false;
  const [what] = Object.keys(call.command as Record<string, unknown>);
  return what !== undefined && DONE[what] === code;
}
