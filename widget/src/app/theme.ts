/** A site's colour as a palette: darkened or lightened until everything on it can be read. */

type Rgb = readonly [red: number, green: number, blue: number];

/** Custom properties of the styles, by their names. */
export type Palette = Record<"--accent" | "--on-accent" | "--on-accent-soft" | "--tint", string>;

/** The widget's own, whose palette the styles have. */
const OWN = "#3350b4";
/** What WCAG asks of text. */
const READABLE = 4.5;
const STEPS = 40;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/** The dark scheme's surface, and what stands on its accent. */
const SURFACE: Rgb = [22, 26, 38];
const INK: Rgb = [18, 24, 41];

/** Null for the widget's own colour, and for what is none. */
export function paletteOf(color: string, isDark: boolean): Palette | null {
  const chosen = parse(color);
  if (chosen === null || color.toLowerCase() === OWN) return null;
  const [towards, surface, ink] = isDark ? [WHITE, SURFACE, INK] : [BLACK, WHITE, WHITE];
  for (let step = 0; step <= STEPS; step += 1) {
    const accent = mix(chosen, towards, step / STEPS);
    const soft = mix(accent, ink, 0.85);
    const tint = mix(accent, surface, isDark ? 0.82 : 0.92);
    const isReadable = [
      contrast(accent, ink),
      contrast(accent, soft),
      contrast(accent, tint),
    ].every((found) => found >= READABLE);
    if (isReadable) {
      return {
        "--accent": text(accent),
        "--on-accent": text(ink),
        "--on-accent-soft": text(soft),
        "--tint": text(tint),
      };
    }
  }
  return null;
}

export function contrast(one: Rgb, other: Rgb): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

export function parse(color: string): Rgb | null {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  const part = (at: number) => Number.parseInt(found?.[at] ?? "", 16);
  return found ? [part(1), part(2), part(3)] : null;
}

function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mix([r, g, b]: Rgb, [r2, g2, b2]: Rgb, share: number): Rgb {
  const one = (from: number, to: number) => Math.round(from + (to - from) * share);
  return [one(r, r2), one(g, g2), one(b, b2)];
}

function text(color: Rgb): string {
  return `#${color.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
