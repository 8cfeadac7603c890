import { createHash } from "node:crypto";
import {
  closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, linkSync, mkdirSync, openSync,
  readFileSync, readSync, renameSync, rmSync, writeFileSync, writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { MemoryTable } from "./memory.js";
import { type Changes, type Medium, StoreError } from "./table.js";

const CLEAR = 0;
const PUT = 1;
const DELETE = 2;

/** A log is written anew when it is this many times as long as what is in it. */
const WASTE = 4;
const SMALL_BYTES = 256 * 1024;
/** The length of a record's body, and the beginning of its SHA-256. */
const HEAD_BYTES = 4 + 8;

/**
 * Rows in a file: a log of changes, each with its length and digest, flushed before it counts. All
 * rows are in memory too. A change that a crash cut off is left out.
 */
export class FileTable extends MemoryTable {
  readonly #path: string;
  #file: number;
  #bytes: number;
  /** Why nothing more can be written; null while it can. */
  #broken: string | null = null;

  private constructor(path: string) {
    super();
    this.#path = path;
    const log = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    this.#bytes = this.#replay(log);
    this.#file = openSync(path, "a", 0o600);
    ftruncateSync(this.#file, this.#bytes);
    this.#tidy();
  }

  static open(folder: string): FileTable {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new FileTable(join(folder, "rows.log"));
  }

  override commit(changes: Changes): Promise<void> {
    if (this.#broken !== null) return Promise.reject(new StoreError(this.#broken));
    const record = encode(changes);
    try {
      writeWhole(this.#file, record, null);
      fsyncSync(this.#file);
    } catch (error) {
      return Promise.reject(this.#takeBack(error));
    }
    this.#bytes += record.length;
    this.apply(changes);
    this.#tidy();
    return Promise.resolve();
  }

  override clear(): Promise<void> {
    return this.commit({ clear: true, puts: [], deletes: [] });
  }

  override close(): void {
    closeSync(this.#file);
  }

  /** What was refused must not be there after a restart. */
  #takeBack(error: unknown): StoreError {
    const problem = `the store failed: ${(error as Error).message}`;
    try {
      ftruncateSync(this.#file, this.#bytes);
      fsyncSync(this.#file);
    } catch {
      this.#broken = `${problem}; open it again`;
    }
    return new StoreError(problem);
  }

  /** Bytes up to the end of the last whole change. */
  #replay(log: Buffer): number {
    let at = 0;
    while (at + HEAD_BYTES <= log.length) {
      const start = at + HEAD_BYTES;
      const end = start + log.readUInt32BE(at);
      if (end > log.length) break;
      const body = log.subarray(start, end);
      if (!digest(body).equals(log.subarray(at + 4, start))) break;
      this.apply(decode(body));
      at = end;
    }
    return at;
  }

  /** Writes the log anew when most of it is of no use any more. */
  #tidy(): void {
    if (this.#bytes <= SMALL_BYTES) return;
    let kept = 0;
    for (const { key, value } of this.rows.values()) kept += key.length + value.length;
    if (this.#bytes <= WASTE * kept) return;
    const puts = this.sorted().flatMap((row) => [row.key, row.value]);
    const record = encode({ clear: true, puts, deletes: [] });
    const fresh = `${this.#path}.new`;
    try {
      const file = openSync(fresh, "w", 0o600);
      writeWhole(file, record, null);
      fsyncSync(file);
      closeSync(file);
      renameSync(fresh, this.#path);
    } catch {
      // The log as it is goes on.
      return;
    }
    closeSync(this.#file);
    this.#file = openSync(this.#path, "a", 0o600);
    this.#bytes = record.length;
  }
}

/** A write may take a part only. */
function writeWhole(file: number, bytes: Uint8Array, position: number | null): void {
  let at = 0;
  while (at < bytes.length) {
    at += writeSync(file, bytes, at, bytes.length - at, position === null ? null : position + at);
  }
}

function digest(body: Uint8Array): Buffer {
  return createHash("sha256").update(body).digest().subarray(0, 8);
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
  return Buffer.concat([length, digest(body), body]);
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
    writeWhole(this.#file, bytes, offset);
  }

  flush(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Folders that this process has open: a process id says nothing of them. */
const held = new Set<string>();

/** One client at a time has a folder open. What a process left that is gone is taken over. */
export class FolderLock {
  readonly #path: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = resolve(folder, "lock");
    if (held.has(this.#path)) throw inUse(folder);
    const own = `${this.#path}.${process.pid}`;
    writeFileSync(own, JSON.stringify({ pid: process.pid, began: startOf(process.pid) }));
    try {
      if (!this.#take(own)) {
        if (isAlive(this.#path)) throw inUse(folder);
        rmSync(this.#path, { force: true });
        if (!this.#take(own)) throw inUse(folder);
      }
    } finally {
      rmSync(own, { force: true });
    }
    held.add(this.#path);
  }

  release(): void {
    held.delete(this.#path);
    rmSync(this.#path, { force: true });
  }

  /** Puts the lock there with what is in it, unless there is one. */
  #take(own: string): boolean {
    try {
      linkSync(own, this.#path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  }
}

function inUse(folder: string): StoreError {
  return new StoreError(`${folder} is in use by another client: choose another folder`);
}

/** Whether the process that a lock names is there, and not another under its number. */
function isAlive(path: string): boolean {
  let holder: { pid?: number; began?: string | null };
  try {
    holder = JSON.parse(readFileSync(path, "utf8")) as typeof holder;
  } catch {
    return false;
  }
  if (holder.pid === undefined || holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // Another person's process is there all the same.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const began = startOf(holder.pid);
  return began === null || holder.began == null || began === holder.began;
}

/** When a process began, in its system's own measure; null where the system does not say. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
