/** What to do about a file that was asked for and did not come: the same in desk and widget. */

import { RejoinderError } from "./api.js";
import type { Timestamp } from "./views.js";

/** Milliseconds before a file is asked for again that did not come; doubled each time. */
const AGAIN_MILLIS = 1_000;
const LONGEST_MILLIS = 30_000;
/** Milliseconds after which a file that has not come may never come: its author may be gone. */
const OVERDUE_MILLIS = 60 * 60_000;

/**
 * - `waiting`: its author is still sending it.
 * - `offline`: it comes with the connection, or from a server that is less busy.
 * - `refused`: the server did not take it.
 * - `gone`: it was taken back.
 * - `failed`: asking again by itself does not help.
 */
export type NotThere = "waiting" | "offline" | "refused" | "gone" | "failed";

export function whyNotThere(error: unknown): NotThere {
  switch (error instanceof RejoinderError ? error.code : null) {
    case "file_waiting":
      return "waiting";
    case "file_not_taken":
      return "refused";
    case "offline":
    case "no_contact":
    case "not_open":
      return "offline";
    case "recalled":
    case "unknown_message":
      return "gone";
    default:
      return "failed";
  }
}

/** Whether nobody should go on waiting for a file of a message that the server has since `at`. */
export function isOverdue(at: Timestamp | null, now: Timestamp): boolean {
  return at !== null && now - at > OVERDUE_MILLIS;
}

/** How long to wait after so many tries in vain. */
export function waitAfter(tries: number): number {
  return Math.min(AGAIN_MILLIS * 2 ** tries, LONGEST_MILLIS);
}
