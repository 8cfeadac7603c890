/**
 * What the desk keeps in this browser of the directory, so that agents have it without a network:
 * teammates, canned responses, categories, sites, and what waits to be sent there. No word of a
 * conversation is among it. Logging out erases it.
 */

const DATABASE = "rejoinder desk";
const TABLE = "kept";

export interface Kept {
  read(key: string): Promise<unknown>;
  write(key: string, value: unknown): Promise<void>;
}

/** For one person: what another one kept in this browser is erased when it is opened. */
export async function openKept(owner: string): Promise<Kept> {
  try {
    const database = await open();
    const before = await done(database.transaction(TABLE).objectStore(TABLE).get("owner"));
    if (before !== owner) {
      const table = database.transaction(TABLE, "readwrite").objectStore(TABLE);
      table.clear();
      await done(table.put(owner, "owner"));
    }
    database.onversionchange = () => database.close();
    return {
      read: (key) => done(database.transaction(TABLE).objectStore(TABLE).get(key)),
      write: async (key, value) => {
        const change = database.transaction(TABLE, "readwrite", { durability: "strict" });
        change.objectStore(TABLE).put(value, key);
        await finished(change);
      },
    };
  } catch {
    return inMemory();
  }
}

/** After logging out, and when an administrator ends the session. */
export async function eraseKept(): Promise<void> {
  try {
    await done(indexedDB.deleteDatabase(DATABASE));
  } catch {
    // A browser that keeps nothing has nothing to erase.
  }
}

/** Where the browser denies storage, things last as long as the page. */
export function inMemory(): Kept {
  const values = new Map<string, unknown>();
  return {
    read: async (key) => values.get(key),
    write: async (key, value) => {
      values.set(key, value);
    },
  };
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(change: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    change.oncomplete = () => resolve();
    change.onerror = () => reject(change.error);
    change.onabort = () => reject(change.error);
  });
}
