// What a browser leaves on the disk.
import { OwnChromium } from "../src/chromium.ts";
import { Desk } from "../src/desk.ts";
import { keysIn, keyrings } from "../src/keyring.ts";
import { filesWith, formsOf, formsOfBytes } from "../src/search.ts";
import { expect, test } from "../src/stage.ts";

const WORDS = "Vanishing-Kx7Qm2Wz9";
const DRAFT = "Unfinished-Jv4Tb8Rn3";

test("RE22 SE16 ST2 after a recall no file of the browser holds the words or their keys, nor a cleared draft", async ({
  stage,
}) => {
  // Two browsers are started, and every file of theirs is read.
  test.slow();
  const profile = stage.folder();
  const line = await stage.line();
  let own = await OwnChromium.start(profile);
  const people = async () => {
    const [context] = own.browser.contexts();
    if (context === undefined) throw new Error("Chromium has no window");
    const ann = await stage.visitor({ context, host: "localhost", server: line.address });
    const page = await context.newPage();
    return { ann, sue: new Desk(context, line, ann.painted, page) };
  };

  // A visitor and an agent share this browser, so that both replicas are looked through.
  const before = await people();
  await before.ann.arrive();
  await before.ann.say("What is it called, hyssop?");
  await before.ann.hasSent("hyssop");
  await before.sue.logIn("sue@demo.example");
  await before.sue.read("hyssop");
  await before.sue.say(WORDS);
  await expect(before.ann.row(WORDS)).toBeVisible();
  await before.ann.composer.fill(DRAFT);
  await before.ann.draftIsKept(DRAFT);
  await before.sue.composer.fill(DRAFT);
  await before.sue.draftIsKept(DRAFT);
  const kept = [...(await keyrings(before.ann.frame())), ...(await keyrings(before.sue.page.mainFrame()))];
  const keys = kept.flatMap(keysIn);
  await own.end();
  expect(keys.length).toBeGreaterThanOrEqual(6);
  for (const key of keys) {
    // So the search can find: while they are needed they are here.
    expect(filesWith(profile, formsOfBytes(key))).not.toEqual([]);
  }
  expect(filesWith(profile, formsOf(WORDS)), "sealed at rest").toEqual([]);
  expect(filesWith(profile, formsOf(DRAFT)), "sealed at rest").toEqual([]);

  own = await OwnChromium.start(profile);
  const after = await people();
  await after.ann.arrive();
  await expect(after.ann.composer).toHaveValue(DRAFT);
  await after.ann.composer.fill("");
  await after.ann.draftIsKept(null);
  await after.sue.page.goto(`${line.address}/desk`);
  await after.sue.read(WORDS);
  await expect(after.sue.composer).toHaveValue(DRAFT);
  await after.sue.composer.fill("");
  await after.sue.draftIsKept(null);
  await after.sue.recall(WORDS);
  await expect(after.ann.removed).toHaveCount(1);
  await expect(after.sue.report("everywhere")).toBeVisible();
  const left = [...(await keyrings(after.ann.frame())), ...(await keyrings(after.sue.page.mainFrame()))]
    .flatMap(keysIn).map((key) => key.toString("hex"));
  await own.end();

  const erased = keys.filter((key) => !left.includes(key.toString("hex")));
  // The recalled words' on both replicas, and both drafts'.
  expect(erased.length).toBeGreaterThanOrEqual(4);
  for (const key of erased) expect(filesWith(profile, formsOfBytes(key))).toEqual([]);
  expect(filesWith(profile, formsOf(WORDS))).toEqual([]);
  expect(filesWith(profile, formsOf(DRAFT))).toEqual([]);
});
