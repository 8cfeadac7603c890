/** Whether somebody looks: receipts and presence must not be sent for a page in the background. */

import { computed, signal } from "@preact/signals";

const visible = signal(true);
const focused = signal(true);

export const isVisible = computed(() => visible.value);
/** Visible and focused: only then is what is shown also seen. */
export const isWatching = computed(() => visible.value && focused.value);

export function startAttention(): void {
  const look = () => {
    visible.value = document.visibilityState === "visible";
    focused.value = document.hasFocus();
  };
  for (const event of ["focus", "blur", "pageshow"]) {
    window.addEventListener(event, look);
  }
  document.addEventListener("visibilitychange", look);
  look();
}
