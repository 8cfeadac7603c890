/** The same client in Node, for bots and tests: in memory, or in a folder. */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Core, initSync } from "../dist/core/rejoinder.js";
import type { Client, ConnectOptions, ErrorCode } from "./api.js";
import { PortClient } from "./client.js";
import { Host } from "./host/host.js";
import type { FromHost, ToHost } from "./protocol.js";
import { FileMedium, FileTable, FolderLock } from "./store/file.js";
import { MemoryMedium, MemoryTable } from "./store/memory.js";

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
    let host: Host | null = null;
    let ended = false;
    const lock = folder === undefined ? null : new FolderLock(folder);
    const medium = folder === undefined ? new MemoryMedium() : new FileMedium(folder);
    const release = () => {
      if (medium instanceof FileMedium) medium.close();
      lock?.release();
    };
    const tell = (message: FromHost) => queueMicrotask(() => listener(message));
    const begin = async (message: ToHost & { kind: "hello" }) => {
      try {
        host = await Host.open({
          table: folder === undefined ? new MemoryTable() : FileTable.open(folder),
          medium,
          mode: folder === undefined ? "memory" : "durable",
          start: message.start,
          socket: (url) => new Socket(url) as WebSocket,
          make: (keys, head, bytes, mode, opened) =>
            new Core(keys, head, bytes, mode, new Uint8Array(randomBytes(32)), opened),
          firstDocument: () => Core.first_document(),
          documentPrefix: (document) => Core.document_prefix(document),
          post: (_, said) => tell(said),
          trapped: (reason) => tell({ kind: "trapped", reason }),
        });
        if (ended) await host.end().then(release);
        else tell({ kind: "ready" });
      } catch (error) {
        release();
        const code: ErrorCode = "store";
        tell({ kind: "failed", code, message: error instanceof Error ? error.message : String(error) });
      }
    };
    return {
      post: (message) => {
        if (message.kind === "hello") void begin(message);
        else host?.receive("this", message);
      },
      end: async () => {
        ended = true;
        await host?.end();
        if (host !== null) release();
      },
    };
  });
}
