import {
  closeSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, readSync,
  renameSync, rmSync, writeFileSync, writeSync,
} from "node:fs";
import { join } from "node:path";
import { MemoryTable } from "./memory.js";
import { type Changes, type Medium, StoreError } from "./table.js";

const CLEAR = 0;
const PUT = 1;
const DELETE = 2;

/** A log is written anew when it is this many times as long as what is in it. */
const WASTE = 4;
const SMALL_BYTES = 256 * 1024;

/**
 * Rows in a file: a log of changes, each with its length, flushed before it counts. All rows are in
 * memory too. A change that a crash cut off is left out.
 */
export class FileTable extends MemoryTable {
  readonly #path: string;
  #file: number;
  #bytes = 0;

  private constructor(path: string) {
    super();
    this.#path = path;
    const log = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const sound = this.#replay(log);
    const kept = [...this.rows.values()].reduce((sum, { key, value }) => {
      return sum + key.length + value.length;
    }, 0);
    if (sound < log.length || (sound > SMALL_BYTES && sound > WASTE * kept)) this.#writeAnew();
    this.#file = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  static open(folder: string): FileTable {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new FileTable(join(folder, "rows.log"));
  }

  override commit(changes: Changes): Promise<void> {
    const record = encode(changes);
    try {
      writeSync(this.#file, record, 0, record.length);
      fsyncSync(this.#file);
    } catch (error) {
      return Promise.reject(new StoreError(`the store failed: ${(error as Error).message}`));
    }
    this.#bytes += record.length;
    this.apply(changes);
    return Promise.resolve();
  }

  override clear(): Promise<void> {
    return this.commit({ clear: true, puts: [], deletes: [] });
  }

  override close(): void {
    closeSync(this.#file);
  }

  /** Bytes up to the end of the last whole change. */
  #replay(log: Buffer): number {
    let at = 0;
    while (at + 4 <= log.length) {
      const end = at + 4 + log.readUInt32BE(at);
      if (end > log.length) break;
      this.apply(decode(log.subarray(at + 4, end)));
      at = end;
    }
    return at;
  }

  #writeAnew(): void {
    const puts = this.sorted().flatMap((row) => [row.key, row.value]);
    const file = `${this.#path}.new`;
    const made = openSync(file, "w", 0o600);
    writeFileSync(made, encode({ clear: true, puts, deletes: [] }));
    fsyncSync(made);
    closeSync(made);
    renameSync(file, this.#path);
  }
}

function encode({ clear, puts, deletes }: Changes): Buffer {
  const parts: Buffer[] = [];
  const part = (what: number, ...texts: Uint8Array[]) => {
    parts.push(Buffer.from([what]));
    for (const text of texts) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      parts.push(length, Buffer.from(text));
    }
  };
  if (clear) part(CLEAR);
  for (let at = 0; at + 1 < puts.length; at += 2) {
    part(PUT, puts[at] ?? new Uint8Array(), puts[at + 1] ?? new Uint8Array());
  }
  for (const key of deletes) part(DELETE, key);
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function decode(body: Buffer): Changes {
  const changes: Changes = { clear: false, puts: [], deletes: [] };
  let at = 0;
  const text = (): Uint8Array => {
    const length = body.readUInt32BE(at);
    const bytes = new Uint8Array(body.subarray(at + 4, at + 4 + length));
    at += 4 + length;
    return bytes;
  };
  while (at < body.length) {
    const what = body[at++];
    if (what === CLEAR) changes.clear = true;
    else if (what === PUT) changes.puts.push(text(), text());
    else changes.deletes.push(text());
  }
  return changes;
}

/** A keyring in a file: overwritten in place and flushed, never renamed. */
export class FileMedium implements Medium {
  readonly #file: number;

  constructor(folder: string) {
    const path = join(folder, "rows.keyring");
    this.#file = openSync(path, existsSync(path) ? "r+" : "w+", 0o600);
  }

  size(): number {
    return fstatSync(this.#file).size;
  }

  read(offset: number, bytes: number): Uint8Array {
    const buffer = new Uint8Array(bytes);
    return buffer.subarray(0, readSync(this.#file, buffer, 0, bytes, offset));
  }

  write(offset: number, bytes: Uint8Array): void {
    writeSync(this.#file, bytes, 0, bytes.length, offset);
  }

  flush(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** One process at a time has a folder open. What a process left that is gone is taken over. */
export class FolderLock {
  readonly #path: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = join(folder, "lock");
    for (let tries = 0; ; tries += 1) {
      try {
        const file = openSync(this.#path, "wx", 0o600);
        writeSync(file, String(process.pid));
        closeSync(file);
        return;
      } catch {
        if (tries > 0 || this.#isHeld()) {
          throw new StoreError(`${folder} is in use by another process: choose another folder`);
        }
        rmSync(this.#path, { force: true });
      }
    }
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }

  #isHeld(): boolean {
    try {
      const holder = Number(readFileSync(this.#path, "utf8"));
      process.kill(holder, 0);
      return true;
    } catch {
      return false;
    }
  }
}
