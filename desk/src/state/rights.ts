/**
 * What this agent may do, to show buttons as they are: the server decides, by the matrix of
 * roles in SPEC.md (AU18 to AU25).
 */

import type { ConversationView, MessageView } from "@rejoinder/client";
import type { Entry } from "../model/timeline.js";
import type { Desk } from "./desk.js";

export function leads(desk: Desk): boolean {
  const role = desk.role.value;
  return role === "supervisor" || role === "admin" || role === "owner";
}

export function mayAssign(desk: Desk, view: ConversationView): boolean {
  const { assignee, closed } = view.timeline;
  if (closed) {
    return false;
  }
  const own = assignee !== null && desk.me.value.has(assignee);
  return leads(desk) || (own && desk.role.value !== "support_agent");
}

export function mayEdit(
  desk: Desk, view: ConversationView, entry: Entry,
): "yes" | "mine" | "closed" {
  if (!desk.me.value.has(entry.message.author)) {
    return "mine";
  }
  return entry.kind === "timeline" && view.timeline.closed ? "closed" : "yes";
}

export function mayRecall(desk: Desk, view: ConversationView, message: MessageView): boolean {
  if (desk.me.value.has(message.author)) {
    return true;
  }
  const { assignee } = view.timeline;
  switch (message.source) {
    case "agent":
    case "note": return leads(desk);
    case "assistant":
      return leads(desk) || (assignee !== null && desk.me.value.has(assignee));
    case "visitor":
    case "system": return false;
  }
}
