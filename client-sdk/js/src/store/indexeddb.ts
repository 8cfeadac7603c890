import { type Changes, StoreError, type Table } from "./table.js";

const ROWS = "rows";
const VERSION = 1;

/** Milliseconds that a browser may take to open a database before it counts as denied. */
const OPEN_MILLIS = 5_000;

/** How browsers say that a page may not keep anything. */
const DENIED = new Set(["SecurityError", "InvalidStateError", "NotAllowedError", "UnknownError"]);

/** Rows in IndexedDB. */
export class IndexedDbTable implements Table {
  readonly #db: IDBDatabase;

  private constructor(db: IDBDatabase) {
    this.#db = db;
    // Another version of this program wants the database: it waits for nobody.
    db.onversionchange = () => db.close();
  }

  /** Opens the database, or makes it. Rejects where the browser denies storage. */
  static open(name: string): Promise<IndexedDbTable> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new StoreError("this browser's storage does not open at the moment: reload the page")), OPEN_MILLIS);
      let request: IDBOpenDBRequest;
      try {
        request = indexedDB.open(name, VERSION);
      } catch (error) {
        clearTimeout(timer);
        reject(failure(error instanceof DOMException ? error : new DOMException("", "SecurityError")));
        return;
      }
      request.onupgradeneeded = () => request.result.createObjectStore(ROWS);
      request.onsuccess = () => {
        clearTimeout(timer);
        resolve(new IndexedDbTable(request.result));
      };
      request.onerror = () => {
        clearTimeout(timer);
        reject(failure(request.error));
      };
    });
  }

  async keys(): Promise<Uint8Array[]> {
    const keys = await this.#read((rows) => rows.getAllKeys());
    return keys.map(bytes);
  }

  range(from: Uint8Array, to: Uint8Array | null): Promise<Uint8Array[]> {
    const range =
      to === null
        ? IDBKeyRange.lowerBound(from)
        : IDBKeyRange.bound(from, to, false, true);
    return new Promise((resolve, reject) => {
      const transaction = this.#db.transaction(ROWS, "readonly");
      const rows = transaction.objectStore(ROWS);
      const [keys, values] = [rows.getAllKeys(range), rows.getAll(range)];
      transaction.oncomplete = () => {
        resolve(keys.result.flatMap((key, at) => [bytes(key), values.result[at] as Uint8Array]));
      };
      transaction.onabort = () => reject(failure(transaction.error));
    });
  }

  commit({ clear, puts, deletes }: Changes): Promise<void> {
    return new Promise((resolve, reject) => {
      // Strict: on the disk when it completes, not only handed to the system.
      const transaction = this.#db.transaction(ROWS, "readwrite", { durability: "strict" });
      const rows = transaction.objectStore(ROWS);
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(failure(transaction.error));
      if (clear) rows.clear();
      for (let at = 0; at + 1 < puts.length; at += 2) rows.put(puts[at + 1], puts[at] as BufferSource);
      for (const key of deletes) rows.delete(key as BufferSource);
    });
  }

  clear(): Promise<void> {
    return this.commit({ clear: true, puts: [], deletes: [] });
  }

  close(): void {
    this.#db.close();
  }

  #read<T>(ask: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const transaction = this.#db.transaction(ROWS, "readonly");
      const request = ask(transaction.objectStore(ROWS));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(failure(transaction.error));
    });
  }
}

function bytes(key: IDBValidKey): Uint8Array {
  return new Uint8Array(key as ArrayBuffer);
}

function failure(error: DOMException | null): StoreError {
  if (error?.name === "QuotaExceededError") {
    return new StoreError("this browser has no room left: free some space, nothing is lost");
  }
  const name = error?.name ?? "unknown failure";
  return new StoreError(`this browser's storage failed: ${name}`, DENIED.has(name));
}
