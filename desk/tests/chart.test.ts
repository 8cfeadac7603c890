import { describe, expect, test } from "vitest";
import { niceTop, plot } from "../src/model/chart.js";

const ROOM = { width: 120, height: 100, side: 20, fromRight: false };

describe("the bars of a chart", () => {
  test("stand beside each other by day, as high as their share of the scale's top", () => {
    const { bars, ticks } = plot([
      { name: "begun", values: [4, null] }, { name: "closed", values: [2, 1] },
    ], ROOM);
    expect(bars.map(({ series, at }) => [series, at])).toEqual([[0, 0], [1, 0], [1, 1]]);
    expect(bars.map(({ height }) => height)).toEqual([100, 50, 25]);
    expect(bars.map(({ y, height }) => y + height)).toEqual([100, 100, 100]);
    const [first, second] = bars;
    expect(second?.x).toBe((first?.x ?? 0) + (first?.width ?? 0));
    expect(first?.x).toBeGreaterThanOrEqual(ROOM.side);
    expect(ticks.map(({ value, y }) => [value, y]))
      .toEqual([[0, 100], [1, 75], [2, 50], [3, 25], [4, 0]]);
  });

  test("are mirrored where reading begins at the right", () => {
    const series = [{ name: "edits", values: [1, 2, 3] }];
    const left = plot(series, ROOM);
    const right = plot(series, { ...ROOM, fromRight: true });
    for (const [i, { x, width }] of right.bars.entries()) {
      expect(ROOM.width - x - width).toBeCloseTo(left.bars[i]?.x ?? Number.NaN);
    }
    for (const [i, { x }] of right.names.entries()) {
      expect(ROOM.width - x).toBeCloseTo(left.names[i]?.x ?? Number.NaN);
    }
    expect(right.bars).toHaveLength(3);
  });

  test("leave what did not happen out, and name no more days than can be read", () => {
    expect(plot([{ name: "edits", values: [0, null] }], ROOM).bars).toEqual([]);
    expect(plot([], ROOM).names).toEqual([]);
    const year = plot([{ name: "edits", values: Array.from({ length: 366 }, () => 1) }], ROOM);
    expect(year.names.length).toBeLessThanOrEqual(7);
    expect(year.bars.every(({ width }) => width >= 1)).toBe(true);
  });

  test("have a top that parts well", () => {
    expect([0, 3, 5, 12, 41, 999, 1001].map(niceTop)).toEqual([4, 4, 8, 20, 80, 2000, 2000]);
  });
});
