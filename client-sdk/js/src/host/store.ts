/** Opens the best store that a browser gives. */

import type { StorageMode } from "../api.js";
import { IndexedDbTable } from "../store/indexeddb.js";
import { MemoryMedium, MemoryTable, TravellingMedium } from "../store/memory.js";
import { OpfsMedium } from "../store/opfs.js";
import {
  KEYRING_ROW, type Medium, type Opening, readOpening, StoreError, type Table, valueAt,
} from "../store/table.js";

export interface Store {
  table: Table;
  medium: Medium;
  mode: StorageMode;
  /** What was read of the table, if it has not changed since. */
  opening: Opening | null;
  /** What was lost on the way, for people; null when nothing was. */
  lost: string | null;
  /** Erases everything: for a store that is damaged. */
  erase(): Promise<void>;
  /** Lets another worker open it. */
  close(): void;
}

/** What is told when a store was of no use. */
export const LOST =
  "this browser has lost or damaged what was kept: all but what was not sent comes back";

/** The header of a keyring: enough to see whether there is one. */
const HEADER_BYTES = 64;

export async function openStore(name: string, memory: boolean): Promise<Store> {
  const erase = () => Promise.resolve();
  const close = () => {};
  const [rows, keys] = [new MemoryTable(), new MemoryMedium()];
  const nothing = { table: rows, medium: keys, opening: null, lost: null, erase, close };
  if (memory) return { ...nothing, mode: "memory" };
  // Side by side: a person waits for the first words.
  const file = OpfsMedium.open(`${encodeURIComponent(name)}.keyring`).catch(() => null);
  let table: IndexedDbTable;
  try {
    table = await IndexedDbTable.open(name);
  } catch (error) {
    void file.then((opened) => opened?.close());
    // Slow or too new is not denied: what is kept there must not be taken for nothing.
    if (error instanceof StoreError && error.isDenied) return { ...nothing, mode: "memory" };
    throw error;
  }
  const [opening, medium] = await Promise.all([readOpening(table), file]);
  const travelling = valueAt(opening.head, KEYRING_ROW);
  if (medium === null) {
    if (travelling === undefined && opening.keys.length > 0) {
      table.close();
      throw new StoreError("this browser does not open what it keeps at the moment: reload the page");
    }
    const medium = new TravellingMedium(travelling?.slice() ?? new Uint8Array());
    // Keys that travel are never another's: nothing is erased unasked.
    const close = () => table.close();
    return { table, medium, mode: "outbox_only", opening, lost: null, erase, close };
  }
  if (travelling !== undefined && medium.size() < HEADER_BYTES) {
    // There was no such file before, and now there is: the keys move into it.
    medium.write(0, travelling);
    medium.flush();
    await table.commit({ clear: false, puts: [], deletes: [KEYRING_ROW] });
  }
  const noRows = opening.keys.length === 0;
  const noKeys = medium.size() < HEADER_BYTES;
  return {
    table,
    medium,
    mode: "durable",
    opening: noRows === noKeys && travelling === undefined ? opening : null,
    lost: await reconcile(noRows, noKeys, table, medium),
    async erase() {
      await table.clear();
      medium.erase();
    },
    close() {
      table.close();
      medium.close();
    },
  };
}

/**
 * Rows and keyring belong together. A browser may have dropped one of them: then the other is of no
 * use, and everything comes back from the server, except what had not been sent.
 */
async function reconcile(
  noRows: boolean,
  noKeys: boolean,
  table: Table,
  medium: OpfsMedium,
): Promise<string | null> {
  if (noRows === noKeys) return null;
  await table.clear();
  if (!noKeys) medium.erase();
  return noRows ? null : LOST;
}
