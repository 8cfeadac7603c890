/** The same client in Node, for bots and tests: in memory, or in a folder. */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Core, initSync } from "../dist/core/rejoinder.js";
import type { Client, ConnectOptions } from "./api.js";
import { PortClient } from "./client.js";
import { readFault } from "./host/core.js";
import { Host } from "./host/host.js";
import type { FromHost, Start } from "./protocol.js";
import { FileMedium, FileTable, FolderLock } from "./store/file.js";
import { MemoryMedium, MemoryTable } from "./store/memory.js";
import type { Medium, Table } from "./store/table.js";

export * from "./api.js";
export * from "./views.js";

export interface NodeOptions extends Omit<ConnectOptions, "profile" | "worker"> {
  /** Where to keep things, made if it is not there; without one, in memory only. */
  folder?: string;
  /** A WebSocket, where the runtime has none of its own (Node before 22): that of `ws`. */
  WebSocket?: new (url: string) => unknown;
}

let loaded = false;

/** Opens a client in this process. */
export function connect(options: NodeOptions): Client {
  const { folder, WebSocket: given, ...rest } = options;
  const Socket = given ?? globalThis.WebSocket;
  if (Socket === undefined) {
    throw new Error("this Node has no WebSocket: give that of the package ws as an option");
  }
  if (!loaded) {
    initSync({ module: readFileSync(new URL("../dist/core/rejoinder_bg.wasm", import.meta.url)) });
    loaded = true;
  }
  return new PortClient({ ...rest, profile: folder ?? "memory" }, (listener) => {
    let host: Promise<Host | null> = Promise.resolve(null);
    let release = () => {};
    const tell = (message: FromHost) => queueMicrotask(() => listener(message));
    const begin = async (start: Start): Promise<Host | null> => {
      try {
        const kept = folder === undefined ? inMemory() : inFolder(folder);
        release = kept.release;
        const opened = await Host.open({
          table: kept.table,
          opening: null,
          medium: kept.medium,
          mode: folder === undefined ? "memory" : "durable",
          start,
          socket: (url) => new Socket(url) as WebSocket,
          make: (keys, head, bytes, mode, first) =>
            new Core(keys, head, bytes, mode, new Uint8Array(randomBytes(32)), first),
          documentPrefix: (document) => Core.document_prefix(document),
          post: (_, said) => tell(said),
          trapped: (reason) => tell({ kind: "trapped", reason }),
        });
        tell({ kind: "ready" });
        return opened;
      } catch (error) {
        release();
        tell({ kind: "failed", code: "store", message: readFault(error).message });
        return null;
      }
    };
    return {
      post: (message) => {
        if (message.kind === "hello") host = begin(message.start);
        else void host.then((opened) => opened?.receive("this", message));
      },
      end: async () => {
        const opened = await host;
        if (opened === null) return;
        host = Promise.resolve(null);
        await opened.end();
        release();
      },
    };
  });
}

interface Kept {
  table: Table;
  medium: Medium;
  release(): void;
}

function inMemory(): Kept {
  return { table: new MemoryTable(), medium: new MemoryMedium(), release: () => {} };
}

function inFolder(folder: string): Kept {
  const lock = new FolderLock(folder);
  try {
    const [table, medium] = [FileTable.open(folder), new FileMedium(folder)];
    const release = () => {
      medium.close();
      lock.release();
    };
    return { table, medium, release };
  } catch (error) {
    lock.release();
    throw error;
  }
}
