/** Questions to the person, one at a time, and short messages that need no answer. */

import { signal } from "@preact/signals";
import { RejoinderError } from "@rejoinder/client";
import { t } from "./i18n.js";

export interface Choice {
  id: string;
  label: string;
  look: "primary" | "danger" | "plain";
}
export interface Question {
  title: string;
  lead: string;
  choices: Choice[];
  /** What to think of first, and the label of the box that ends being asked. */
  advice?: { lead: string; points: string[]; never: string };
}
export interface Open extends Question {
  answer: (id: string | null, never?: boolean) => void;
}
export interface Answer {
  id: string | null;
  /** Whether the advice is not to be given again. */
  never: boolean;
}

export const question = signal<Open | null>(null);
export const sheet = signal<"palette" | "help" | "why" | "transcript" | null>(null);
export const toast = signal<{ text: string; tone: "calm" | "bad" } | null>(null);
/** Read out politely, shown to nobody. */
export const announcement = signal("");

/** Null when the question was put away unanswered. */
export async function ask(asked: Question): Promise<string | null> {
  return (await advise(asked)).id;
}

export function advise(asked: Question): Promise<Answer> {
  question.value?.answer(null);
  return new Promise((resolve) => {
    const answer = (id: string | null, never = false) => {
      question.value = null;
      resolve({ id, never });
    };
    question.value = { ...asked, answer };
  });
}

export async function confirm(
  title: string, lead: string, label: string, look: Choice["look"],
): Promise<boolean> {
  return await ask({ title, lead, choices: [{ id: "yes", label, look }] }) === "yes";
}

let toastTimer: ReturnType<typeof setTimeout> | undefined;

export function tell(text: string, tone: "calm" | "bad" = "calm"): void {
  toast.value = { text, tone };
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    toast.value = null;
  }, tone === "bad" ? 12_000 : 4_000);
}

export function announce(text: string): void {
  announcement.value = "";
  queueMicrotask(() => {
    announcement.value = text;
  });
}

/** Why a call was not carried out, with what to do. */
export function whyNot(error: unknown): string {
  const codes: Record<string, string> = t.value.codes;
  const code = error instanceof RejoinderError ? error.code : "other";
  return codes[code] ?? t.value.codes.other;
}

/** Carries out what a button asks for, and says so when it was not possible. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    tell(t.value.failed(whyNot(error)), "bad");
    return false;
  }
}
