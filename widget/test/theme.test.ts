import { expect, test } from "vitest";
import { contrast, paletteOf, parse } from "../src/app/theme";

const COLORS = [
  "#000000",
  "#ffffff",
  "#ffee00",
  "#ff0000",
  "#00ff00",
  "#0000ff",
  "#1d5c63",
  "#e91e63",
  "#808080",
  "#fafafa",
  "#101010",
];

// UI30
test.each(COLORS)("a site's colour %s becomes one on which everything can be read", (color) => {
  for (const isDark of [false, true]) {
    const palette = paletteOf(color, isDark);
    const accent = parse(palette?.["--accent"] ?? "");
    if (!palette || !accent) throw new Error("there is no palette");
    for (const name of ["--on-accent", "--on-accent-soft", "--tint"] as const) {
      const other = parse(palette[name]);
      expect(other && contrast(accent, other)).toBeGreaterThanOrEqual(4.5);
    }
  }
});

test("one that can be read stays as it was chosen; the widget's own and what is none are left", () => {
  expect(paletteOf("#1d5c63", false)?.["--accent"]).toBe("#1d5c63");
  expect(paletteOf("#3350b4", false)).toBeNull();
  expect(paletteOf("red", true)).toBeNull();
});
