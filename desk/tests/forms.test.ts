import type { ConversationView, MessageView } from "@rejoinder/client";
import { describe, expect, test } from "vitest";
import { merged } from "../src/model/merge.js";
import { isSettled } from "../src/state/lost.js";

// UI26
describe("a form that somebody else saved meanwhile", () => {
  const base = { name: "Lamps", greeting: "", sites: ["a"], version: 1 };

  test("takes their fields over, and keeps those that were typed", () => {
    const values = { ...base, greeting: "Good day!" };
    const fresh = { ...base, name: "Lamps and more", greeting: "Hello", version: 2 };
    expect(merged({ base, values }, fresh)).toEqual({
      base: fresh,
      values: { name: "Lamps and more", greeting: "Good day!", sites: ["a"], version: 2 },
    });
  });

  test("compares lists by what is in them", () => {
    const values = { ...base, sites: ["a"] };
    const fresh = { ...base, sites: ["a", "b"], version: 2 };
    expect(merged({ base, values }, fresh).values.sites).toEqual(["a", "b"]);
  });
});

// UI14
describe("work in a conversation that is seen no more", () => {
  const message = (delivery: MessageView["delivery"]): MessageView => ({
    id: "m", author: "me", source: "agent", composed_at: 0, at: null, seq: null, words: "absent",
    edited_at: null, delivery, change: null,
  });
  const view = (delivery: MessageView["delivery"], outbox: ConversationView["outbox"] = []) => ({
    timeline: { messages: [message("seen"), message(delivery)] }, team: null, outbox,
  }) as unknown as ConversationView;

  test("is settled once nothing of it waits or is to be decided", () => {
    expect(isSettled(view("sent"))).toBe(true);
    expect(isSettled(view("waiting"))).toBe(false);
    expect(isSettled(view({ refused: { operation: "o", code: "not_allowed" } }))).toBe(false);
    expect(isSettled(view("sent", [{
      operation: "o", kind: "timeline", what: "close", message: null,
      delivery: { refused: { operation: "o", code: "not_allowed" } },
    }]))).toBe(false);
  });
});
