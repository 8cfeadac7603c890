/** Where rows are kept. Keys are bytes and sort as bytes. */
export interface Table {
  /** The keys of all rows, in their order. */
  keys(): Promise<Uint8Array[]>;
  /** Keys and values in turn of the rows from `from` on, below `to`, in their order. */
  range(from: Uint8Array, to: Uint8Array | null): Promise<Uint8Array[]>;
  /** Carries changes out: all or nothing, and durable when it resolves. */
  commit(changes: Changes): Promise<void>;
  /** Erases everything. */
  clear(): Promise<void>;
  close(): void;
}

export interface Changes {
  /** Everything that is there goes first. */
  clear: boolean;
  /** Keys and values in turn. */
  puts: Uint8Array[];
  deletes: Uint8Array[];
}

/** Bytes that are overwritten in place, for a keyring. All of it is synchronous. */
export interface Medium {
  size(): number;
  read(offset: number, bytes: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
  flush(): void;
}

/** Where a keyring stands that travels with the rows. The core leaves such keys alone. */
export const KEYRING_ROW: Uint8Array = new Uint8Array([0x0f, 0x02]);

/** Where the bytes of files stand: behind all that is read when a store is opened. */
export const BYTES: Uint8Array = new Uint8Array([0x0f, 0x04]);

/** What is read of a table when it is opened. */
export interface Opening {
  /** The keys of all rows. */
  keys: Uint8Array[];
  /** Keys and values in turn of the rows that are of no document. */
  head: Uint8Array[];
}

export async function readOpening(table: Table): Promise<Opening> {
  const head = table.range(new Uint8Array([0]), BYTES);
  const [keys, rows] = await Promise.all([table.keys(), head]);
  return { keys, head: rows };
}

/** The value of a key among keys and values in turn. */
export function valueAt(rows: Uint8Array[], key: Uint8Array): Uint8Array | undefined {
  const at = rows.findIndex((one, index) => index % 2 === 0 && compare(one, key) === 0);
  return at < 0 ? undefined : rows[at + 1];
}

/** Why a store cannot be written: what a person can do about it is in the message. */
export class StoreError extends Error {
  override readonly name = "StoreError";

  constructor(
    message: string,
    /** Whether there is no storage to be had, rather than one that fails. */
    readonly isDenied = false,
  ) {
    super(message);
  }
}

/** The first key that does not begin with `prefix`; null when there is none. */
export function after(prefix: Uint8Array): Uint8Array | null {
  const end = prefix.slice();
  for (let at = end.length - 1; at >= 0; at -= 1) {
    const byte = end[at] ?? 0;
    if (byte < 0xff) {
      end[at] = byte + 1;
      return end.slice(0, at + 1);
    }
  }
  return null;
}

/** Orders bytes as IndexedDB orders binary keys. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
