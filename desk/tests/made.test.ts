import { expect, test } from "vitest";
import { around, earlier, later, MOST, NEWEST, type Part, range, STEP } from "../src/model/made.js";

const IDS = Array.from({ length: 2_000 }, (_, place) => `m${place}`);
const of = (part: Part, ids = IDS) => range(ids, part);

test("at first the newest are made, and what comes joins them", () => {
  expect(of(NEWEST)).toEqual({ from: 2_000 - STEP, to: 2_000 });
  expect(of(NEWEST, [...IDS, "another"])).toEqual({ from: 2_001 - STEP, to: 2_001 });
  expect(of(NEWEST, ["one"])).toEqual({ from: 0, to: 1 });
});

test("looking further back meets every message, and never more than a few are made", () => {
  let part: Part = NEWEST;
  const met = new Set<number>();
  for (let look = 0; of(part).from > 0; look += 1) {
    expect(look).toBeLessThan(IDS.length / STEP);
    const before = of(part).from;
    part = earlier(IDS, part);
    const { from, to } = of(part);
    expect(to - from).toBeLessThanOrEqual(MOST);
    // What was first is still there, so that it can stay in its place.
    expect(before).toBeLessThan(to);
    for (let place = from; place < to; place += 1) met.add(place);
  }
  expect(met.size).toBe(IDS.length);
});

test("looking on comes back to the newest, and follows them again", () => {
  let part = earlier(IDS, earlier(IDS, earlier(IDS, NEWEST)));
  expect(of(part).to).toBeLessThan(IDS.length);
  // What comes meanwhile changes nothing of what is made.
  const more = [...IDS, "another"];
  expect(of(part, more)).toEqual(of(part));
  while (of(part, more).to < more.length) part = later(more, part);
  expect(part.first).toBeNull();
  expect(of(part, more).to).toBe(more.length);
});

test("what was found is made, and what is made stays if it is among it", () => {
  const part = around(IDS, NEWEST, "m700");
  const { from, to } = of(part);
  expect([from <= 700, 700 < to, to - from]).toEqual([true, true, STEP]);
  expect(around(IDS, part, "m701")).toBe(part);
  expect(around(IDS, part, "gone")).toBe(part);
  expect(of(around(IDS, part, "m0")).from).toBe(0);
  expect(around(IDS, part, "m1999").first).toBeNull();
});

test("a part whose first message was erased shows the newest", () => {
  expect(of({ first: "gone", count: STEP })).toEqual({ from: 2_000 - STEP, to: 2_000 });
});
