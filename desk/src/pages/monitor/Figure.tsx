import type { Spread } from "../../api/shapes.js";
import { durationOf } from "../../state/i18n.js";
import { p } from "../words/index.js";

/** One number with its name, and what belongs to it. */
export function Figure({ label, value, note, tone = null }: {
  label: string; value: string; note?: string; tone?: "warn" | null;
}) {
  return (
    <div class={`figure${tone ? ` figure-${tone}` : ""}`}>
      <dt>{label}</dt>
      <dd><strong>{value}</strong><small>{note ?? "\u00a0"}</small></dd>
    </div>
  );
}

/** The median of some times, and how long nearly all of them are at most. */
export function spread(times: Spread | null | undefined): { value: string; note: string } {
  const words = p.value.live;
  return times ? {
    value: durationOf(times.median), note: words.most(durationOf(times.p90), times.count),
  } : { value: "–", note: words.none };
}
