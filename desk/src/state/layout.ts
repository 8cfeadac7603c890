/** What has room: three columns, two with a drawer, or one at a time. */

import { computed, signal } from "@preact/signals";

const WIDE = "(min-width: 1024px)";
const PHONE = "(max-width: 767.98px)";

const wide = signal(globalThis.matchMedia?.(WIDE).matches ?? true);
const pinned = signal(true);
const drawer = signal(false);

export const isWide = computed(() => wide.value);
/** Whether the right column, or the drawer in its place, is open. */
export const detailsOpen = computed(() => wide.value ? pinned.value : drawer.value);

/** Whether there is room for one column only. */
export function isPhone(): boolean {
  return matchMedia(PHONE).matches;
}

export function setDetails(open: boolean): void {
  (wide.value ? pinned : drawer).value = open;
}

export function startLayout(): void {
  matchMedia(WIDE).addEventListener("change", (event) => {
    wide.value = event.matches;
    drawer.value = false;
  });
}
