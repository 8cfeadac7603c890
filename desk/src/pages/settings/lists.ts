/** What the settings pages ask for: one list of each kind, kept while the desk is open. */

import { Cached } from "../../api/cached.js";
import { ApiError } from "../../api/request.js";
import { agents, audit, sites } from "../../api/endpoints.js";
import type { Agent, AuditEntry, Page, Site } from "../../api/shapes.js";
import type { Desk } from "../../state/desk.js";

export interface Lists {
  sites: Cached<Site[]>;
  agents: Cached<Agent[]>;
  audit: Cached<Page<AuditEntry>>;
}

const all = new WeakMap<Desk, Lists>();

export function listsOf(desk: Desk): Lists {
  const { requests } = desk.directory;
  const found = all.get(desk) ?? {
    sites: new Cached({ ask: () => sites(requests) }),
    agents: new Cached({ ask: () => agents(requests) }),
    audit: new Cached({ ask: () => audit(requests, null) }),
  };
  all.set(desk, found);
  return found;
}

/** A changed one in its place, a new one with the others, by name. */
export function withOne<T extends { id: string; name: string }>(list: T[] | null, one: T): T[] {
  return [...(list ?? []).filter(({ id }) => id !== one.id), one]
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** One of a list as the server has it now. */
export async function newest<T extends { id: string }>(
  list: Cached<T[]>, id: string | undefined,
): Promise<T> {
  await list.refresh();
  const { value, error } = list.state.peek();
  const one = value?.find((other) => other.id === id);
  if (error ?? !one) {
    throw error ?? new ApiError("refused", "not_found", "", 404);
  }
  return one as T;
}
