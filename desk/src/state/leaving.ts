/** Logging out, with the questions that come before something is lost. */

import { RejoinderError } from "@rejoinder/client";
import { ask, confirm, tell, whyNot } from "./ask.js";
import type { Desk } from "./desk.js";
import { t } from "./i18n.js";
import { logOut } from "./session.js";

/** How long files may take before it is said that they could not be sent. */
const FILES_MILLIS = 120_000;

/** What waits is sent first, or lost with open eyes. */
export async function leave(desk: Desk): Promise<void> {
  const waiting = unsent(desk);
  if (waiting > 0) {
    await askFirst(desk, waiting);
  } else if (isUnknown(desk)) {
    await end(desk, "lose");
  } else if (desk.connection.peek() === "offline") {
    await leaveOffline(desk);
  } else {
    await end(desk, "keep");
  }
}

/** Files as well: their messages may have gone long before them. */
function unsent(desk: Desk): number {
  return desk.waiting.peek() + desk.directory.outbox.all.peek().length
    + desk.files.uploads.peek().size;
}

/** To a server that does not know the log-in there is nothing to send, and nothing to say. */
function isUnknown(desk: Desk): boolean {
  return desk.trouble.peek() === "credential";
}

async function leaveOffline(desk: Desk): Promise<void> {
  const words = t.value.logOut;
  if (await confirm(words.offlineQuestion, words.offlineLead, words.eraseHere, "danger")) {
    await end(desk, "lose");
  }
}

async function askFirst(desk: Desk, waiting: number): Promise<void> {
  const words = t.value.logOut;
  const unknown = isUnknown(desk);
  const chosen = await ask({
    title: words.question(waiting), lead: unknown ? words.unknownLead : words.lead,
    choices: [
      { id: "lose", label: words.lose(waiting), look: "danger" },
      ...(unknown ? [] : [{ id: "send", label: words.sendFirst, look: "primary" as const }]),
    ],
  });
  if (chosen === "lose") {
    await end(desk, "lose");
  } else if (chosen === "send") {
    await sendFirst(desk);
  }
}

async function sendFirst(desk: Desk): Promise<void> {
  tell(t.value.logOut.sending);
  const { client, directory: { outbox }, files } = desk;
  const sent = await Promise.all([client.settled(), outbox.flush(), files.sent(FILES_MILLIS)])
    .then(([, , all]) => all, () => false);
  if (!sent || outbox.unsent.peek() > 0) {
    tell(t.value.logOut.sendFailed, "bad");
  } else if (unsent(desk) > 0) {
    // What was refused waits for its author, and is not to go unseen.
    await askFirst(desk, unsent(desk));
  } else {
    await end(desk, "keep");
  }
}

async function end(desk: Desk, how: "keep" | "lose"): Promise<void> {
  try {
    await logOut(desk, how);
  } catch (error) {
    const code = error instanceof RejoinderError ? error.code : null;
    if (code === "unsent") {
      await askFirst(desk, Math.max(1, unsent(desk)));
    } else if (code === "offline") {
      await leaveOffline(desk);
    } else {
      tell(`${t.value.logOut.failed} ${whyNot(error)}`, "bad");
    }
  }
}
