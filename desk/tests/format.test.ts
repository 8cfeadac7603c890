import { describe, expect, test } from "vitest";
import { type Format, format } from "../src/model/format.js";

/** `[` and `]` stand where the choice begins and ends, before and after. */
function check(how: Format, before: string, after: string): void {
  const start = before.indexOf("[");
  const end = before.indexOf("]") - 1;
  const text = before.replace("[", "").replace("]", "");
  const made = format({ text, start, end }, how);
  const result = text.slice(0, made.from) + made.insert + text.slice(made.to);
  const shown = `${result.slice(0, made.start)}[${result.slice(made.start, made.end)}]${
    result.slice(made.end)}`;
  expect(shown, `${how}: ${before}`).toBe(after);
}

describe("the composer's buttons", () => {
  test("mark what is chosen, and unmark it when pressed again", () => {
    check("bold", "a [word] here", "a **[word]** here");
    check("bold", "a **[word]** here", "a [word] here");
    check("bold", "a [**word**] here", "a [word] here");
    check("italic", "a **[word]** here", "a ***[word]*** here");
    check("italic", "a ***[word]*** here", "a **[word]** here");
    check("strike", "[gone]", "~~[gone]~~");
    check("code", "run [make]", "run `[make]`");
  });

  test("leave spaces outside, and open a pair where nothing is chosen", () => {
    check("bold", "a[ word ]here", "a **[word]** here");
    check("italic", "a []", "a *[]*");
  });

  test("make lists and quotes of whole lines, and take the marks off again", () => {
    check("bullets", "one\nt[wo\nthr]ee", "one\n[- two\n- three]");
    check("bullets", "[- two\n- three]", "[two\nthree]");
    check("numbers", "[- two\n- three]", "[1. two\n2. three]");
    check("quote", "[said]", "[> said]");
    check("bullets", "one[]", "- one[]");
  });

  test("fence code of several lines", () => {
    check("code", "see [a\nb] there", "see \n```\n[a\nb]\n```\n there");
  });

  test("link words to an address that is typed next, or an address to its words", () => {
    check("link", "see [this]", "see [this](https://)".replace("https://", "[https://]"));
  });
});

test("an address that is chosen becomes the link's own", () => {
  const made = format({ text: "https://a.example", start: 0, end: 17 }, "link");
  expect(made).toEqual({ from: 0, to: 17, insert: "[](https://a.example)", start: 1, end: 1 });
});
