import type { ComponentChildren } from "preact";
import { attempt } from "../../state/ask.js";

export function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="fact"><dt>{label}</dt><dd>{children}</dd></div>;
}

/** What is chosen is carried out at once. */
export function Picker<T extends string>({ label, value, options, pick }: {
  label: string; value: T; options: { id: T; label: string }[];
  pick: (id: T) => Promise<unknown> | undefined;
}) {
  return (
    <select class="picker" aria-label={label} value={value} onChange={(event) => {
      const chosen = options.find((option) => option.id === event.currentTarget.value);
      if (chosen) {
        void attempt(async () => pick(chosen.id));
      }
    }}>
      {options.map((option) => <option key={option.id} value={option.id}>{option.label}</option>)}
    </select>
  );
}
