import { describe, expect, test } from "vitest";
import type { CannedResponse } from "../src/api/shapes.js";
import {
  cannedFor, matchingCanned, matchingPeople, mentionToken, trigger,
} from "../src/model/trigger.js";

function canned(shortcut: string, text = "", site: string | null = null): CannedResponse {
  return { id: shortcut, site, shortcut, text, updated_at: 0 };
}

describe("what opens a list in the composer", () => {
  test("is a sign at the start of a word, up to the caret", () => {
    expect(trigger("/ret", 4)).toEqual({ kind: "canned", from: 0, query: "ret" });
    expect(trigger("Hello /", 7)).toEqual({ kind: "canned", from: 6, query: "" });
    expect(trigger("ask @an about", 7)).toEqual({ kind: "mention", from: 4, query: "an" });
  });

  test("is none in an address, an e-mail, a fraction, or after the word", () => {
    for (const text of ["https://a.example/x", "ann@shop", "1/2", "/ret ", "and/or"]) {
      expect(trigger(text, text.length), text).toBeNull();
    }
    expect(trigger("/return now", 11)).toBeNull();
  });
});

describe("what is offered", () => {
  test("begins with what is typed before it holds it, in the shortcut before the text", () => {
    const all = [canned("free-return"), canned("return"), canned("bye", "Return soon"),
      canned("hello")];
    expect(matchingCanned(all, "RET").map((one) => one.shortcut))
      .toEqual(["return", "free-return", "bye"]);
  });

  test("is of this site, or one's own", () => {
    const all = [canned("own"), canned("here", "", "shop"), canned("there", "", "docs")];
    expect(cannedFor(all, "shop").map((one) => one.shortcut)).toEqual(["own", "here"]);
  });

  test("are people by any part of their name", () => {
    const all = [{ name: "Ann Keller" }, { name: "Bo Lindqvist" }, { name: "بو كرم" }];
    expect(matchingPeople(all, "ke")).toEqual([{ name: "Ann Keller" }]);
    expect(matchingPeople(all, "كرم")).toEqual([{ name: "بو كرم" }]);
  });
});

test("what of a name would end its mention is left out", () => {
  expect(mentionToken("id", "Ann [x]")).toBe("@[Ann  x](participant:id) ");
});
