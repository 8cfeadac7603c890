/** Names of those who have none: documents and feeds name visitors by a random id only. */

import type { ParticipantId, People } from "@rejoinder/client";

/** How many calm colours there are for avatars: `--hue-0` and on in the styles. */
export const HUES = 8;

/** Four characters of an id that is random throughout: enough to tell neighbours apart. */
export function shortId(id: string): string {
  return id.replaceAll("-", "").slice(0, 4);
}

export function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) {
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  }
  return sum % HUES;
}

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = [...(words[0] ?? "")][0] ?? "";
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

export function agentName(people: People, id: ParticipantId): string | null {
  return people.agents.find((agent) => agent.id === id)?.name ?? null;
}

export function siteName(people: People, id: string): string | null {
  return people.sites.find((site) => site.id === id)?.name ?? null;
}
