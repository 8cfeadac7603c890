/**
 * Where in the desk somebody is. It stands behind `#`, so that one page serves every place, also
 * without a network, and ids are in no server's log. Words never stand in an address.
 */

import { computed, signal } from "@preact/signals";
import type { ConversationId } from "@rejoinder/client";

/** Tickets, history and settings find their place here. */
export type Route = { page: "inbox"; conversation: ConversationId | null };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function parseRoute(hash: string): Route {
  const [, page, id] = hash.split("/");
  return { page: "inbox", conversation: page === "c" && id && UUID.test(id) ? id : null };
}

export const route = signal<Route>({ page: "inbox", conversation: null });
export const selected = computed(() => route.value.conversation);
/** The agents' own entry shows live chats and nothing else. */
export const isPortal = globalThis.location?.pathname.startsWith("/portal") ?? false;

export function go(to: Route, how: "push" | "replace" = "push"): void {
  const hash = to.conversation ? `#/c/${to.conversation}` : location.pathname;
  history[how === "push" ? "pushState" : "replaceState"](null, "", hash);
  route.value = to;
}

export function startRoute(): void {
  const read = () => {
    route.value = parseRoute(location.hash);
  };
  window.addEventListener("popstate", read);
  window.addEventListener("hashchange", read);
  read();
}
