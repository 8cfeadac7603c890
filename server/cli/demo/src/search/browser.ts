/** Searching everything that this browser keeps for the demo's origin. */

import { holds, patterns } from "./patterns.js";

/** How long a database may take to open. */
const PATIENCE_MILLIS = 2_000;

export interface BrowserSearch {
  databases: number;
  values: number;
  files: number;
  bytes: number;
  /** Where the word stands in plain text. */
  traces: string[];
  /** What could not be read. */
  unread: string[];
}

/** What is looked through, and what is looked for. */
class Search {
  readonly found: BrowserSearch = {
    databases: 0,
    values: 0,
    files: 0,
    bytes: 0,
    traces: [],
    unread: [],
  };
  readonly #patterns: Uint8Array[];

  constructor(word: string) {
    this.#patterns = patterns(word);
  }

  bytes(place: string, bytes: Uint8Array): void {
    this.found.bytes += bytes.length;
    if (holds(bytes, this.#patterns) && !this.found.traces.includes(place)) {
      this.found.traces.push(place);
    }
  }

  text(place: string, text: string): void {
    this.bytes(place, new TextEncoder().encode(text));
  }

  /** Whatever a database may hold, down to its bytes and strings. */
  async value(place: string, value: unknown): Promise<void> {
    if (typeof value === "string") {
      this.text(place, value);
    } else if (value instanceof ArrayBuffer) {
      this.bytes(place, new Uint8Array(value));
    } else if (ArrayBuffer.isView(value)) {
      this.bytes(place, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else if (value instanceof Blob) {
      this.bytes(place, new Uint8Array(await value.arrayBuffer()));
    } else if (value instanceof Map) {
      for (const pair of value) {
        await this.value(place, pair);
      }
    } else if (value instanceof Set || Array.isArray(value)) {
      for (const one of value) {
        await this.value(place, one);
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [name, one] of Object.entries(value)) {
        this.text(place, name);
        await this.value(place, one);
      }
    }
  }
}

export async function searchBrowser(word: string): Promise<BrowserSearch> {
  const search = new Search(word);
  const kinds = [
    ["IndexedDB", inDatabases],
    ["OPFS", inFiles],
    ["Cache storage", inCaches],
    ["Web storage", inWebStorage],
  ] as const;
  for (const [name, look] of kinds) {
    try {
      await look(search);
    } catch {
      search.found.unread.push(name);
    }
  }
  return search.found;
}

async function inDatabases(search: Search): Promise<void> {
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined) {
      continue;
    }
    try {
      await inDatabase(search, name);
    } catch {
      search.found.unread.push(`IndexedDB ${name}`);
    }
  }
}

async function inDatabase(search: Search, name: string): Promise<void> {
  const database = await open(name);
  if (database === null) {
    return;
  }
  search.found.databases += 1;
  try {
    for (const store of database.objectStoreNames) {
      const place = `IndexedDB ${name}, ${store}`;
      for (const [key, value] of await entries(database, store)) {
        search.found.values += 1;
        await search.value(place, key);
        await search.value(place, value);
      }
    }
  } finally {
    database.close();
  }
}

/** Null for one that went meanwhile: it is not made again. */
function open(name: string): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(name);
    let gone = false;
    // One that is about to be deleted opens when that is done, which others may hold up.
    const patience = window.setTimeout(() => {
      reject(new Error("the database does not open"));
      asked.onsuccess = () => asked.result.close();
    }, PATIENCE_MILLIS);
    asked.onupgradeneeded = () => {
      gone = true;
      asked.transaction?.abort();
    };
    asked.onsuccess = () => {
      window.clearTimeout(patience);
      resolve(asked.result);
    };
    asked.onerror = () => {
      window.clearTimeout(patience);
      gone ? resolve(null) : reject(asked.error);
    };
  });
}

/** All at once: a transaction ends while something else is awaited. */
function entries(database: IDBDatabase, store: string): Promise<[unknown, unknown][]> {
  return new Promise((resolve, reject) => {
    const all: [unknown, unknown][] = [];
    const asked = database.transaction(store).objectStore(store).openCursor();
    asked.onsuccess = () => {
      const cursor = asked.result;
      if (cursor === null) {
        resolve(all);
        return;
      }
      all.push([cursor.key, cursor.value]);
      cursor.continue();
    };
    asked.onerror = () => reject(asked.error);
  });
}

async function inFiles(search: Search): Promise<void> {
  await inFolder(search, await navigator.storage.getDirectory(), "OPFS ");
}

async function inFolder(
  search: Search,
  folder: FileSystemDirectoryHandle,
  path: string,
): Promise<void> {
  for await (const [name, handle] of folder.entries()) {
    const place = `${path}${name}`;
    search.text(place, name);
    if (isFolder(handle)) {
      await inFolder(search, handle, `${place}/`);
    } else if (isFile(handle)) {
      search.found.files += 1;
      try {
        search.bytes(place, await read(handle));
      } catch {
        search.found.unread.push(place);
      }
    }
  }
}

function isFolder(handle: FileSystemHandle): handle is FileSystemDirectoryHandle {
  return handle.kind === "directory";
}

function isFile(handle: FileSystemHandle): handle is FileSystemFileHandle {
  return handle.kind === "file";
}

/** Again when it was written to while it was read. */
async function read(handle: FileSystemFileHandle): Promise<Uint8Array> {
  for (let left = 3; ; left -= 1) {
    try {
      const file = await handle.getFile();
      return new Uint8Array(await file.arrayBuffer());
    } catch (error) {
      if (left === 0) {
        throw error;
      }
    }
  }
}

async function inCaches(search: Search): Promise<void> {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      search.text(`Cache ${name}`, request.url);
      const kept = await cache.match(request);
      if (kept) {
        search.bytes(`Cache ${name}, ${request.url}`, new Uint8Array(await kept.arrayBuffer()));
      }
    }
  }
}

async function inWebStorage(search: Search): Promise<void> {
  for (const [place, storage] of [
    ["localStorage", localStorage],
    ["sessionStorage", sessionStorage],
  ] as const) {
    await search.value(place, Object.entries(storage));
  }
}
