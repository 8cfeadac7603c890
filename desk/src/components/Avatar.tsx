import { hueOf, initials, shortId } from "../model/names.js";

type Props = { id: string; name: string | null; size?: "small" | "large"; online?: boolean };

/** The same person has the same colour everywhere, by their id. */
export function Avatar({ id, name, size = "large", online = false }: Props) {
  return (
    <span class={`avatar avatar-${size} hue-${hueOf(id)}`} aria-hidden="true"
      data-initials={name ? initials(name) : shortId(id).slice(0, 2)}>
      {online && <i class="avatar-online" />}
    </span>
  );
}
