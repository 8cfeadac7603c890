import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Cast, found, until } from "./cast.ts";
import type { Attachment, ClientEvents, ConversationView, MessageView } from "../src/node.ts";

let cast: Cast;

before(async () => {
  cast = await Cast.begin();
});

after(() => cast.end());

const PNG = "\x89PNG\r\n\x1a\n";
const bytes = (text: string) => new Blob([Uint8Array.from(text, (it) => it.charCodeAt(0))]);
const text = async (blob: Blob) => Buffer.from(await blob.arrayBuffer()).toString("latin1");

function attached(message: MessageView | undefined): Attachment[] {
  const words = message?.words;
  return typeof words === "object" && "said" in words ? (words.said.attachments ?? []) : [];
}

const all = (view: ConversationView) => [...view.timeline.messages, ...(view.team?.notes ?? [])];
const first = (view: ConversationView) => all(view).flatMap(attached)[0];

/** Files that the server keeps for a conversation. */
function kept(conversation: string): string[] {
  const folder = join(cast.server.folder, "data", "attachments", conversation);
  try {
    const all = readdirSync(folder, { recursive: true, withFileTypes: true });
    return all.filter((it) => it.isFile()).map((it) => it.name);
  } catch {
    return [];
  }
}

/** Waits until it holds. */
async function soon(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    assert.ok(tries < 300, what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("AT3 AT6 a file attached offline outlives a restart, arrives, and lies sealed everywhere", async () => {
  let ann = cast.visitor("ann");
  await ann.contact();
  const { id } = await ann.begin();
  await ann.goOffline();
  const holiday = { name: "Holiday.png", data: bytes(`${PNG} wombats at noon`) };
  await ann.conversation(id).send("Look at this", [holiday]);
  const mine = await until(ann.conversation(id), (view) => first(view) !== undefined);
  const file = first(mine);
  assert.ok(file);
  assert.deepEqual([file.name, file.media_type, file.bytes], ["Holiday.png", "image/png", 24]);
  assert.ok(!("key" in file), "no view has the key");
  assert.deepEqual(ann.uploads.value, [{ attachment: file.id, sent: 0, bytes: 24 }]);
  // Shown to its author without a network.
  const message = mine.timeline.messages[0]?.id ?? "";
  assert.equal(await text(await ann.conversation(id).file(message, file.id)), `${PNG} wombats at noon`);
  await ann.close();

  ann = cast.visitor("ann");
  await soon(() => kept(id).length === 1, "it is uploaded after the restart");
  await soon(() => ann.uploads.value.length === 0, "nothing waits any more");
  const bo = cast.agent("bo", "bo");
  await bo.contact();
  const atBo = bo.conversation(id);
  await until(atBo, (view) => first(view) !== undefined);
  const blob = await atBo.file(message, file.id);
  assert.equal(blob.type, "image/png");
  assert.equal(await text(blob), `${PNG} wombats at noon`);
  await Promise.all([ann.close(), bo.close()]);
  assert.deepEqual(found(cast.server.folder, "wombats"), []);
});

test("AT5 a recall takes attachments back: nobody opens them, and the server's file goes", async () => {
  const [ann, bo] = [cast.visitor(), cast.agent("bo")];
  await Promise.all([ann.contact(), bo.contact()]);
  const chat = await ann.begin();
  await chat.send("Do you have a list?");
  const atBo = bo.conversation(chat.id);
  await until(atBo, (view) => view.timeline.messages.length === 1);
  const list = { name: "list.txt", data: bytes("numbats, quolls") };
  const { message } = await atBo.send("", [list]);
  const seen = await until(chat, (view) => first(view) !== undefined);
  const file = first(seen) as Attachment;
  await soon(() => kept(chat.id).length === 1, "it is uploaded");
  assert.equal(await text(await chat.file(message, file.id)), "numbats, quolls");
  // AT7: an edit keeps them.
  await atBo.edit(message, "Here it is");
  const edited = (view: ConversationView) =>
    first(view) !== undefined && view.timeline.messages.some((m) => m.edited_at !== null);
  const after = await until(chat, edited);
  assert.deepEqual(first(after), file);
  assert.equal(await text(await chat.file(message, file.id)), "numbats, quolls");

  await atBo.recall(message);
  await until(chat, (view) => view.timeline.messages.some((m) => m.words === "recalled"));
  await assert.rejects(chat.file(message, file.id), { code: "recalled" });
  await soon(() => kept(chat.id).length === 0, "the server's file goes");
  const at = `${cast.server.address}/api/v1/attachments/${chat.id}/timeline/${message}/${file.id}`;
  const headers = { authorization: `Bearer ${await ann.token()}` };
  assert.equal((await fetch(at, { headers })).status, 410);
  assert.equal((await fetch(at, { headers, method: "PUT", body: "again" })).status, 410);
  await Promise.all([ann.close(), bo.close()]);
});

test("AT4 a note's attachment is for the team: a visitor gets the answer of a wrong id", async () => {
  const [ann, bo] = [cast.visitor(), cast.agent("bo")];
  await Promise.all([ann.contact(), bo.contact()]);
  const chat = await ann.begin();
  await chat.send("Hello");
  const atBo = bo.conversation(chat.id);
  await until(atBo, (view) => view.timeline.messages.length === 1);
  const message = await atBo.note("for us", [{ name: "a.csv", data: bytes("who,what\n") }]);
  const view = await until(atBo, (view) => first(view) !== undefined);
  const file = first(view) as Attachment;
  await soon(() => kept(chat.id).length === 1, "it is uploaded");
  const ask = async (who: typeof ann, kind: string) => {
    const path = `/api/v1/attachments/${chat.id}/${kind}/${message}/${file.id}`;
    const headers = { authorization: `Bearer ${await who.token()}` };
    const answer = await fetch(cast.server.address + path, { headers });
    return [answer.status, answer.ok ? "" : ((await answer.json()) as { error: { code: string } }).error.code];
  };
  assert.deepEqual(await ask(bo, "team"), [200, ""]);
  assert.deepEqual(await ask(ann, "team"), [404, "unknown_conversation"]);
  assert.deepEqual(await ask(ann, "elsewhere"), [404, "not_found"]);
  await Promise.all([ann.close(), bo.close()]);
});

test("AT1 a file that may not be attached is refused before anything is sent", async () => {
  const ann = cast.visitor();
  await ann.contact();
  const chat = await ann.begin();
  const large = new Blob([PNG, new Uint8Array(25 * 1024 * 1024)]);
  const refused: [string, Blob, string][] = [
    ["a.exe", bytes("MZ"), "file_type"],
    ["a.html", bytes("<script>"), "file_type"],
    ["noending", bytes("text"), "file_type"],
    ["a.png", bytes("GIF89a"), "file_content"],
    ["a.txt", bytes("a\0b"), "file_content"],
    ["a.txt", bytes(""), "file_empty"],
    ["a.png", large, "file_too_large"],
  ];
  for (const [name, data, code] of refused) {
    await assert.rejects(chat.send("with it", [{ name, data }]), { code, file: 0 }, name);
  }
  const moved = new Blob(["text"]);
  moved.arrayBuffer = () => Promise.reject(new Error("it was moved"));
  const two = [{ name: "a.txt", data: bytes("a") }, { name: "b.txt", data: moved }];
  await assert.rejects(chat.send("with both", two), { code: "file_unreadable", file: 1 });
  const many = Array.from({ length: 21 }, () => ({ name: "a.txt", data: bytes("a") }));
  await assert.rejects(chat.send("", many), { code: "malformed_words" });
  await chat.send("without");
  const view = await until(chat, (view) => view.timeline.messages.length > 0);
  assert.equal(view.timeline.messages.length, 1);
  assert.deepEqual(ann.uploads.value, []);
  await ann.close();
});

test("AT6 AT8 a file that is not taken is told, by a code, to its author and to those who wait", async () => {
  const [ann, bo] = [cast.visitor(), cast.agent("bo")];
  await Promise.all([ann.contact(), bo.contact()]);
  const chat = await ann.begin();
  await chat.send("Hello");
  const atBo = bo.conversation(chat.id);
  await until(atBo, (view) => view.timeline.messages.length === 1);
  // As many files as a conversation may hold: they take no room on the disk.
  const folder = join(cast.server.folder, "data", "attachments", chat.id, "timeline", chat.id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, chat.id), "");
  truncateSync(join(folder, chat.id), 500 * 1024 * 1024);
  const refused: ClientEvents["file_refused"][] = [];
  bo.on("file_refused", (one) => refused.push(one));
  const { message } = await atBo.send("With it", [{ name: "a.txt", data: bytes("bandicoot") }]);
  const view = await until(chat, (view) => first(view) !== undefined);
  const file = first(view) as Attachment;
  await soon(() => refused.length > 0, "its author is told");
  assert.deepEqual(refused, [{ attachment: file.id, reason: "full" }]);
  assert.deepEqual(bo.uploads.value, []);
  for (const here of [atBo, chat]) {
    await assert.rejects(here.file(message, file.id), { code: "file_not_taken" });
  }
  rmSync(folder, { recursive: true });
  await atBo.recall(message);
  await until(chat, (view) => view.timeline.messages.some((one) => one.words === "recalled"));
  await soon(() => kept(chat.id).length === 0, "nothing is noted of what was taken back");
  await Promise.all([ann.close(), bo.close()]);
});

/** Something on the way that answers files, and not what is sent in their place, by itself. */
async function behind(status: number, run: (tries: () => number) => Promise<void>): Promise<void> {
  const real = globalThis.fetch;
  let tries = 0;
  globalThis.fetch = async (address, options) => {
    const sent = options?.body;
    if (options?.method !== "PUT" || !(sent instanceof Uint8Array) || sent.length === 0) {
      return real(address, options);
    }
    tries += 1;
    return new Response("<html>no</html>", { status });
  };
  try {
    await run(() => tries);
  } finally {
    globalThis.fetch = real;
  }
}

for (const [status, reason] of [[413, "too_large"], [403, "refused"]] as const) {
  test(`AT6 AT10 a file that is answered ${status} on the way is sent once, and taken out`, async () => {
    const [ann, bo] = [cast.visitor(), cast.agent("bo")];
    await Promise.all([ann.contact(), bo.contact()]);
    const chat = await ann.begin();
    await chat.send("Hello");
    const atBo = bo.conversation(chat.id);
    await until(atBo, (view) => view.timeline.messages.length === 1);
    const refused: ClientEvents["file_refused"][] = [];
    bo.on("file_refused", (one) => refused.push(one));
    await behind(status, async (tries) => {
      const files = [{ name: "a.txt", data: bytes("bandicoot") }];
      const { message } = await atBo.send("With it", files);
      const view = await until(chat, (view) => first(view) !== undefined);
      const file = first(view) as Attachment;
      await soon(() => refused.length > 0, "its author is told");
      assert.deepEqual(refused, [{ attachment: file.id, reason }]);
      await soon(() => bo.uploads.value.length === 0, "nothing waits any more");
      await assert.rejects(chat.file(message, file.id), { code: "file_not_taken" });
      // Whatever would be a reason to try again.
      const more = await atBo.send("And more");
      await until(chat, (view) => view.timeline.messages.some(({ id }) => id === more.message));
      assert.equal(tries(), 1);
      await atBo.detach(message, file.id);
      const bare = ({ id, words }: MessageView) =>
        id === message && typeof words === "object" && "said" in words && !words.said.attachments;
      const seen = await until(chat, (view) => view.timeline.messages.some(bare));
      assert.deepEqual(seen.timeline.messages.find(bare)?.words, { said: { text: "With it" } });
    });
    await Promise.all([ann.close(), bo.close()]);
  });
}

test("AT10 a file that still waits is taken out; of a message that is nothing else it is not", async () => {
  const [ann, bo] = [cast.visitor(), cast.agent("bo")];
  await Promise.all([ann.contact(), bo.contact()]);
  const chat = await ann.begin();
  await chat.send("Hello");
  const atBo = bo.conversation(chat.id);
  await until(atBo, (view) => view.timeline.messages.length === 1);
  await behind(503, async (tries) => {
    const two = ["a.txt", "b.txt"].map((name) => ({ name, data: bytes(name) }));
    const { message } = await atBo.send("", two);
    const view = await until(chat, (view) => first(view) !== undefined);
    const [a, b] = view.timeline.messages.flatMap(attached);
    await soon(() => tries() > 0, "it is tried");
    await atBo.detach(message, a?.id ?? "");
    await until(chat, (view) => view.timeline.messages.flatMap(attached).length === 1);
    await assert.rejects(atBo.detach(message, b?.id ?? ""), { code: "empty" });
    await assert.rejects(chat.detach(message, b?.id ?? ""), { code: "not_yours" });
  });
  await atBo.send("Now?");
  await soon(() => bo.uploads.value.length === 0, "nothing waits any more");
  assert.equal(kept(chat.id).length, 1);
  await Promise.all([ann.close(), bo.close()]);
});

test("AT10 who logs out while a file waits lets those who wait for it know", async () => {
  const [ann, bo] = [cast.visitor(), cast.agent("bo")];
  await Promise.all([ann.contact(), bo.contact()]);
  const chat = await ann.begin();
  await behind(503, async (tries) => {
    const { message } = await chat.send("With it", [{ name: "a.txt", data: bytes("dunnart") }]);
    const atBo = bo.conversation(chat.id);
    const view = await until(atBo, (view) => first(view) !== undefined);
    const file = first(view) as Attachment;
    await soon(() => tries() > 0, "it is tried");
    await assert.rejects(atBo.file(message, file.id), { code: "file_waiting" });
    await ann.logOut("lose");
    await assert.rejects(atBo.file(message, file.id), { code: "file_not_taken" });
  });
  await bo.close();
});

test("AT3 whoever is not the author, or sends other bytes, is refused", async () => {
  const [ann, bo] = [cast.visitor(), cast.agent("bo")];
  await Promise.all([ann.contact(), bo.contact()]);
  const chat = await ann.begin();
  const { message } = await chat.send("mine", [{ name: "a.txt", data: bytes("mine") }]);
  const view = await until(bo.conversation(chat.id), (view) => first(view) !== undefined);
  const file = first(view) as Attachment;
  await soon(() => kept(chat.id).length === 1, "it is uploaded");
  const put = async (who: typeof ann, id: string, body: BodyInit) => {
    const path = `/api/v1/attachments/${chat.id}/timeline/${message}/${id}`;
    const headers = { authorization: `Bearer ${await who.token()}` };
    return (await fetch(cast.server.address + path, { method: "PUT", headers, body })).status;
  };
  assert.equal(await put(bo, file.id, "forged"), 403);
  assert.equal(await put(ann, file.id, "forged"), 422);
  assert.equal(await put(ann, message, "forged"), 410);
  const tooLong = new Uint8Array(25 * 1024 * 1024 + 41);
  assert.ok([413, 0].includes(await put(ann, file.id, tooLong).catch(() => 0)));
  assert.equal(await text(await bo.conversation(chat.id).file(message, file.id)), "mine");
  await Promise.all([ann.close(), bo.close()]);
});
