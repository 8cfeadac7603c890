/** What is being typed in the composer that opens a list: `/` canned responses, `@` teammates. */

import type { CannedResponse } from "../api/shapes.js";

export interface Trigger {
  kind: "canned" | "mention";
  /** Where its sign stands; what is chosen takes the place from here to the caret. */
  from: number;
  query: string;
}

const TRIGGER = /(?:^|\s)([/@])([^\s/@]{0,40})$/u;
/** How many are offered at once. */
const OFFERED = 8;

/** A sign counts at the start of a word only: addresses and e-mails hold them too. */
export function trigger(text: string, caret: number): Trigger | null {
  const found = TRIGGER.exec(text.slice(Math.max(0, caret - 60), caret));
  if (!found) {
    return null;
  }
  const query = found[2] ?? "";
  return {
    kind: found[1] === "/" ? "canned" : "mention", from: caret - query.length - 1, query,
  };
}

/** Those whose shortcut begins so stand first, then those that hold it anywhere. */
export function matchingCanned(all: CannedResponse[], query: string): CannedResponse[] {
  const wanted = query.toLocaleLowerCase();
  const rank = ({ shortcut, text }: CannedResponse) => {
    const name = shortcut.toLocaleLowerCase();
    return name.startsWith(wanted) ? 0 : name.includes(wanted) ? 1
      : text.toLocaleLowerCase().includes(wanted) ? 2 : 3;
  };
  return all.map((one) => ({ one, rank: rank(one) })).filter((found) => found.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.one.shortcut.localeCompare(b.one.shortcut))
    .slice(0, OFFERED).map((found) => found.one);
}

export function matchingPeople<T extends { name: string }>(all: T[], query: string): T[] {
  const wanted = query.toLocaleLowerCase();
  return all.filter(({ name }) => name.toLocaleLowerCase().split(/\s+/)
    .some((part) => part.startsWith(wanted)) || name.toLocaleLowerCase().startsWith(wanted))
    .slice(0, OFFERED);
}

/** Stands in a note for a person; the server tells them by it. */
export function mentionToken(id: string, name: string): string {
  return `@[${name.replace(/[[\]\n]/g, " ").trim().slice(0, 100)}](participant:${id}) `;
}

/** For one site: its own, those of every site, and one's personal ones. */
export function cannedFor(all: CannedResponse[], site: string | null): CannedResponse[] {
  return all.filter((one) => one.site === null || one.site === site);
}
