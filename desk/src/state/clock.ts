/** A clock that components may read: relative times follow it without timers of their own. */

import { signal } from "@preact/signals";

const STEP_MILLIS = 20_000;

export const now = signal(Date.now());

export function startClock(): void {
  const tick = () => {
    now.value = Date.now();
  };
  setInterval(tick, STEP_MILLIS);
  document.addEventListener("visibilitychange", tick);
}
