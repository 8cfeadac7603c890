import type { ComponentChildren } from "preact";

/** Room that scrolls sideways, where a table does not fit: by keys as well. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
    <section class="table-room" aria-label={label} tabIndex={0}>{children}</section>
  );
}
