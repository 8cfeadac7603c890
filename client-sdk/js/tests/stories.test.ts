import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import type { Client, ConversationView, MessageView } from "../src/node.ts";
import { connect } from "../src/node.ts";
import { Cast, found, until } from "./cast.ts";
import type { DemoServer } from "./server.ts";

let cast: Cast;
let server: DemoServer;

before(async () => {
  cast = await Cast.begin();
  server = cast.server;
});

after(() => cast.end());

const visitor = (folder?: string) => cast.visitor(folder);
const agent = (email: string, folder?: string) => cast.agent(email, folder);

const said = (message: MessageView | undefined): string =>
  typeof message?.words === "object" && "said" in message.words ? message.words.said.text : "";
/** What messages say; nothing for words that are not here. */
const texts = (view: ConversationView): string[] => view.timeline.messages.map(said);

test("a visitor writes, an agent answers, edits and recalls; no file holds the words", async () => {
  const [ann, bo] = [visitor("ann"), agent("bo", "bo")];
  await Promise.all([ann.contact(), bo.contact()]);
  const chat = await ann.begin();
  await chat.send("Is the blue one in stock?");
  const atBo = bo.conversation(chat.id);
  await until(atBo, (view) => texts(view).includes("Is the blue one in stock?"));
  const { message } = await atBo.send("It costs 17 marmots");
  await until(chat, (view) => texts(view).includes("It costs 17 marmots"));

  await atBo.edit(message, "It costs 18 badgers");
  const edited = await until(chat, (view) => texts(view).includes("It costs 18 badgers"));
  assert.ok(edited.timeline.messages.some((m) => m.id === message && m.edited_at !== null));

  await atBo.recall(message);
  const recalled = await until(chat, (view) =>
    view.timeline.messages.some((m) => m.id === message && m.words === "recalled"),
  );
  assert.ok(!texts(recalled).some((text) => text.includes("badgers")));
  const report = await until(atBo, (view) =>
    view.recalls.some((r) => r.message === message && r.server && r.done === r.devices),
  );
  assert.equal(report.recalls.length, 1);
  await Promise.all([ann.close(), bo.close()]);
  for (const word of ["marmots", "badgers"]) {
    assert.deepEqual(found(server.folder, word), [], `no file holds ${word}`);
  }
});

test("what is written offline waits over a restart, is sent once and in order", async () => {
  let ann = visitor("offline");
  await ann.contact();
  const chat = await ann.begin();
  await ann.goOffline();
  for (const n of [1, 2, 3, 4, 5]) await chat.send(`waiting ${n}`);
  const waiting = await until(chat, (view) => view.timeline.messages.length === 5);
  assert.ok(waiting.timeline.messages.every((m) => m.delivery === "waiting"));
  await ann.close();

  ann = visitor("offline");
  const again = ann.conversation(chat.id);
  const sent = await until(again, (v) => v.timeline.messages.every((m) => m.delivery !== "waiting"));
  assert.equal(sent.timeline.messages.length, 5);
  await ann.settled();
  const bo = agent("bo");
  await bo.contact();
  const all = (view: ConversationView) => texts(view).length === 5 && texts(view).every(Boolean);
  const seen = await until(bo.conversation(chat.id), all);
  assert.deepEqual(texts(seen), [1, 2, 3, 4, 5].map((n) => `waiting ${n}`));
  await Promise.all([ann.close(), bo.close()]);
});

test("a note never reaches the visitor", async () => {
  const [ann, bo] = [visitor(), agent("bo")];
  await Promise.all([ann.contact(), bo.contact()]);
  const chat = await ann.begin();
  await chat.send("hello");
  const atBo = bo.conversation(chat.id);
  await until(atBo, (view) => view.timeline.messages.length === 1);
  await atBo.note("a secret of the team");
  const noted = await until(atBo, (view) => (view.team?.notes.length ?? 0) === 1);
  assert.equal(said(noted.team?.notes[0]), "a secret of the team");
  await atBo.send("hello to you");
  const view = await until(chat, (v) => texts(v).includes("hello to you"));
  assert.equal(view.team, null);
  assert.ok(!JSON.stringify(view).includes("secret"));
  await Promise.all([ann.close(), bo.close()]);
});

test("the server is killed and comes back: nothing is lost, nothing doubled", async () => {
  const ann = visitor("killed");
  await ann.contact();
  const chat = await ann.begin();
  await chat.send("before");
  await ann.settled();
  await server.kill();
  await chat.send("while it was gone");
  await server.again();
  await ann.goOnline();
  await until(chat, (view) => view.timeline.messages.every((m) => m.delivery !== "waiting"));
  assert.deepEqual(chat.view.value === null ? [] : texts(chat.view.value), [
    "before",
    "while it was gone",
  ]);
  await ann.close();
});

test("RE18 who logs out without a network is erased here, and stays logged out", async () => {
  const bo = agent("bo", "gone");
  await bo.contact();
  await bo.goOffline();
  await bo.logOut("lose");
  await assert.rejects(bo.token(), { code: "wiped" });
  await bo.close();
  const again = connect({ server: server.address, folder: join(server.folder, "gone"), WebSocket });
  await again.ready;
  assert.equal(again.identity.value, null);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.equal(again.connection.value, "offline", "nobody is there to connect for");
  await again.close();
  // The same place, by somebody who logs in: at once.
  const ann = agent("ann", "gone");
  await ann.contact(5_000);
  await ann.logOut("keep");
});

test("a client whose words wait is not logged out unless it is to lose them", async () => {
  const ann = visitor();
  await ann.contact();
  const chat = await ann.begin();
  await ann.goOffline();
  await chat.send("not sent yet");
  await assert.rejects(ann.logOut("keep"), { code: "unsent" });
  assert.equal(texts(await until(chat, () => true)).at(-1), "not sent yet");
  await ann.logOut("lose");
});

test("SE1 an inbox shows its newest words again after a restart, without a network too", async () => {
  const ann = visitor();
  await ann.contact();
  const chat = await ann.begin();
  await chat.send("the newest words");
  await ann.settled();
  const preview = (client: Client) =>
    client.inbox.value.find((row) => row.conversation === chat.id)?.preview?.text;
  const shows = async (client: Client) => {
    const until = Date.now() + 15_000;
    while (preview(client) !== "the newest words") {
      assert.ok(Date.now() < until, `the inbox shows ${JSON.stringify(client.inbox.value)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const bo = agent("bo", "inbox");
  await shows(bo);
  await bo.settled();
  await bo.close();
  for (const network of ["offline", "online"] as const) {
    const folder = join(server.folder, "inbox");
    const again = connect({ server: server.address, WebSocket, followNewest: 100, folder, network });
    await again.ready;
    await shows(again);
    await again.close();
  }
  await ann.close();
});

test("every error says what to do, and changes nothing", async () => {
  const bo = connect({
    server: server.address,
    credential: { password: { email: "bo@demo.example", password: "wrong" } },
    WebSocket,
  });
  await assert.rejects(bo.contact(5_000), { code: "refused" });
  await bo.close();

  const ann = visitor();
  await ann.contact();
  const chat = await ann.begin();
  await assert.rejects(chat.send("x".repeat(10_001)), { code: "text_too_long" });
  await assert.rejects(chat.send(""), { code: "empty" });
  await assert.rejects(ann.conversation(chat.id).note("no"), { code: "not_open" });
  assert.throws(() => ann.conversation("x"), { code: "malformed" });
  assert.throws(() => connect({ server: "nowhere", WebSocket }), { code: "address" });
  await ann.close();
  await assert.rejects(chat.send("too late"), { code: "closed" });
});
