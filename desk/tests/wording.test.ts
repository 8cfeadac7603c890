import type { MessageView, Progress } from "@rejoinder/client";
import { describe, expect, test } from "vitest";
import { ar } from "../src/locales/ar.js";
import { en } from "../src/locales/en.js";
import { composes } from "../src/model/keys.js";
import { hueOf, HUES, initials, shortId } from "../src/model/names.js";
import { report } from "../src/model/progress.js";
import { secretIn } from "@rejoinder/client/secrets";
import { ar as arPages } from "../src/pages/words/ar.js";
import { en as enPages } from "../src/pages/words/en.js";
import { hashOf, parseRoute, type Route } from "../src/state/route.js";

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
    expect(secretIn("my card 4111 1111 1111 1111, thanks", [])).toBe("card");
    expect(secretIn("order 4111 1111 1111 1112", ["order 4111 1111 1111 1112"])).toBeNull();
    expect(secretIn("0000 0000 0000 0000", ["0000 0000 0000 0000"])).toBeNull();
  });

  test("passwords, named or made by a generator; sentences, addresses and ids are not", () => {
    expect(secretIn("password: hunter22", ["password: hunter22"])).toBe("password");
    expect(secretIn("xK9#mQ2$vL7p", ["xK9#mQ2$vL7p"])).toBe("password");
    for (const harmless of ["How do I reset my password?", "https://a.example/A1_b?x=1",
      "ann.Keller1@shop.example", "Hello there!", "INV-2024-0017"]) {
      expect(secretIn(harmless, [harmless]), harmless).toBeNull();
    }
  });
});

test("a visitor has the same name and colour everywhere", () => {
  expect(shortId("3f2a9c01-0000-4000-8000-000000000000")).toBe("3f2a");
  expect(hueOf("3f2a")).toBe(hueOf("3f2a"));
  expect(hueOf("anything")).toBeLessThan(HUES);
  expect(initials("Ann Keller")).toBe("AK");
});

test("an Enter of an input method is told from one that sends, in Safari too", () => {
  expect(composes({ isComposing: true, keyCode: 13 })).toBe(true);
  expect(composes({ isComposing: false, keyCode: 229 })).toBe(true);
  expect(composes({ isComposing: false, keyCode: 13 })).toBe(false);
});

test("one person is typing, two are", () => {
  expect(en.conversation.typing("Ann", 1)).toBe("Ann is typing …");
  expect(en.conversation.viewing("Ann & Bo", 2)).toBe("Ann & Bo are viewing");
});

test("an address holds an id and nothing else", () => {
  const id = "3f2a9c01-0000-4000-8000-000000000000";
  expect(parseRoute(`#/c/${id}`)).toEqual({ page: "inbox", conversation: id });
  expect(parseRoute("#/c/hello there")).toEqual({ page: "inbox", conversation: null });
  expect(parseRoute("")).toEqual({ page: "inbox", conversation: null });
});

test("every place has an address of its own, and reads back from it", () => {
  const id = "3f2a9c01-0000-4000-8000-000000000000";
  const places: Route[] = [
    { page: "inbox", conversation: id }, { page: "tickets", ticket: null },
    { page: "tickets", ticket: id }, { page: "history" }, { page: "search" },
    { page: "live" }, { page: "reports" }, { page: "settings", section: "account", item: null },
    { page: "settings", section: "agents", item: null },
    { page: "settings", section: "sites", item: "new" },
    { page: "settings", section: "canned", item: id },
  ];
  for (const place of places) {
    expect(parseRoute(hashOf(place))).toEqual(place);
  }
  expect(parseRoute("#/settings/nothing/x")).toEqual(
    { page: "settings", section: "sites", item: null });
});

test("every field that the audit log names has words in both languages", () => {
  const sources = Object.values(import.meta.glob<string>("../../server/src/directory/**/*.rs", {
    eager: true, query: "?raw", import: "default",
  }));
  const named = sources.flatMap((source) =>
    [...source.matchAll(/\("([a-z_]+)", (?:before|self)\./g)].map(([, field]) => field ?? ""));
  expect(named.length).toBeGreaterThan(20);
  for (const { audit: { fields } } of [enPages, arPages]) {
    expect([...new Set(named)].filter((field) => !(field in fields))).toEqual([]);
  }
});

test.each([["the desk", en, ar], ["its pages", enPages, arPages]])(
  "the languages of %s say the same things, and none is left in English", (_, one, other) => {
    const leaves = (value: object, path = ""): [string, unknown][] =>
      Object.entries(value).flatMap(([key, one]) => typeof one === "object" && one !== null
        ? leaves(one, `${path}.${key}`) : [[`${path}.${key}`, one]]);
    const english = new Map(leaves(one));
    for (const [path, value] of leaves(other)) {
      expect(english.has(path), path).toBe(true);
      if (typeof value === "string" && path !== ".app") {
        expect(value, path).not.toBe(english.get(path));
        expect(value, path).toMatch(/[\u0600-\u06FF]/);
      }
    }
  });
