import type { Medium } from "./table.js";

/** What of a synchronous handle is used; the types of the platform lack it outside workers. */
interface SyncHandle {
  getSize(): number;
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  flush(): void;
  truncate(size: number): void;
  close(): void;
}

/** Milliseconds that a worker which was ended may still hold the file. */
const HELD_MILLIS = 3_000;
const TRY_AGAIN_MILLIS = 50;

/** A keyring in a file of the origin's private file system: overwritten in place and flushed. */
export class OpfsMedium implements Medium {
  readonly #handle: SyncHandle;

  private constructor(handle: SyncHandle) {
    this.#handle = handle;
  }

  /** Opens the file, or makes it. Rejects where there is no such file system. */
  static async open(name: string): Promise<OpfsMedium> {
    const folder = await navigator.storage.getDirectory();
    const file = (await folder.getFileHandle(name, { create: true })) as unknown as {
      createSyncAccessHandle(): Promise<SyncHandle>;
    };
    const until = Date.now() + HELD_MILLIS;
    for (;;) {
      try {
        return new OpfsMedium(await file.createSyncAccessHandle());
      } catch (error) {
        const held = error instanceof DOMException && error.name === "NoModificationAllowedError";
        if (!held || Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MILLIS));
      }
    }
  }

  size(): number {
    return this.#handle.getSize();
  }

  read(offset: number, bytes: number): Uint8Array {
    const buffer = new Uint8Array(bytes);
    return buffer.subarray(0, this.#handle.read(buffer, { at: offset }));
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.#handle.write(bytes, { at: offset }) !== bytes.length) {
      throw new Error("this browser has no room left for a key");
    }
  }

  flush(): void {
    this.#handle.flush();
  }

  /** Overwrites everything: for a keyring whose rows are gone. It then is none. */
  erase(): void {
    this.write(0, new Uint8Array(this.#handle.getSize()));
    this.#handle.flush();
    this.#handle.truncate(0);
    this.#handle.flush();
  }

  close(): void {
    this.#handle.close();
  }
}
