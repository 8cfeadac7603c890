import type { StorageMode } from "../api.js";
import type { FromHost, Start } from "../protocol.js";
import type { Medium, Opening, Table } from "../store/table.js";
import type { Core, Step } from "./core.js";
import type { SocketFactory } from "./line.js";

/** What a host is given by whoever runs it: a worker, or a process. */
export interface Environment {
  table: Table;
  medium: Medium;
  mode: StorageMode;
  /** What was read of the table when it was opened, if it has not changed since. */
  opening: Opening | null;
  start: Start;
  socket: SocketFactory;
  /** Makes a core on these rows. */
  make(
    keys: Uint8Array[],
    head: Uint8Array[],
    medium: Medium,
    mode: StorageMode,
    opened: (step: Step) => void,
  ): Core;
  documentPrefix(document: string): Uint8Array;
  /** Tells one tab, or every one. */
  post(tab: string | null, message: FromHost): void;
  /** The core is of no use any more: the host ends with it. */
  trapped(reason: string): void;
}
