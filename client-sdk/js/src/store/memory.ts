import { type Changes, compare, type Medium, type Table } from "./table.js";

/** A name for bytes that can be looked up. */
const named = (key: Uint8Array): string => {
  let name = "";
  for (const byte of key) name += String.fromCharCode(byte);
  return name;
};

/** Rows in memory: closing the page erases them. */
export class MemoryTable implements Table {
  protected readonly rows = new Map<string, { key: Uint8Array; value: Uint8Array }>();

  keys(): Promise<Uint8Array[]> {
    return Promise.resolve(this.sorted().map((row) => row.key));
  }

  range(from: Uint8Array, to: Uint8Array | null): Promise<Uint8Array[]> {
    const within = this.sorted().filter(
      ({ key }) => compare(key, from) >= 0 && (to === null || compare(key, to) < 0),
    );
    return Promise.resolve(within.flatMap((row) => [row.key, row.value]));
  }

  commit(changes: Changes): Promise<void> {
    this.apply(changes);
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.rows.clear();
    return Promise.resolve();
  }

  close(): void {}

  protected apply({ clear, puts, deletes }: Changes): void {
    if (clear) this.rows.clear();
    for (let at = 0; at + 1 < puts.length; at += 2) {
      const [key, value] = [puts[at], puts[at + 1]];
      if (key !== undefined && value !== undefined) this.rows.set(named(key), { key, value });
    }
    for (const key of deletes) this.rows.delete(named(key));
  }

  protected sorted(): { key: Uint8Array; value: Uint8Array }[] {
    return [...this.rows.values()].sort((a, b) => compare(a.key, b.key));
  }
}

/** A keyring's bytes in memory. */
export class MemoryMedium implements Medium {
  protected bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer> = new Uint8Array()) {
    this.bytes = bytes;
  }

  size(): number {
    return this.bytes.length;
  }

  read(offset: number, bytes: number): Uint8Array {
    return this.bytes.slice(offset, offset + bytes);
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length;
    if (end > this.bytes.length) {
      const grown = new Uint8Array(end);
      grown.set(this.bytes);
      this.bytes.fill(0);
      this.bytes = grown;
    }
    this.bytes.set(bytes, offset);
  }

  flush(): void {}
}

/**
 * A keyring's bytes for places that have nothing to overwrite: they travel with the rows, in the
 * same commit. What is erased may stay readable there, so only what was not sent yet stands under
 * these keys.
 */
export class TravellingMedium extends MemoryMedium {
  #changed = false;

  override write(offset: number, bytes: Uint8Array): void {
    super.write(offset, bytes);
    this.#changed = true;
  }

  /** The bytes, if they have changed since the last call. */
  take(): Uint8Array | null {
    if (!this.#changed) return null;
    this.#changed = false;
    return this.bytes.slice();
  }
}
