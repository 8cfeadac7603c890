/** What the pages beside the inbox say: fetched with them, in the language that is set. */

import { computed, signal } from "@preact/signals";
import type { LocaleId } from "../../locales/index.js";
import { localeId } from "../../state/i18n.js";
import { en, type PageWords } from "./en.js";

const LOADERS: Record<LocaleId, () => Promise<PageWords>> = {
  en: async () => en,
  ar: async () => (await import("./ar.js")).ar,
};

const loaded = signal<PageWords>(en);

export const p = computed(() => loaded.value);

/** Resolves once there are words to show; in English where the others cannot be had. */
export async function loadPageWords(): Promise<void> {
  const take = async (id: LocaleId) => {
    loaded.value = await LOADERS[id]().catch(() => en);
  };
  await take(localeId.peek());
  localeId.subscribe((id) => void take(id));
}
