/** Opens the best store that a browser gives. */

import type { StorageMode } from "../api.js";
import { IndexedDbTable } from "../store/indexeddb.js";
import { MemoryMedium, MemoryTable, TravellingMedium } from "../store/memory.js";
import { OpfsMedium } from "../store/opfs.js";
import type { Medium, Table } from "../store/table.js";
import { KEYRING_ROW } from "./host.js";

export interface Store {
  table: Table;
  medium: Medium;
  mode: StorageMode;
  /** What was lost on the way, for people; null when nothing was. */
  lost: string | null;
}

/** The header of a keyring: enough to see whether there is one. */
const HEADER_BYTES = 64;

export async function openStore(name: string, memory: boolean): Promise<Store> {
  const nothing = { table: new MemoryTable(), medium: new MemoryMedium(), lost: null };
  if (memory) return { ...nothing, mode: "memory" };
  let table: IndexedDbTable;
  try {
    table = await IndexedDbTable.open(name);
  } catch {
    return { ...nothing, mode: "memory" };
  }
  try {
    const medium = await OpfsMedium.open(`${name.replaceAll(/[^\w.-]/g, "_")}.keyring`);
    return { table, medium, mode: "durable", lost: await reconcile(table, medium) };
  } catch {
    const [row] = await table.range(KEYRING_ROW, null);
    const kept = row === undefined ? undefined : (await table.range(KEYRING_ROW, null))[1];
    const isKeyring = row !== undefined && row.length === 2 && row[1] === KEYRING_ROW[1];
    const bytes = isKeyring && kept !== undefined ? kept.slice() : new Uint8Array();
    return { table, medium: new TravellingMedium(bytes), mode: "outbox_only", lost: null };
  }
}

/**
 * Rows and keyring belong together. A browser may have dropped one of them: then the other is of no
 * use, and everything comes back from the server, except what had not been sent.
 */
async function reconcile(table: Table, medium: OpfsMedium): Promise<string | null> {
  const keys = await table.keys();
  const blank = medium.size() < HEADER_BYTES;
  if (keys.length === 0 && blank) return null;
  if (keys.length > 0 && !blank) return null;
  await table.clear();
  if (!blank) medium.erase();
  return keys.length === 0
    ? null
    : "this browser has dropped a part of what was kept: it comes back from the server";
}
