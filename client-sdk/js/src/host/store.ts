/** Opens the best store that a browser gives. */

import type { StorageMode } from "../api.js";
import { IndexedDbTable } from "../store/indexeddb.js";
import { MemoryMedium, MemoryTable, TravellingMedium } from "../store/memory.js";
import { OpfsMedium } from "../store/opfs.js";
import { after, type Medium, type Table } from "../store/table.js";
import { KEYRING_ROW } from "./host.js";

export interface Store {
  table: Table;
  medium: Medium;
  mode: StorageMode;
  /** What was lost on the way, for people; null when nothing was. */
  lost: string | null;
  /** Erases everything: for a store that is damaged. */
  erase(): Promise<void>;
}

/** What is told when a store was of no use. */
export const LOST =
  "this browser has lost or damaged what was kept: all but what was not sent comes back";

/** The header of a keyring: enough to see whether there is one. */
const HEADER_BYTES = 64;

export async function openStore(name: string, memory: boolean): Promise<Store> {
  const erase = () => Promise.resolve();
  const nothing = { table: new MemoryTable(), medium: new MemoryMedium(), lost: null, erase };
  if (memory) return { ...nothing, mode: "memory" };
  let table: IndexedDbTable;
  try {
    table = await IndexedDbTable.open(name);
  } catch {
    return { ...nothing, mode: "memory" };
  }
  try {
    const medium = await OpfsMedium.open(`${name.replaceAll(/[^\w.-]/g, "_")}.keyring`);
    const erase = async () => {
      await table.clear();
      medium.erase();
    };
    return { table, medium, mode: "durable", lost: await reconcile(table, medium), erase };
  } catch {
    const [, kept] = await table.range(KEYRING_ROW, after(KEYRING_ROW));
    const medium = new TravellingMedium(kept?.slice() ?? new Uint8Array());
    const erase = async () => {
      await table.clear();
      medium.erase();
    };
    return { table, medium, mode: "outbox_only", lost: null, erase };
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
  return keys.length === 0 ? null : LOST;
}
