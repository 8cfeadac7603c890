import type { DocumentId, OperationId } from "../views.js";
import type { Core } from "../../dist/core/rejoinder.js";
import type { Changes } from "../store/table.js";

export type { Core };

/** What a core asks for after an input, in the order of the fields. */
export interface Step extends Changes {
  /** Names, documents (JSON) and bytes in turn. */
  frames: (string | Uint8Array)[];
  /** JSON: see {@link CoreEvent}. */
  events: string;
  /** JSON: documents to be read from the table. */
  load: string;
  /** JSON: documents that were erased. */
  removed: string;
  disconnect: boolean;
  wiped: boolean;
  /** JSON: what a command made. */
  made?: string;
  /** Which frame it was, and about which document (JSON). */
  name?: string;
  about?: string;
}

/** What a core tells: one of these. */
export interface CoreEvent {
  connection?: unknown;
  feed?: string;
  signals?: DocumentId;
  changed?: DocumentId;
  wiped?: unknown;
  problem?: { document: DocumentId | null };
  refused?: { document: DocumentId; operation: OperationId };
  collided?: { document: DocumentId; operation: OperationId };
  edit_superseded?: { document: DocumentId };
  recalled?: { document: DocumentId };
  progress?: { document: DocumentId };
  moved?: { from: string; to: string };
  /** They are topics: what is told is read again. */
  offers?: unknown;
  notifications?: unknown;
}

/** Whether an error is the core's own end, which no further call comes back from. */
export function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

/** Why something was not carried out; `file`: which of the files to be sent it is about. */
export interface Fault {
  code: string;
  message: string;
  file?: number;
}

/** What the core threw: a {@link Fault}. */
export function readFault(error: unknown): Fault {
  if (typeof error === "string" && error.startsWith("{")) {
    const { code, message, file } = JSON.parse(error) as Record<string, unknown>;
    const fault = { code: String(code), message: String(message) };
    return typeof file === "number" ? { ...fault, file } : fault;
  }
  return { code: "store", message: error instanceof Error ? error.message : String(error) };
}
