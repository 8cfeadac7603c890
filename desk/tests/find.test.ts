import type { ConversationView, MessageView } from "@rejoinder/client";
import { describe, expect, test } from "vitest";
import { find, split } from "../src/model/find.js";
import { inline, parse, plain } from "@rejoinder/client/markdown";
import { isPinned, pin, pinnedNotes, unpin } from "../src/model/pinned.js";

function message(id: string, text: string | null): MessageView {
  return {
    id, author: "me", source: "note", composed_at: 0, at: 1, seq: 1,
    words: text === null ? "recalled" : { said: { text } }, edited_at: null, delivery: "sent",
    change: null,
  };
}

const entries = (...all: [string, string | null][]) =>
  all.map(([id, text]) => ({ kind: "team" as const, message: message(id, text) }));

describe("searching a conversation", () => {
  test("finds what is shown, whatever its case, and nothing that was recalled", () => {
    const all = entries(["a", "The **Parcel** left"], ["b", "no"], ["c", null],
      ["d", "- a parcel\n- `parcel`"]);
    expect(find(all, "parcel")).toEqual(["a", "d"]);
    expect(find(all, "**")).toEqual([]);
    expect(find(all, " ")).toEqual([]);
  });

  test("marks every place of it", () => {
    expect(split("Aa baa", "aa")).toEqual(["", "Aa", " b", "aa", ""]);
    expect(split("none", "x")).toEqual(["none"]);
    // A letter that grows when it is folded hides no other.
    expect(split("İstanbul", "stan").join("")).toBe("İstanbul");
  });
});

describe("mentions", () => {
  const id = "3f2a9c01-0000-4000-8000-000000000000";
  test("name a person, and are told from links", () => {
    expect(inline(`Ask @[Ann Keller](participant:${id})!`)).toEqual([
      { type: "text", text: "Ask " }, { type: "mention", id, name: "Ann Keller" },
      { type: "text", text: "!" },
    ]);
    expect(plain(`Ask @[Ann](participant:${id})`)).toBe("Ask @Ann");
    expect(find(entries(["a", `@[Ann](participant:${id})`]), "participant")).toEqual([]);
  });
});

describe("pinned notes", () => {
  test("bear a first line that is shown nowhere", () => {
    expect(parse(pin("hello"))).toEqual(parse("hello"));
    expect(plain(pin("hello"))).toBe("hello");
    expect(unpin(pin("hello"))).toBe("hello");
    expect(isPinned("hello [pinned]: #\n")).toBe(false);
  });

  test("stand newest first, and go when they are recalled", () => {
    const notes = [message("a", pin("one")), message("b", "two"), message("c", pin("three")),
      message("d", null)];
    const view = { team: { notes } } as unknown as ConversationView;
    expect(pinnedNotes(view).map((note) => note.id)).toEqual(["c", "a"]);
  });
});
