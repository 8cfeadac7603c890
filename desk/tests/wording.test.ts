import type { MessageView, Progress } from "@rejoinder/client";
import { describe, expect, test } from "vitest";
import { ar } from "../src/locales/ar.js";
import { en } from "../src/locales/en.js";
import { hueOf, HUES, initials, shortId } from "../src/model/names.js";
import { report } from "../src/model/progress.js";
import { sensitive } from "../src/model/sensitive.js";
import { parseRoute } from "../src/state/route.js";

const DAY = 24 * 3_600_000;
const RECALLED: MessageView = {
  id: "m", author: "me", source: "agent", composed_at: 0, at: 1, seq: 1, words: "recalled",
  edited_at: null, delivery: "sent", change: null,
};

function progress(part: Partial<Progress>): Progress {
  return {
    document: { conversation: "c", kind: "timeline" }, message: "m", server: true, done: 2,
    devices: 2, longest_away: null, ...part,
  };
}

describe("how far a recall is carried out", () => {
  test("offline, then on the server, then on every device", () => {
    expect(report({ ...RECALLED, change: "waiting" }, null, 0)).toEqual({ state: "unsent" });
    expect(report(RECALLED, null, 0)).toBeNull();
    expect(report(RECALLED, progress({ server: false }), 0)).toEqual({ state: "erasing" });
    expect(report(RECALLED, progress({ done: 1 }), 0))
      .toEqual({ state: "to_go", devices: 1, away_since: null });
    expect(report(RECALLED, progress({}), 0)).toEqual({ state: "everywhere" });
  });

  test("a device away for more than a day is told with its day", () => {
    expect(report(RECALLED, progress({ done: 0, longest_away: 5 }), 5 + 2 * DAY))
      .toEqual({ state: "to_go", devices: 2, away_since: 5 });
    expect(en.recall.toGo(1)).toBe("1 device has not come back yet");
    expect(en.recall.awaySince(1, "3 May")).toBe("1 device not heard from since 3 May");
  });

  test("a refused one says so", () => {
    const change = { refused: { operation: "o", code: "not_yours" as const } };
    expect(report({ ...RECALLED, change }, progress({}), 0)).toEqual({ state: "refused" });
  });
});

describe("what is asked before it is pasted", () => {
  test("card numbers, by their check digit", () => {
    expect(sensitive("my card 4111 1111 1111 1111, thanks")).toBe("card");
    expect(sensitive("order 4111 1111 1111 1112")).toBeNull();
    expect(sensitive("0000 0000 0000 0000")).toBeNull();
  });

  test("passwords, named or made by a generator; sentences, addresses and ids are not", () => {
    expect(sensitive("password: hunter22")).toBe("password");
    expect(sensitive("xK9#mQ2$vL7p")).toBe("password");
    for (const harmless of ["How do I reset my password?", "https://a.example/A1_b?x=1",
      "ann.Keller1@shop.example", "Hello there!", "INV-2024-0017"]) {
      expect(sensitive(harmless), harmless).toBeNull();
    }
  });
});

test("a visitor has the same name and colour everywhere", () => {
  expect(shortId("3f2a9c01-0000-4000-8000-000000000000")).toBe("3f2a");
  expect(hueOf("3f2a")).toBe(hueOf("3f2a"));
  expect(hueOf("anything")).toBeLessThan(HUES);
  expect(initials("Ann Keller")).toBe("AK");
});

test("an address holds an id and nothing else", () => {
  const id = "3f2a9c01-0000-4000-8000-000000000000";
  expect(parseRoute(`#/c/${id}`)).toEqual({ page: "inbox", conversation: id });
  expect(parseRoute("#/c/hello there")).toEqual({ page: "inbox", conversation: null });
  expect(parseRoute("")).toEqual({ page: "inbox", conversation: null });
});

test("the languages say the same things, and none is left in English", () => {
  const leaves = (value: object, path = ""): [string, unknown][] =>
    Object.entries(value).flatMap(([key, one]) => typeof one === "object" && one !== null
      ? leaves(one, `${path}.${key}`) : [[`${path}.${key}`, one]]);
  const english = new Map(leaves(en));
  for (const [path, value] of leaves(ar)) {
    expect(english.has(path), path).toBe(true);
    if (typeof value === "string" && path !== ".app") {
      expect(value, path).not.toBe(english.get(path));
      expect(value, path).toMatch(/[\u0600-\u06FF]/);
    }
  }
});
