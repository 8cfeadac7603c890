/** Doors to what is fetched when it is first opened. */

import type { ComponentType } from "preact";
import type { PageName } from "../state/route.js";
import { lazy } from "./Lazy.js";

type Pages = typeof import("../pages/index.js");

async function load<K extends keyof Pages>(name: K): Promise<Pages[K]> {
  const pages = await import("../pages/index.js");
  await pages.ready;
  return pages[name];
}

export const PAGES: Record<Exclude<PageName, "inbox">, ComponentType> = {
  tickets: lazy(() => load("Tickets")),
  live: lazy(() => load("Live")),
  reports: lazy(() => load("Reports")),
  history: lazy(() => load("History")),
  search: lazy(() => load("Search")),
  settings: lazy(() => load("Settings")),
};

export const TicketDialog = lazy(() => load("TicketDialog"));
export const ChoosePassword = lazy(() => load("ChoosePassword"));
export const FormerDialog = lazy(() => load("FormerDialog"));
export const WhyDialog = lazy(() => load("WhyDialog"));
export const TranscriptDialog = lazy(() => load("TranscriptDialog"));
