/**
 * Where in the desk somebody is. It stands behind `#`, so that one page serves every place, also
 * without a network, and ids are in no server's log. Words never stand in an address.
 */

import { computed, signal } from "@preact/signals";
import type { ConversationId } from "@rejoinder/client";

export const SECTIONS = ["sites", "agents", "categories", "canned", "audit", "account"] as const;
export type Section = (typeof SECTIONS)[number];
export type Route =
  | { page: "inbox"; conversation: ConversationId | null }
  | { page: "tickets"; ticket: string | null }
  | { page: "history" }
  | { page: "live" }
  | { page: "reports" }
  | { page: "search" }
  | { page: "settings"; section: Section; item: string | null };
export type PageName = Route["page"];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function parseRoute(hash: string): Route {
  const [, page, first, second] = hash.split("/");
  const id = (text: string | undefined) => text && UUID.test(text) ? text : null;
  switch (page) {
    case "tickets": return { page, ticket: id(first) };
    case "history":
    case "live":
    case "reports":
    case "search": return { page };
    case "settings": {
      const section = SECTIONS.find((one) => one === first) ?? "sites";
      return { page, section, item: second === "new" ? second : id(second) };
    }
    default: return { page: "inbox", conversation: page === "c" ? id(first) : null };
  }
}

export function hashOf(to: Route): string {
  switch (to.page) {
    case "inbox": return to.conversation ? `#/c/${to.conversation}` : "";
    case "tickets": return to.ticket ? `#/tickets/${to.ticket}` : "#/tickets";
    case "history":
    case "live":
    case "reports":
    case "search": return `#/${to.page}`;
    case "settings": return `#/settings/${to.section}${to.item ? `/${to.item}` : ""}`;
  }
}

export const route = signal<Route>({ page: "inbox", conversation: null });
export const selected = computed(() =>
  route.value.page === "inbox" ? route.value.conversation : null);
/** Where the inbox was left for another page; null after it was left by "Back". */
export const lastConversation = signal<ConversationId | null>(null);
/** The agents' own entry shows live chats and nothing else. */
export const isPortal = globalThis.location?.pathname.startsWith("/portal") ?? false;

export function go(to: Route, how: "push" | "replace" = "push"): void {
  const hash = hashOf(to) || location.pathname;
  history[how === "push" ? "pushState" : "replaceState"](null, "", hash);
  leaveFor(to);
  route.value = to;
}

function leaveFor(to: Route): void {
  if (to.page !== "inbox" && route.peek().page === "inbox") {
    lastConversation.value = selected.peek();
  } else if (to.page === "inbox") {
    lastConversation.value = null;
  }
}

export function startRoute(): void {
  const read = () => {
    const found = parseRoute(location.hash);
    route.value = isPortal && found.page !== "inbox" ? { page: "inbox", conversation: null } : found;
  };
  window.addEventListener("popstate", read);
  window.addEventListener("hashchange", read);
  read();
}
