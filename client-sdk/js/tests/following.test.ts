import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Core, Step } from "../src/host/core.ts";
import { type Around, Following } from "../src/host/following.ts";
import { Tabs } from "../src/host/tabs.ts";
import { MemoryTable } from "../src/store/memory.ts";
import type { ConversationId, DocumentId } from "../src/views.ts";

const [ONE, TWO] = [
  "0190163d-8694-739b-aea5-966c26f8ad91",
  "0190163d-8694-739b-aea5-966c26f8ad92",
];

/** An agent's core as far as following goes: two documents a conversation, some with an outbox. */
function agent(most: number) {
  const loaded = new Set<string>();
  const outbox = new Set<string>();
  const name = (conversation: ConversationId, kind: DocumentId["kind"]) =>
    JSON.stringify({ conversation, kind });
  const documents = (conversation: ConversationId) =>
    [name(conversation, "timeline"), name(conversation, "team")];
  const core = {
    missing: (id: ConversationId) =>
      `[${documents(id).filter((one) => !loaded.has(one)).join(",")}]`,
    follows: (id: ConversationId) => documents(id).some((one) => loaded.has(one)),
    room: () => most - loaded.size,
    load: (document: string) => {
      const { conversation, kind } = JSON.parse(document) as DocumentId;
      loaded.add(name(conversation, kind));
      return {} as Step;
    },
    leave: (id: ConversationId) => {
      for (const one of documents(id)) if (!outbox.has(one)) loaded.delete(one);
      return {} as Step;
    },
  } as unknown as Core;
  const tabs = new Tabs();
  tabs.arrive("a tab");
  let turn: Promise<void> = Promise.resolve();
  const around: Around = {
    core: () => core,
    table: new MemoryTable(),
    tabs,
    followsNewest: 0,
    documentPrefix: (document) => new TextEncoder().encode(document),
    carryOut: () => Promise.resolve(),
    input: (run) => {
      turn = turn.then(run);
    },
    opened: () => {},
  };
  const following = new Following(around);
  const look = async (id: ConversationId) => {
    tabs.subscribe("a tab", `conversation:${id}`);
    await following.follow(`conversation:${id}`);
  };
  const lookAway = (id: ConversationId) => {
    tabs.unsubscribe("a tab", `conversation:${id}`);
    following.linger(`conversation:${id}`);
  };
  /** Half a minute and a little passes, in which nobody looks. */
  const linger = async () => {
    mock.timers.tick(30_001);
    await turn;
  };
  return { following, look, lookAway, linger, loaded, outbox, name };
}

test("WP12 a conversation in which a note waited is left once it has gone", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { look, lookAway, linger, loaded, outbox, name } = agent(4);
    await look(ONE);
    outbox.add(name(ONE, "team"));
    lookAway(ONE);
    await linger();
    assert.deepEqual([...loaded], [name(ONE, "team")], "what waits stays");
    outbox.clear();
    await linger();
    assert.deepEqual([...loaded], []);
  } finally {
    mock.timers.reset();
  }
});

test("WP12 the room of one in which a note waited is had again", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { following, look, lookAway, linger, loaded, outbox, name } = agent(2);
    // Of a start: its outbox alone was loaded, and nobody looked at it.
    outbox.add(name(ONE, "team"));
    await following.load({ conversation: ONE, kind: "team" });
    await linger();
    outbox.clear();
    await look(TWO);
    assert.deepEqual([...loaded], [name(TWO, "timeline"), name(TWO, "team")]);
    lookAway(TWO);
    await linger();
    assert.equal(loaded.size, 0);
  } finally {
    mock.timers.reset();
  }
});
