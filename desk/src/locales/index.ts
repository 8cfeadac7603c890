/** The languages there are. Another one is a file beside this and a line here. */

import { en, type Vocabulary } from "./en.js";

type Locale = { name: string; direction: "ltr" | "rtl"; load: () => Promise<Vocabulary> };

export const LOCALES = {
  en: { name: "English", direction: "ltr", load: async () => en },
  ar: { name: "العربية", direction: "rtl", load: async () => (await import("./ar.js")).ar },
} as const satisfies Record<string, Locale>;

export type LocaleId = keyof typeof LOCALES;

export function isLocale(id: string): id is LocaleId {
  return Object.hasOwn(LOCALES, id);
}

export function preferredLocale(languages: readonly string[]): LocaleId {
  for (const language of languages) {
    const id = language.split("-")[0] ?? "";
    if (isLocale(id)) {
      return id;
    }
  }
  return "en";
}
