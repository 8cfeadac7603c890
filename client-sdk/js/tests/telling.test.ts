import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { withChanges } from "../src/host/rows.ts";
import { Tabs } from "../src/host/tabs.ts";
import { Telling } from "../src/host/telling.ts";
import { type FromHost, TOPICS } from "../src/protocol.ts";
import type { InboxRow } from "../src/views.ts";

test("UI9 what rows do not hold yet is shown to nobody: it could vanish again", async () => {
  const tabs = new Tabs();
  tabs.arrive("a tab");
  let waiting = 0;
  const said: FromHost[] = [];
  const telling = new Telling(
    tabs,
    (topic) => JSON.stringify(topic === "waiting" ? waiting : []),
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
    (topic) => (topic === "inbox" ? "[]" : "null"),
    (_, message) => said.push(message),
    (error) => assert.fail(String(error)),
  );
  telling.soon();
  await pause(5);
  assert.deepEqual(said[0], { kind: "view", conversation, view: null });
  assert.equal(said.length, 1 + TOPICS.length);
});

test("RE1 what nobody looks at any more is not remembered", async () => {
  const tabs = new Tabs();
  for (const tab of ["first", "second"]) tabs.arrive(tab);
  const topic = "conversation:0190163d-8694-739b-aea5-966c26f8ad91" as const;
  let told = 0;
  const telling = new Telling(
    tabs,
    (of) => (of === "inbox" ? "[]" : "null"),
    (_, message) => {
      if (message.kind === "view") told += 1;
    },
    (error) => assert.fail(String(error)),
  );
  const tell = async (): Promise<number> => {
    told = 0;
    telling.soon();
    await pause(5);
    return told;
  };
  for (const tab of ["first", "second"]) tabs.subscribe(tab, topic);
  assert.equal(await tell(), 2);
  tabs.unsubscribe("first", topic);
  telling.unwatched(topic);
  assert.equal(await tell(), 0, "somebody still looks at it, and it has not changed");
  telling.unwatched(...tabs.depart("second"));
  // Were it remembered, the same would not be told again.
  tabs.subscribe("first", topic);
  assert.equal(await tell(), 1);
});

test("UI35 a tab is told the whole inbox once, and then what has changed of it", async () => {
  const tabs = new Tabs();
  tabs.arrive("first");
  const row = (conversation: string, at: number) => ({ conversation, at }) as InboxRow;
  let inbox = [row("c", 3), row("b", 2), row("a", 1)];
  const pages = new Map<string, InboxRow[]>();
  let posted = 0;
  const telling = new Telling(
    tabs,
    (topic) => JSON.stringify(topic === "inbox" ? inbox : null),
    (tab, message) => {
      const before = pages.get(tab) ?? [];
      if (message.kind === "topic" && message.topic === "inbox") {
        posted += (message.value as InboxRow[]).length;
        pages.set(tab, message.value as InboxRow[]);
      }
      if (message.kind === "rows") {
        posted += message.changes.rows.length;
        pages.set(tab, withChanges(before, message.changes));
      }
    },
    (error) => assert.fail(String(error)),
  );
  const tell = async (rows: InboxRow[]): Promise<number> => {
    [inbox, posted] = [rows, 0];
    telling.soon();
    await pause(5);
    for (const tab of pages.keys()) assert.deepEqual(pages.get(tab), inbox, tab);
    return posted;
  };
  assert.equal(await tell(inbox), 3);
  const same = pages.get("first")?.[0];
  // One that has changed moves up, one is new, and one is there no more.
  assert.equal(await tell([row("a", 4), row("c", 3), row("b", 2)]), 1);
  assert.equal(pages.get("first")?.[1], same, "what has not changed is the same object");
  assert.equal(await tell([row("d", 5), row("a", 4), row("b", 2)]), 1);
  tabs.arrive("second");
  telling.again("inbox");
  assert.equal(await tell(inbox), 3, "only the tab that came is told");
  assert.equal(await tell([row("b", 6), row("e", 5), row("d", 5)]), 4);
  assert.equal(await tell([]), 0);
});
