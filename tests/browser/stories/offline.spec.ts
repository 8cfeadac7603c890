// Lines that are cut, tabs that are closed, recalls that happen meanwhile.
import { figure } from "../src/figure.ts";
import { destroyCores } from "../src/trap.ts";
import { expect, test } from "../src/stage.ts";
import type { Visitor } from "../src/visitor.ts";

test("SE14 UI1 an agent edits and recalls without a network; later both show the same", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.desk("sue");
  await ann.arrive();
  await ann.say("When do you open, asks a rowan.");
  await sue.read("rowan");
  for (const text of ["At nine, alder.", "Or at ten, aspen.", "Until six, acacia."]) {
    await sue.say(text);
  }
  await expect(ann.row("acacia")).toBeVisible();
  await sue.goOffline();
  await sue.edit("At nine, alder.", "At eight, osier.");
  await sue.recall("aspen");
  await expect(sue.report("unsent")).toHaveText(/not yet sent/);
  await ann.say("Thank you, says the rowan.");
  await ann.hasSent("Thank you");
  await expect(ann.row("alder")).toBeVisible();
  await expect(ann.row("aspen")).toBeVisible();

  await sue.goOnline();
  const end = ["When do you open, asks a rowan.", "At eight, osier.", "Until six, acacia.",
    "Thank you, says the rowan."];
  await expect(ann.messages).toHaveText(end);
  await expect(ann.removed).toHaveCount(1);
  await expect(sue.message("Thank you")).toBeVisible();
  await expect(sue.page.locator("article .words")).toHaveText(end);
  await expect(sue.removed).toHaveCount(1);
  await expect(sue.report("everywhere")).toBeVisible();
});

test("UI3 RE17 what was recalled while the visitor was away is painted in no frame", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.arrive();
  await ann.say("What is the code, please?");
  await ann.hasSent("the code");
  const chat = await ann.conversation();
  const recalled = await sue.say(chat, "The code is 4711 gooseberry.");
  const edited = await sue.say(chat, "Use it before Monday.");
  await expect(ann.row("Use it before Monday.")).toBeVisible();
  // So the log can see: it saw them.
  expect(ann.painted.has("gooseberry")).toBe(true);
  await ann.leave();
  await sue.recall(chat, recalled);
  await sue.edit(chat, edited, "Use it before Friday.");

  ann.painted.clear();
  await ann.comeBack();
  await expect(ann.row("Use it before Friday.")).toBeVisible();
  await expect(ann.removed).toHaveCount(1);
  expect(ann.painted.has("Use it before Friday.")).toBe(true);
  expect(ann.painted.has("gooseberry")).toBe(false);
  expect(ann.painted.has("before Monday")).toBe(false);
});

test("UI3 a recall reaches a chat that stayed open without a network as soon as it has one", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.arrive();
  await ann.say("Hello, sycamore.");
  await ann.hasSent("sycamore");
  const chat = await ann.conversation();
  const message = await sue.say(chat, "The price is 99 mulberries.");
  await expect(ann.row("mulberries")).toBeVisible();
  await ann.goOffline();
  await sue.recall(chat, message);
  await expect(ann.status).toContainText(/Offline\. As of \d/);
  await ann.goOnline();
  await expect(ann.removed).toHaveCount(1);
  await expect(ann.row("mulberries")).toHaveCount(0);
  ann.painted.clear();
  await ann.say("Thanks.");
  await ann.hasSent("Thanks.");
  expect(ann.painted.has("mulberries")).toBe(false);
});

test("UI2 UI1 words from before stand under a line that says as of when, or wait for the server", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.arrive();
  await ann.say("Is it open on Sundays, elder?");
  await ann.hasSent("elder");
  await sue.say(await ann.conversation(), "From ten on, hazel.");
  await expect(ann.row("hazel")).toBeVisible();
  await ann.leave();

  // The pages get through and the protocol does not: what there is comes from the store.
  ann.line.blockSockets();
  ann.painted.clear();
  await ann.visitUnasked();
  await ann.open();
  await expect(ann.row("hazel")).toBeVisible();
  await expect(ann.status).toContainText(/Offline\. As of \d\d:\d\d/);
  const words = ann.painted.at("hazel") ?? 0;
  expect(words).toBeGreaterThanOrEqual(ann.painted.at("As of") ?? Number.POSITIVE_INFINITY);
  const ran = await scriptRan(ann);
  figure("offline, the first words from the store after", words - ran, { aim: 100, bound: 2_000 });
  await ann.leave();

  ann.painted.clear();
  const pointed = await opensAsPeopleDo(ann);
  await expect(ann.row("hazel")).toBeVisible();
  figure("offline, after a click by somebody who points at the button first",
    (ann.painted.at("hazel") ?? 0) - pointed, { aim: 100, bound: 2_000 });
  await ann.leave();

  ann.line.mend();
  ann.line.delay = 50;
  ann.painted.clear();
  const clicked = await opensAsPeopleDo(ann);
  await expect(ann.row("hazel")).toBeVisible();
  await expect(ann.status).not.toContainText("As of");
  expect(ann.painted.has("As of")).toBe(false);
  figure("online, with 50 ms to the server, after such a click",
    (ann.painted.at("hazel") ?? 0) - clicked, { aim: 150, bound: 3_000 });
  await ann.leave();

  ann.painted.clear();
  await ann.visitUnasked();
  await ann.open();
  await expect(ann.row("hazel")).toBeVisible();
  await expect(ann.status).not.toContainText("As of");
  expect(ann.painted.has("As of")).toBe(false);
  figure("online, with 50 ms to the server, the first words after",
    (ann.painted.at("hazel") ?? 0) - (await scriptRan(ann)), { aim: 150, bound: 3_000 });
});

test("UI37 UI2 SE1 a chat that was open before opens without a network too", async ({ stage }) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.arrive();
  await ann.say("Do you ship to islands, larch?");
  await ann.hasSent("larch");
  await sue.say(await ann.conversation(), "To all of them, cedar.");
  await expect(ann.row("cedar")).toBeVisible();
  const kept = () => ann.frame().evaluate(async () => (await navigator.serviceWorker.ready).scope);
  expect(new URL(await kept()).pathname).toBe("/widget/");
  await ann.leave();

  await ann.visitAgain();
  ann.line.cut();
  await ann.context.setOffline(true);
  await ann.open();
  await expect(ann.row("cedar")).toBeVisible();
  await expect(ann.status).toContainText(/Offline\. As of \d\d:\d\d/);
  await ann.say("And how long does it take, rowan?");
  await ann.goOnline();
  await ann.hasSent("rowan");
  expect(ann.complaints.filter((one) => !/ERR_|Failed to load|fetch/.test(one))).toEqual([]);
});

/** Milliseconds between reaching a button and pressing it, for people who are quick. */
const POINTING_MILLIS = 200;

/** In a new tab: the pointer reaches the button, and presses it. When it did, by the clock. */
async function opensAsPeopleDo(ann: Visitor): Promise<number> {
  await ann.visitUnasked();
  await ann.launcher.hover();
  await new Promise((resolve) => setTimeout(resolve, POINTING_MILLIS));
  const at = Date.now();
  await ann.page.mouse.down();
  await ann.page.mouse.up();
  return at;
}

test("UI39 the frame comes as soon as somebody who was here before points at the button", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.visit();
  await ann.launcher.hover();
  await ann.page.waitForTimeout(300);
  await expect(ann.page.locator("iframe")).toHaveCount(0);
  await ann.open();
  await ann.say("Hello, spruce.");
  await ann.hasSent("spruce");
  await ann.leave();
  for (const sign of ["hover", "focus"] as const) {
    await ann.visitUnasked();
    await expect(ann.page.locator("iframe")).toHaveCount(0);
    await ann.launcher[sign]();
    await expect(ann.page.locator("iframe")).toHaveCount(1);
    await expect(ann.row("spruce")).toHaveCount(1);
    await expect(ann.row("spruce")).not.toBeVisible();
    await ann.open();
    await expect(ann.row("spruce")).toBeVisible();
    await ann.leave();
  }
});

/** When the app's script was there, by the clock of the page. */
function scriptRan(ann: Visitor): Promise<number> {
  return ann.frame().evaluate(() => {
    const script = document.querySelector<HTMLScriptElement>("script[src]")?.src ?? "";
    const [entry] = performance.getEntriesByName(script) as PerformanceResourceTiming[];
    return performance.timeOrigin + (entry?.responseEnd ?? 0);
  });
}

test("UI9 SE4 five messages written offline outlive their tab, and are sent once, in order", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Before the tunnel, juniper.");
  await ann.hasSent("juniper");
  const chat = await ann.conversation();
  await ann.goOffline();
  const written = [1, 2, 3, 4, 5].map((n) => `In the tunnel, ${n} of 5.`);
  for (const text of written) await ann.say(text);
  await expect(ann.chat.locator(".state.waiting")).toHaveCount(5);
  await ann.leave();
  await ann.goOnline();
  await ann.comeBack();
  for (const text of written) await ann.hasSent(text);
  await expect(ann.messages).toHaveText(["Before the tunnel, juniper.", ...written]);
  const sue = await stage.agent("sue");
  expect(await sue.texts(chat)).toEqual(["Before the tunnel, juniper.", ...written]);
});

test("UI10 two tabs show one chat; when the leading one is closed nothing is lost or doubled", async ({
  stage,
}) => {
  const first = await stage.visitor();
  const sue = await stage.agent("sue");
  await first.arrive();
  await first.say("From the first tab, willow.");
  await first.hasSent("willow");
  const chat = await first.conversation();
  const second = await first.otherTab();
  await expect(second.row("willow")).toBeVisible();
  await sue.say(chat, "An answer for both, poplar.");
  await expect(first.row("poplar")).toBeVisible();
  await expect(second.row("poplar")).toBeVisible();

  await first.goOffline();
  await expect(second.status).toContainText("Offline");
  await first.say("Waiting in the first, cedar.");
  await second.say("Waiting in the second, cypress.");
  await expect(second.row("cedar")).toBeVisible();
  await expect(first.row("cypress")).toBeVisible();
  await first.leave();
  await expect(second.row("cedar")).toBeVisible();
  await second.goOnline();
  await second.hasSent("cedar");
  await second.hasSent("cypress");
  await second.say("Afterwards, spruce.");
  await second.hasSent("spruce");
  expect(await sue.texts(chat)).toEqual([
    "From the first tab, willow.", "An answer for both, poplar.", "Waiting in the first, cedar.",
    "Waiting in the second, cypress.", "Afterwards, spruce.",
  ]);
});

test("ST8 UI9 the server is killed and comes back: nothing is lost, nothing doubled", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.desk("sue");
  await ann.arrive();
  await ann.say("Before it went, yarrow.");
  await sue.read("yarrow");
  const chat = await ann.conversation();
  await stage.server.kill();
  await expect(ann.status).toContainText("Offline");
  await ann.say("While it was gone, comfrey.");
  await sue.say("We are still here, betony.");
  await expect(ann.mark("comfrey", "waiting")).toBeVisible();
  await stage.server.again();
  await ann.hasSent("comfrey");
  await expect(ann.row("betony")).toBeVisible({ timeout: 40_000 });
  await expect(sue.message("comfrey")).toBeVisible();
  const bo = await stage.agent("bo");
  const texts = await bo.texts(chat);
  expect(texts.toSorted()).toEqual(
    ["Before it went, yarrow.", "We are still here, betony.", "While it was gone, comfrey."],
  );
});

test("UI9 a wiped store comes back from the server", async ({ stage }) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.arrive();
  await ann.say("Keep this for me, medick.");
  await ann.hasSent("medick");
  const chat = await ann.conversation();
  const gone = await sue.say(chat, "And this not, melilot.");
  await sue.say(chat, "We keep it, clover.");
  await sue.recall(chat, gone);
  await ann.leave();
  const page = await ann.context.newPage();
  const session = await ann.context.newCDPSession(page);
  await session.send("Storage.clearDataForOrigin", {
    origin: ann.line.address, storageTypes: "all",
  });
  await page.close();
  ann.painted.clear();
  await ann.comeBack();
  await expect(ann.messages).toHaveText(["Keep this for me, medick.", "We keep it, clover."]);
  await expect(ann.removed).toHaveCount(1);
  expect(ann.painted.has("melilot")).toBe(false);
});

test("UI18 SE3 a core that traps is started again from its store, with its outbox and drafts", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Before the trap, madder.");
  await ann.hasSent("madder");
  const chat = await ann.conversation();
  await ann.goOffline();
  await ann.say("Waiting one, woad.");
  await ann.say("Waiting two, weld.");
  await expect(ann.chat.locator(".state.waiting")).toHaveCount(2);
  await ann.composer.fill("Not sent, indigo");
  await ann.draftIsKept("Not sent, indigo");
  expect(await destroyCores(ann.page)).toBeGreaterThan(0);
  await ann.composer.pressSequentially("!");
  await expect(ann.notices).toContainText("The chat was restarted. Nothing you wrote is lost.");
  await expect(ann.row("woad")).toBeVisible();
  await expect(ann.composer).toHaveValue("Not sent, indigo!");
  await ann.say("After the trap, alkanet.");
  await ann.goOnline();
  const all = ["Before the trap, madder.", "Waiting one, woad.", "Waiting two, weld.",
    "Not sent, indigo!", "After the trap, alkanet."];
  await ann.hasSent("alkanet");
  const sue = await stage.agent("sue");
  expect(await sue.texts(chat)).toEqual(all.filter((text) => !text.includes("indigo")));
});
