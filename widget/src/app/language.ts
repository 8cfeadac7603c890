import { computed, signal } from "@preact/signals";
import { directionOf, type Language, languageOf } from "../bridge";
import { en, type Strings } from "../locales/en";

/** The words on the screen. English is there at once, another language comes when it is asked. */
export const strings = signal<Strings>(en);
const asked = signal("en");
/** Who asked last is heard, whichever language comes first. */
let turn = 0;

/** With its region, so that times and days are written as the reader is used to. */
export const locale = computed(() => {
  const same = languageOf(asked.value) === strings.value.language;
  const known = same && /^(en|ar)\b/i.test(asked.value);
  return known && Intl.DateTimeFormat.supportedLocalesOf(asked.value.replace("_", "-")).length
    ? asked.value
    : strings.value.language;
});

export async function speak(wanted: string): Promise<void> {
  const language: Language = languageOf(wanted);
  turn += 1;
  const mine = turn;
  // Without a network another language may not come: then it is English for now.
  const words =
    language === "ar"
      ? await import("../locales/ar").then(
          ({ ar }) => ar,
          () => en,
        )
      : en;
  if (mine !== turn) return;
  try {
    Intl.getCanonicalLocales(wanted);
    asked.value = wanted;
  } catch {
    asked.value = language;
  }
  strings.value = words;
  document.documentElement.lang = words.language;
  document.documentElement.dir = directionOf(languageOf(words.language));
}

export function clockTime(at: number): string {
  return new Intl.DateTimeFormat(locale.value, { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** "14:02" today, with the day before it otherwise. */
export function moment(at: number, now: number): string {
  if (new Date(at).toDateString() === new Date(now).toDateString()) return clockTime(at);
  const how = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat(locale.value, how).format(at);
}

export function dayName(at: number, now: number): string {
  const day = new Date(at).toDateString();
  if (day === new Date(now).toDateString()) return strings.value.today;
  const before = new Date(now);
  before.setDate(before.getDate() - 1);
  if (day === before.toDateString()) return strings.value.yesterday;
  const year =
    new Date(at).getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" };
  const how = { weekday: "long", day: "numeric", month: "long", ...year } as const;
  return new Intl.DateTimeFormat(locale.value, how as Intl.DateTimeFormatOptions).format(at);
}

export function listed(names: string[]): string {
  return new Intl.ListFormat(locale.value, { type: "conjunction" }).format(names);
}

export function sizeOf(bytes: number): string {
  const [unit, amount] =
    bytes < 1_000
      ? (["byte", bytes] as const)
      : bytes < 1_000_000
        ? (["kilobyte", bytes / 1_000] as const)
        : (["megabyte", bytes / 1_000_000] as const);
  return new Intl.NumberFormat(locale.value, {
    style: "unit",
    unit,
    // In short it is the same for one and for many.
    unitDisplay: unit === "byte" ? "long" : "short",
    maximumFractionDigits: amount < 10 ? 1 : 0,
  }).format(amount);
}
