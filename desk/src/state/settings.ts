/** How a person likes the desk, kept in this browser. Nothing of it is about conversations. */

import { effect, signal } from "@preact/signals";
import { isLocale, type LocaleId } from "../locales/index.js";
import {
  type Filters, NO_FILTERS, PRIORITIES, SHOWN, type Shown, SORTS, type Sort, STATUSES, TABS, type Tab,
} from "../model/inbox.js";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export interface Settings {
  theme: Theme;
  /** Null follows the browser. */
  locale: LocaleId | null;
  tab: Tab;
  sort: Sort;
  shown: Shown;
  filters: Filters;
  notify: boolean;
  /** Whether closing asks what is easily forgotten. */
  closeAdvice: boolean;
}

const KEY = "rejoinder desk settings";

export const settings = signal<Settings>(read());

export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
}

function read(): Settings {
  const stored = parsed();
  const one = <T extends string>(of: readonly T[], value: unknown): T =>
    of.find((known) => known === value) ?? (of[0] as T);
  return {
    theme: one(THEMES, stored.theme),
    locale: typeof stored.locale === "string" && isLocale(stored.locale) ? stored.locale : null,
    tab: one(TABS, stored.tab),
    sort: one(SORTS, stored.sort),
    shown: one(SHOWN, stored.shown),
    filters: filters(stored.filters),
    notify: stored.notify === true,
    closeAdvice: stored.closeAdvice !== false,
  };
}

function filters(stored: unknown): Filters {
  if (typeof stored !== "object" || stored === null) {
    return NO_FILTERS;
  }
  const kept: Record<string, unknown> = { ...stored };
  const id = (value: unknown) => typeof value === "string" ? value : null;
  return {
    site: id(kept.site), category: id(kept.category),
    status: STATUSES.find((status) => status === kept.status) ?? null,
    priority: PRIORITIES.find((priority) => priority === kept.priority) ?? null,
  };
}

/** A browser that keeps nothing, or something else under this key, gets the defaults. */
function parsed(): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

export function keepSettings(): void {
  effect(() => {
    const { theme } = settings.value;
    document.documentElement.setAttribute("data-theme", theme);
    try {
      localStorage.setItem(KEY, JSON.stringify(settings.value));
    } catch {
      // Without storage the settings last as long as the page.
    }
  });
}
