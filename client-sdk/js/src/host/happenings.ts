import type { HostEvent } from "../protocol.js";
import type { DocumentId } from "../views.js";
import type { CoreEvent } from "./core.js";

/** What of a core's events applications are told by name; the rest are topics. */
const TOLD = [
  "recalled", "edit_superseded", "refused", "collided", "progress", "moved", "problem",
] as const;

/** What applications are told of a core's event. */
export function happened(event: CoreEvent): HostEvent[] {
  return TOLD.flatMap((name) => {
    const detail = (event as Record<string, unknown>)[name];
    return detail === undefined ? [] : [{ name, detail } as HostEvent];
  });
}

/** A frame that crossed; `about` is a document, as JSON. */
export function crossed(
  direction: "sent" | "received",
  frame: string,
  about: unknown,
  bytes: number,
): HostEvent {
  const document = typeof about === "string" ? (JSON.parse(about) as DocumentId | null) : null;
  return { name: "traffic", detail: { at: Date.now(), direction, frame, bytes, document } };
}
