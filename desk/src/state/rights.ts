/**
 * What this agent may do, to show buttons as they are: the server decides, by the matrix of
 * roles in SPEC.md (AU18 to AU25).
 */

import type { AgentRole, ConversationView, MessageView } from "@rejoinder/client";
import type { Entry } from "../model/timeline.js";
import type { Desk } from "./desk.js";
import type { Section } from "./route.js";

export function leads(desk: Desk): boolean {
  const role = desk.role.value;
  return role === "supervisor" || role === "admin" || role === "owner";
}

/** Account managers and above: also what is common to all agents of a site. */
export function mayCategorise(desk: Desk): boolean {
  return leads(desk) || desk.role.value === "account_manager";
}

export const ROLES = [
  "support_agent", "agent", "account_manager", "supervisor", "admin", "owner",
] as const satisfies AgentRole[];

export function ranks(role: AgentRole): number {
  return ROLES.indexOf(role);
}

/** Which parts of the settings this role has. */
export function sectionsOf(desk: Desk): Section[] {
  return [
    ...(administers(desk) ? ["sites", "agents"] as const : []),
    ...(mayCategorise(desk) ? ["categories", "canned"] as const : []),
    ...(leads(desk) ? ["audit"] as const : []),
    "account",
  ];
}

export function administers(desk: Desk): boolean {
  const role = desk.role.value;
  return role === "admin" || role === "owner";
}

/** What cannot be undone for a whole visitor or site. */
export function mayErase(desk: Desk): boolean {
  return desk.role.value === "owner";
}

export function mayAssign(desk: Desk, view: ConversationView): boolean {
  const { assignee, closed } = view.timeline;
  if (closed) {
    return false;
  }
  const own = assignee !== null && desk.me.value.has(assignee);
  return leads(desk) || (own && desk.role.value !== "support_agent");
}

/** Supervisors and above, and whoever has the conversation (RT54). */
export function mayWriteOut(desk: Desk, view: ConversationView): boolean {
  const { assignee } = view.timeline;
  return leads(desk) || (assignee !== null && desk.me.value.has(assignee));
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
