// The frame that is made before anybody asks for it, for those who are likely to.
import { figure } from "../src/figure.ts";
import { expect, test } from "../src/stage.ts";
import { stopwatch, timed } from "../src/stopwatch.ts";
import { UNREAD, type Visitor } from "../src/visitor.ts";

/** How long a click may take on a machine that does other things besides. */
const BOUND = { aim: 100, bound: 1_000 };

test("UI39 UI2 who has an open chat finds its words there when they click, with and without a network", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.context.addInitScript(stopwatch);
  await ann.arrive();
  await ann.say("Do you mend clocks, hornbeam?");
  await ann.hasSent("hornbeam");
  await sue.say(await ann.conversation(), "On Tuesdays, whitebeam.");
  await expect(ann.row("whitebeam")).toBeVisible();
  await ann.leave();

  ann.line.delay = 50;
  await ann.visitAgain();
  await isReady(ann, "whitebeam");
  await ann.isLive();
  const online = await opensAtOnce(ann, "whitebeam");
  figure("online, with 50 ms to the server, a click by somebody with an open chat", online, BOUND);
  await ann.isLive();
  await ann.leave();

  ann.line.delay = 0;
  await ann.visitAgain();
  await isReady(ann, "whitebeam");
  await ann.goOffline();
  await expect(ann.status).toContainText(/Offline\. As of \d\d:\d\d/);
  const offline = await opensAtOnce(ann, "whitebeam");
  figure("without a network, a click by somebody with an open chat", offline, BOUND);
  await ann.goOnline();
  await ann.leave();

  // Also where the page came without the protocol ever getting through.
  ann.line.blockSockets();
  await ann.visitAgain();
  await isReady(ann, "whitebeam");
  await expect(ann.status).toContainText(/Offline\. As of \d\d:\d\d/);
  await opensAtOnce(ann, "whitebeam");
});

test("UI39 WP24 who never wrote, and whose last chat is closed, gets neither frame nor core", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.visit();
  await restsWithoutFrame(ann);
  await ann.open();
  await ann.isLive();
  await ann.leave();
  await comesAndIsAsked(ann);
  await restsWithoutFrame(ann);

  await ann.open();
  await ann.say("It rings no more, medlar.");
  await ann.hasSent("medlar");
  const chat = await ann.conversation();
  await ann.leave();
  // So the story can see one: with an open chat it comes.
  await comesAndIsAsked(ann);
  await isReady(ann, "medlar");
  await ann.leave();
  await sue.close(chat);
  await comesAndIsAsked(ann);
  await restsWithoutFrame(ann);
  await ann.open();
  await expect(ann.row("medlar")).toBeVisible();
});

test("UI39 UI3 UI1 what was recalled while a visitor was away is painted in no frame that is made early", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.arrive();
  await ann.say("And the alarm, service?");
  await ann.hasSent("service");
  const chat = await ann.conversation();
  const recalled = await sue.say(chat, "It rings at 5, bilberry.");
  const edited = await sue.say(chat, "Then at 6, cloudberry.");
  await expect(ann.row("cloudberry")).toBeVisible();
  expect(ann.painted.has("bilberry")).toBe(true);
  await ann.leave();
  await sue.recall(chat, recalled);
  await sue.edit(chat, edited, "Then at 7, crowberry.");

  ann.painted.clear();
  await ann.visitAgain();
  await isReady(ann, "crowberry");
  await expect(ann.removed).toHaveCount(1);
  // Nobody has opened it, and it was carried out here.
  const later = await sue.say(chat, "Never at 8, dewberry.");
  await expect(ann.row("dewberry")).toHaveCount(1);
  await sue.recall(chat, later);
  await expect(ann.removed).toHaveCount(2);
  expect(ann.painted.has("dewberry")).toBe(true);
  ann.painted.clear();
  await ann.open();
  await expect(ann.row("crowberry")).toBeVisible();
  for (const gone of ["bilberry", "cloudberry", "dewberry"]) {
    expect(ann.painted.has(gone), gone).toBe(false);
  }
});

test("UI39 UI4 a frame that is made early takes no focus, moves nothing and marks nothing as seen", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.desk("sue");
  await ann.arrive();
  await ann.say("Is the cuckoo included, rowan?");
  await ann.hasSent("rowan");
  await sue.read("rowan");
  await ann.leave();
  await sue.say("It is extra, sorrel.");

  let go = () => {};
  const ready = new Promise<void>((resolve) => {
    go = resolve;
  });
  ann.page = await ann.context.newPage();
  const asked: string[] = [];
  await ann.page.route(`**${UNREAD}`, async (route) => {
    asked.push(route.request().url());
    await ready;
    await route.continue();
  });
  await ann.visit();
  await ann.page.evaluate(() => {
    const field = document.createElement("input");
    const tall = document.createElement("div");
    tall.style.height = "4000px";
    document.body.append(field, tall);
    field.focus();
    field.value = "clocks";
    scrollTo(0, 300);
  });
  const place = () =>
    ann.page.evaluate(() => ({
      focus: document.activeElement?.localName,
      has: document.hasFocus(),
      scroll: scrollY,
      height: document.documentElement.scrollHeight,
      width: document.documentElement.scrollWidth,
    }));
  const before = await place();
  expect([before.focus, before.scroll]).toEqual(["input", 300]);
  await ann.page.screenshot({ path: test.info().outputPath("before.png") });
  go();
  await isReady(ann, "sorrel");
  await expect(ann.badge).toHaveText("1");
  // Live: nobody asks for it any more.
  await sue.say("But it sings, borage.");
  await expect(ann.badge).toHaveText("2");
  expect(asked).toHaveLength(1);
  expect(await place()).toEqual(before);
  await ann.page.keyboard.type("!");
  await expect(ann.page.locator("input")).toHaveValue("clocks!");
  await ann.page.screenshot({ path: test.info().outputPath("after.png") });
  for (const text of ["sorrel", "borage"]) await expect(sue.mark(text, "sent")).toBeVisible();

  // Typing has brought the field into sight.
  const { scroll } = await place();
  const { x = 0, y = 0 } = (await ann.launcher.boundingBox()) ?? {};
  await ann.page.mouse.click(x + 10, y + 10);
  await expect(ann.composer).toBeFocused();
  for (const text of ["sorrel", "borage"]) await expect(sue.mark(text, "seen")).toBeVisible();
  expect((await place()).scroll).toBe(scroll);
});

test("UI39 a page that cannot be seen is not asked for, and a browser that saves data gets no frame", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Until then, linden.");
  await ann.hasSent("linden");
  await ann.leave();

  ann.page = await ann.context.newPage();
  // A browser without a screen has no tabs behind others: the page is told so in its place.
  await ann.page.addInitScript(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  });
  const asked: string[] = [];
  ann.page.on("request", (request) => asked.push(request.url()));
  await ann.visit();
  await restsWithoutFrame(ann);
  expect(asked.filter((url) => url.endsWith(UNREAD))).toEqual([]);
  await ann.page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => false });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await isReady(ann, "linden");
  await ann.leave();

  ann.page = await ann.context.newPage();
  const session = await ann.context.newCDPSession(ann.page);
  const saves = { dataSaverEnabled: true } as never;
  await session.send("Emulation.setDataSaverOverride" as never, saves);
  await comesAndIsAsked(ann, () => ann.visit());
  await restsWithoutFrame(ann);
  await ann.launcher.hover();
  await isReady(ann, "linden");
});

/** Words are there, and nobody sees them. */
async function isReady(ann: Visitor, words: string): Promise<void> {
  await expect(ann.page.locator("iframe")).toHaveCount(1);
  await expect(ann.row(words)).toHaveCount(1);
  await expect(ann.row(words)).not.toBeVisible();
}

/** Milliseconds from the click to the frame after the one that shows what it opens. */
async function opensAtOnce(ann: Visitor, words: string): Promise<number> {
  const before = await ann.row(words).elementHandle();
  const [took = 0] = await timed(ann.page, 1, () => ann.launcher.click());
  // They were there before, and did not come anew.
  expect(await before?.isVisible()).toBe(true);
  return took;
}

/** On a page that has heard whether its visitor may want the chat. */
async function comesAndIsAsked(ann: Visitor, comes = () => ann.visitAgain()): Promise<void> {
  const answered = ann.context.waitForEvent("response", (one) => one.url().endsWith(UNREAD));
  await comes();
  await (await answered).finished();
}

/** The page has loaded and rests, and nothing came of the chat but its button. */
async function restsWithoutFrame(ann: Visitor): Promise<void> {
  const fetched = await ann.page.evaluate(async () => {
    // After whoever waited for this before.
    for (let turn = 0; turn < 3; turn += 1) {
      await new Promise((resolve) => requestIdleCallback(resolve));
    }
    return performance.getEntriesByType("resource").map(({ name }) => name);
  });
  await expect(ann.launcher).toBeVisible();
  await expect(ann.page.locator("iframe")).toHaveCount(0);
  expect(fetched.filter((name) => /\.wasm|\/widget\//.test(name))).toEqual([]);
}
