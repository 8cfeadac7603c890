// What a browser leaves on the disk below its profile, in blocks that no file holds any more too.
import type { Frame } from "@playwright/test";
import { OwnChromium } from "../src/chromium.ts";
import { Desk } from "../src/desk.ts";
import { Disk } from "../src/disk.ts";
import { keysIn, keyrings } from "../src/keyring.ts";
import { Patterns } from "../src/patterns.ts";
import { formsOf, formsOfBytes } from "../src/search.ts";
import { expect, test } from "../src/stage.ts";

/** Recalls: of messages of the visitor's, and of as many of an agent's. */
const RECALLS = Number(process.env.RECALLS ?? 100);
const EACH = RECALLS / 2;
/** Minutes for them: each is typed and shown. */
const MINUTES = 2 + RECALLS / 50;
/** What all that is taken back begins with, drafts too. */
const GONE = "Vanishing-Kx7Qm2Wz9";
const KEPT = "Remaining-Tn5Rb3Lc8";

/** The words of so many messages. */
const texts = (by: string) =>
  Array.from({ length: EACH }, (_, n) => `${GONE} ${by} ${String(n).padStart(3, "0")}`);

/** The number of the last of them. */
const LAST = String(EACH - 1).padStart(3, "0");

const hex = (keys: readonly Buffer[]) => keys.map((key) => key.toString("hex"));

/** How many messages a page shows as taken back. */
const recalled = (frame: Frame) =>
  frame.evaluate(() => {
    const client = window.rejoinderClient;
    const chat = client?.conversation(client.inbox.value[0]?.conversation ?? "");
    const messages = chat?.view.value?.timeline.messages ?? [];
    return messages.filter(({ words }) => words === "recalled").length;
  });

/** A page takes everything back that it wrote, but for what it wrote first. */
const takesAllBack = (frame: Frame) =>
  frame.evaluate(async () => {
    const client = window.rejoinderClient;
    const chat = client?.conversation(client.inbox.value[0]?.conversation ?? "");
    const me = client?.identity.value?.principal.participant;
    const messages = chat?.view.value?.timeline.messages ?? [];
    for (const { id } of messages.filter(({ author }) => author === me).slice(1)) {
      await chat?.recall(id);
    }
    await client?.settled();
  });

test("RE22 ST2 after recalls the raw disk below a browser's profile holds no word of them and no key", async ({
  stage,
}) => {
  const disk = Disk.make();
  if (typeof disk === "string") console.warn(`NOT RUN: the raw disk below a profile: ${disk}`);
  test.skip(typeof disk === "string", "only root mounts disks, where there are loop devices");
  if (typeof disk === "string") return;
  stage.atTheEnd(async () => disk.remove());
  test.setTimeout(MINUTES * 60_000);
  const line = await stage.line();
  const bo = await stage.agent("bo");
  let own = await OwnChromium.start(disk.place, disk.before);
  stage.atTheEnd(() => own.end());
  const people = async () => {
    const [context] = own.browser.contexts();
    if (context === undefined) throw new Error("Chromium has no window");
    const ann = await stage.visitor({ context, host: "localhost", server: line.address });
    const sue = new Desk(context, line, ann.painted, await context.newPage());
    const frames = () => [ann.frame(), sue.page.mainFrame()];
    const keys = async () => {
      const rings = await Promise.all(frames().map(keyrings));
      return rings.flat().flatMap(keysIn);
    };
    return { ann, sue, frames, keys };
  };
  const words = formsOf(GONE).map((form): [string, Buffer] => ["words", form]);
  const patterns = (keys: Iterable<Buffer>) =>
    new Patterns([...keys].flatMap((key) =>
      formsOfBytes(key).map((form): [string, Buffer] => [key.toString("hex"), form]),
    ).concat(words));

  // A visitor and an agent share this browser, so that both replicas lie on the disk.
  const before = await people();
  await before.ann.arrive();
  await before.ann.say(KEPT);
  await before.ann.hasSent(KEPT);
  const chat = await before.ann.conversation();
  await before.sue.logIn("sue@demo.example");
  await before.sue.read(KEPT);
  const kept = hex(await before.keys());
  const answers = await bo.sayAll(chat, texts("bo"));
  await expect(before.ann.row(`bo ${LAST}`)).toBeVisible();
  for (const text of texts("ann")) await before.ann.say(text);
  await before.ann.hasSent(`ann ${LAST}`);
  await expect(before.sue.message(`ann ${LAST}`)).toBeVisible();
  await before.ann.composer.fill(`${GONE} draft of ann`);
  await before.ann.draftIsKept(`${GONE} draft of ann`);
  await before.sue.composer.fill(`${GONE} draft of sue`);
  await before.sue.draftIsKept(`${GONE} draft of sue`);
  const all = await before.keys();
  expect(all.length).toBeGreaterThanOrEqual(EACH * 2);
  await own.end();
  await disk.unmounted();
  const sealed = patterns(all).find(disk.bytes());
  expect(sealed.has("words"), "sealed at rest").toBe(false);
  expect(sealed.size, "so the search can find: all keys in use are on the disk").toBe(all.length);

  own = await OwnChromium.start(disk.place, disk.before);
  const after = await people();
  await after.ann.arrive();
  await expect(after.ann.composer).toHaveValue(`${GONE} draft of ann`);
  await after.ann.composer.fill("");
  await after.ann.draftIsKept(null);
  await after.sue.page.goto(`${line.address}/desk`);
  await after.sue.read(GONE);
  await expect(after.sue.composer).toHaveValue(`${GONE} draft of sue`);
  await after.sue.composer.fill("");
  await after.sue.draftIsKept(null);
  await takesAllBack(after.ann.frame());
  await bo.recallAll(chat, answers);
  for (const frame of after.frames()) await expect.poll(() => recalled(frame)).toBe(EACH * 2);
  const going = hex(all).filter((key) => !kept.includes(key));
  const there = async () => hex(await after.keys()).filter((key) => going.includes(key));
  await expect.poll(there, "keys of what was taken back").toEqual([]);
  const left = hex(await after.keys());
  const shredded = all.filter((key) => !left.includes(key.toString("hex")));
  expect(shredded.length).toBeGreaterThanOrEqual(EACH * 2);
  // Nothing is asked to be written out before: what the keyrings do not hold is gone.
  expect([...patterns(shredded).find(disk.bytes())], "reported as erased").toEqual([]);
  await own.end();
  await disk.unmounted();
  const bytes = disk.bytes();
  expect([...patterns(shredded).find(bytes)], "at rest").toEqual([]);
  expect(patterns(left.map((key) => Buffer.from(key, "hex"))).find(bytes).size).toBe(left.length);
  console.log(`${EACH * 2} recalls, ${shredded.length} keys: nowhere on the disk`);
});
