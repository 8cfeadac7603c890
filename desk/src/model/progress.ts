/** How far a recall is carried out, as a person is told. */

import type { MessageView, Progress, Timestamp } from "@rejoinder/client";

/** A device that was away this long is named by its day instead of being counted on. */
const LONG_AWAY_MILLIS = 24 * 3_600_000;

export type Report =
  | { state: "unsent" }
  | { state: "refused" }
  | { state: "erasing" }
  | { state: "everywhere" }
  | { state: "to_go"; devices: number; away_since: Timestamp | null };

/** Null where nothing was told on this run, such as for recalls of long ago. */
export function report(message: MessageView, told: Progress | null, now: Timestamp): Report | null {
  if (message.change === "waiting") {
    return { state: "unsent" };
  }
  if (message.change !== null && typeof message.change === "object") {
    return { state: "refused" };
  }
  if (told === null) {
    return null;
  }
  if (!told.server) {
    return { state: "erasing" };
  }
  const devices = Math.max(told.devices - told.done, 0);
  if (devices === 0) {
    return { state: "everywhere" };
  }
  const away = told.longest_away;
  return {
    state: "to_go", devices,
    away_since: away !== null && now - away > LONG_AWAY_MILLIS ? away : null,
  };
}
