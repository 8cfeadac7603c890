/** Languages: what is said, in which direction it runs, and how times look in it. */

import { computed, signal } from "@preact/signals";
import type { Timestamp } from "@rejoinder/client";
import { en, type Vocabulary } from "../locales/en.js";
import { LOCALES, type LocaleId, preferredLocale } from "../locales/index.js";
import { settings } from "./settings.js";

const loaded = signal<{ id: LocaleId; words: Vocabulary }>({ id: "en", words: en });

/** The words of the current language; components that read it follow a change. */
export const t = computed(() => loaded.value.words);
export const localeId = computed(() => loaded.value.id);

export async function useLocale(id: LocaleId): Promise<void> {
  const locale = LOCALES[id];
  const words = await locale.load();
  loaded.value = { id, words };
  document.documentElement.lang = id;
  document.documentElement.dir = locale.direction;
}

/** Falls back to English where the language's file cannot be had. */
export async function startLocale(): Promise<void> {
  const chosen = settings.value.locale ?? preferredLocale(navigator.languages);
  await useLocale(chosen).catch(() => useLocale("en"));
}

const formats = computed(() => {
  const id = localeId.value;
  return {
    time: new Intl.DateTimeFormat(id, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    day: new Intl.DateTimeFormat(id, { day: "numeric", month: "long" }),
    dayOfYear: new Intl.DateTimeFormat(id, { day: "numeric", month: "long", year: "numeric" }),
    weekday: new Intl.DateTimeFormat(id, { weekday: "long", day: "numeric", month: "long" }),
    seconds: new Intl.DateTimeFormat(id, { timeStyle: "medium", hourCycle: "h23" }),
    number: new Intl.NumberFormat(id),
    full: new Intl.DateTimeFormat(id, { dateStyle: "full", timeStyle: "medium" }),
    short: new Intl.DateTimeFormat(id, { day: "numeric", month: "short" }),
    ago: new Intl.RelativeTimeFormat(id, { style: "narrow", numeric: "auto" }),
    names: new Intl.ListFormat(id, { style: "short", type: "conjunction" }),
  };
});

export const timeOf = (at: Timestamp) => formats.value.time.format(at);
export const timeWithSecondsOf = (at: Timestamp) => formats.value.seconds.format(at);
export const numberOf = (n: number) => formats.value.number.format(n);

const KIB = 1024;

/** The size of a file, as people tell it. */
export function sizeOf(bytes: number): string {
  const [unit, size] = bytes < KIB ? ["byte", bytes] as const
    : bytes < KIB * KIB ? ["kilobyte", Math.round(bytes / KIB)] as const
      : ["megabyte", bytes / KIB / KIB] as const;
  return new Intl.NumberFormat(localeId.value, {
    style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short",
    maximumFractionDigits: 1,
  }).format(size);
}

export const fullTimeOf = (at: Timestamp) => formats.value.full.format(at);
export const listed = (names: string[]) => formats.value.names.format(names);

export function dayKey(at: Timestamp): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** "3 May", with its year where that is another one. */
export function dayOf(at: Timestamp, now: Timestamp): string {
  const same = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (same ? formats.value.day : formats.value.dayOfYear).format(at);
}

/** "14:02" today, else with its day. */
export function momentOf(at: Timestamp, now: Timestamp): string {
  return dayKey(at) === dayKey(now) ? timeOf(at) : `${dayOf(at, now)} ${timeOf(at)}`;
}

export function dayHeading(at: Timestamp, now: Timestamp): string {
  const words = t.value.conversation;
  if (dayKey(at) === dayKey(now)) {
    return words.today;
  }
  if (dayKey(at) === dayKey(now - 86_400_000)) {
    return words.yesterday;
  }
  return now - at < 300 * 86_400_000 ? formats.value.weekday.format(at) : dayOf(at, now);
}

/** How long ago, as short as it can be told. */
export function agoOf(at: Timestamp, now: Timestamp): string {
  const seconds = Math.max(0, (now - at) / 1000);
  const { ago, short } = formats.value;
  if (seconds < 60) {
    return ago.format(0, "second");
  }
  if (seconds < 3600) {
    return ago.format(-Math.floor(seconds / 60), "minute");
  }
  if (seconds < 86_400) {
    return ago.format(-Math.floor(seconds / 3600), "hour");
  }
  return seconds < 7 * 86_400 ? ago.format(-Math.floor(seconds / 86_400), "day") : short.format(at);
}

const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]] as const;

/** How long something took, in at most two units: "2 hr 5 min". */
export function durationOf(millis: number): string {
  const whole = Math.max(0, Math.round(millis / 1000));
  const first = UNITS.findIndex(([, seconds]) => whole >= seconds);
  let rest = whole;
  const parts = UNITS.slice(first < 0 ? UNITS.length - 1 : first).slice(0, 2)
    .map(([unit, seconds]) => {
      const count = Math.floor(rest / seconds);
      rest -= count * seconds;
      return { unit, count };
    });
  return parts.filter(({ count }, i) => count > 0 || i === 0).map(({ unit, count }) =>
    new Intl.NumberFormat(localeId.value, { style: "unit", unit, unitDisplay: "short" })
      .format(count)).join(" ");
}
