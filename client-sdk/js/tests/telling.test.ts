import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Tabs } from "../src/host/tabs.ts";
import { Telling } from "../src/host/telling.ts";
import { type FromHost, TOPICS } from "../src/protocol.ts";

test("UI9 what rows do not hold yet is shown to nobody: it could vanish again", async () => {
  const tabs = new Tabs();
  tabs.arrive("a tab");
  let waiting = 0;
  const said: FromHost[] = [];
  const telling = new Telling(
    tabs,
    (topic) => JSON.stringify(topic === "waiting" ? waiting : null),
    (_, message) => {
      if (message.kind === "topic" && message.topic === "waiting") said.push(message);
    },
    (error) => assert.fail(String(error)),
  );
  telling.soon();
  await pause(5);
  // An input is carried out while something else has made a telling due.
  telling.soon();
  telling.hold();
  waiting = 1;
  await pause(5);
  assert.deepEqual(said, [{ kind: "topic", topic: "waiting", value: 0 }]);
  telling.release();
  telling.soon();
  await pause(5);
  assert.deepEqual(said.at(-1), { kind: "topic", topic: "waiting", value: 1 });
  telling.end();
  waiting = 2;
  telling.soon();
  await pause(5);
  assert.equal(said.length, 2);
});

test("UI2 words are told before anything else that has changed", async () => {
  const tabs = new Tabs();
  tabs.arrive("a tab");
  const conversation = "0190163d-8694-739b-aea5-966c26f8ad91";
  tabs.subscribe("a tab", `conversation:${conversation}`);
  const said: FromHost[] = [];
  const telling = new Telling(
    tabs,
    () => "null",
    (_, message) => said.push(message),
    (error) => assert.fail(String(error)),
  );
  telling.soon();
  await pause(5);
  assert.deepEqual(said[0], { kind: "view", conversation, view: null });
  assert.equal(said.length, 1 + TOPICS.length);
});
