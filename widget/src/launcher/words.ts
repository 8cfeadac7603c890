import { type Language, languageOf } from "../bridge";

/** The few words that are needed before the app is there. */
const WORDS = {
  en: {
    chat: "Chat",
    close: "Close",
    unread: "unread",
    down: "The chat cannot be reached. Check your connection.",
    retry: "Try again",
  },
  ar: {
    chat: "المحادثة",
    close: "إغلاق",
    unread: "غير مقروءة",
    down: "تعذّر الوصول إلى المحادثة. تحقّق من اتصالك.",
    retry: "إعادة المحاولة",
  },
} satisfies Record<Language, Record<string, string>>;

export function wordsFor(locale: string): (typeof WORDS)["en"] {
  return WORDS[languageOf(locale)];
}
