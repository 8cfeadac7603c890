// Stories in which things cross on their way: recalls while away, claims, edits, two tabs.
import { strict as assert } from "node:assert";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { logIn, World } from "./cast.mjs";

const shots = fileURLToPath(new URL("../../dist-fake/real/", import.meta.url));
mkdirSync(shots, { recursive: true });
const world = new World(4400 + Math.floor(Math.random() * 400));
const shot = (page, name) => page.screenshot({ path: `${shots}${name}.png` });
const step = (said) => console.log(`- ${said}`);
const seen = (page, selector, timeout = 15_000) => page.waitForSelector(selector, { timeout });
const bubble = (text) => `.bubble:has-text("${text}")`;
const row = (conversation) => `.row-button[data-conversation="${conversation}"]`;
const offline = (page) => page.evaluate(() => window.rejoinderClient.goOffline());
const online = (page) => page.evaluate(() => window.rejoinderClient.goOnline());
const say = async (page, text) => {
  await page.fill("textarea[name=composer]", text);
  await page.keyboard.press("Enter");
};

/** Keeps every text that was ever on the page, also for one frame. */
const watchEveryText = () => {
  window.everSeen = [];
  const look = () => window.everSeen.push(document.body?.innerText ?? "", document.title);
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, characterData: true,
  });
};

async function recalledWhileAway(page, ann, conversation) {
  step("what was recalled while the desk was closed is painted in no frame");
  const { message } = await ann("send", { conversation, text: "The code is heron." });
  await ann("settle");
  await seen(page, bubble("heron"));
  await page.waitForFunction(() => window.rejoinderClient.waiting.value === 0);
  await page.waitForTimeout(500);
  const address = page.url();
  await page.goto("about:blank");
  await ann("recall", { conversation, message });
  await ann("settle");
  await page.addInitScript(watchEveryText);
  await page.goto(address);
  await seen(page, ".message.is-recalled");
  await page.waitForTimeout(500);
  const all = await page.evaluate(() => window.everSeen.join("\n"));
  assert.ok(all.length > 500, "the observer saw the page");
  assert.doesNotMatch(all, /heron/);

  step("nor when it is recalled while another conversation is on screen");
  const { message: second } = await ann("send", { conversation, text: "The code is egret." });
  await ann("settle");
  await seen(page, bubble("egret"));
  await page.keyboard.press("Alt+J");
  await page.waitForFunction((id) => !location.hash.includes(id), conversation);
  await ann("recall", { conversation, message: second });
  await ann("settle");
  await page.waitForTimeout(400);
  await page.evaluate(() => {
    window.everSeen = [];
  });
  await page.click(row(conversation));
  await page.waitForFunction(() => document.querySelectorAll(".is-recalled").length === 2);
  assert.doesNotMatch(await page.evaluate(() => window.everSeen.join("\n")), /egret/);
}

async function presence(sue, ann, conversation) {
  step("who views and types is told to the other");
  await ann.click(row(conversation));
  await seen(sue, '.viewers:has-text("Ann is viewing")');
  await ann.click("textarea[name=composer]");
  await ann.keyboard.type("Hm");
  await seen(sue, '.typing:has-text("Ann is typing")');
  await shot(sue, "presence");
  await ann.fill("textarea[name=composer]", "");
}

async function claims(sue, ann, conversation) {
  step("of two claims the second is told who has it");
  await sue.click(row(conversation));
  await ann.click(row(conversation));
  await seen(ann, '.button:has-text("Take")');
  await offline(ann);
  await ann.click('.button:has-text("Take")');
  await sue.click('.button:has-text("Take")');
  await seen(sue, '.system-line:has-text("You took")');
  await online(ann);
  await seen(ann, '.decision:has-text("Not taken: Sue")');
  await shot(ann, "claim-refused");
  await ann.click('.decision .button:has-text("Dismiss")');
  await ann.waitForFunction(() => document.querySelectorAll(".decision").length === 0);
}

async function lostEdit(first, second, conversation) {
  step("an edit that lost to a newer one is kept for its author");
  await first.click(row(conversation));
  await say(first, "We close at six.");
  await seen(first, `.message:has(${bubble("at six")}) [data-state=sent]`);
  await second.click(row(conversation));
  await seen(second, bubble("at six"));
  await offline(second);
  for (const [page, text] of [[first, "We close at seven."], [second, "We close at eight."]]) {
    const message = page.locator(`.message:has(${bubble("at six")})`).last();
    await message.hover();
    await message.locator(".menu-button").click();
    await page.click('.menu-item:has-text("Edit")');
    await page.fill("textarea[name=composer]", text);
    await page.keyboard.press("Enter");
    await seen(page, bubble(text));
  }
  await online(second);
  const loser = await Promise.any([first, second].map((page) =>
    seen(page, ".decision", 10_000).then(() => page)));
  await loser.waitForTimeout(200);
  await shot(loser, "lost-edit");
  assert.match(await loser.textContent(".decision"), /lost to a newer one/);
  await loser.click('.decision .button:has-text("Discard")');
  await loser.waitForFunction(() => document.querySelectorAll(".decision").length === 0);
}

async function recalledWhileEdited(sue, phone, conversation) {
  step("a message that is recalled elsewhere while it is edited leaves no word in the composer");
  await sue.click(row(conversation));
  await say(sue, "The code is stork.");
  await seen(sue, `.message:has(${bubble("stork")}) [data-state=sent]`);
  await sue.press("textarea[name=composer]", "ArrowUp");
  await seen(sue, ".editing-line");
  await sue.keyboard.type(" Really.");
  await phone.click(row(conversation));
  const message = phone.locator(`.message:has(${bubble("stork")})`).last();
  await message.hover();
  await message.locator(".menu-button").click();
  await phone.click('.menu-item:has-text("Recall")');
  await phone.click(".modal .danger");
  await sue.waitForFunction(() => !document.querySelector(".editing-line"));
  assert.equal(await sue.inputValue("textarea[name=composer]"), "");
  assert.doesNotMatch(await sue.evaluate(() => document.body.innerText), /stork|Really/);
  await shot(sue, "recalled-while-edited");
}

async function closeMeets(sue, visitor, conversation) {
  step("closing offline meets what the visitor wrote meanwhile, and asks");
  await sue.click(row(conversation));
  await offline(sue);
  await sue.keyboard.press("Alt+E");
  await sue.click(".modal .danger");
  await visitor("send", { conversation, text: "Wait, one more question!" });
  await visitor("settle");
  await online(sue);
  await seen(sue, '.decision:has-text("It was not closed")');
  await shot(sue, "close-collided");
  await sue.click('.decision .button:has-text("Leave it")');
  await sue.waitForFunction(() => document.querySelectorAll(".decision").length === 0);
  assert.equal(await sue.locator(".chip-closed").count(), 0);
}

async function tabs(sue) {
  step("a second tab of one browser shows the same, and log-out ends both");
  const other = await sue.context().newPage();
  world.listen(other);
  await other.goto(`${world.url}/portal`);
  await seen(other, ".row-button");
  await seen(other, ".pill-live");
  await sue.click(".account .menu-button");
  await sue.click('.menu-item:has-text("Log out")');
  await seen(sue, ".login");
  await seen(other, ".login");
  await shot(other, "other-tab");
}

async function outage() {
  step("a server that is down is told at log-in, with what to do");
  const page = await world.desk({ profile: "fresh" });
  await page.goto(`${world.url}/desk`);
  await seen(page, ".login");
  await world.stop();
  await page.fill("#email", "sue@demo.example");
  await page.fill("#password", "a demo for everybody");
  await page.click("button[type=submit]");
  await seen(page, ".failure:not(:empty)", 25_000);
  assert.match(await page.textContent(".failure"), /cannot be reached/);
  await world.serve();

  step("and so are too many tries");
  for (let tries = 0; tries < 14; tries += 1) {
    await page.fill("#password", `wrong ${tries}`);
    await page.click("button[type=submit]");
    await seen(page, '[type=submit][aria-disabled="false"]');
    if (/Too many/.test(await page.textContent(".failure"))) {
      await shot(page, "too-many");
      return;
    }
  }
  assert.fail("never told of too many tries");
}

try {
  await world.serve();
  const sue = await world.desk();
  await logIn(sue, world.url, "sue@demo.example");
  const visitor = await world.person("visitor");
  const other = await world.person("other");
  const { conversation: first } = await visitor("begin", { text: "Is somebody there?" });
  const { conversation: second } = await other("begin", { text: "Do you ship to Norway?" });
  await seen(sue, row(first));
  await seen(sue, row(second));
  await sue.click(row(first));
  await seen(sue, bubble("somebody there"));
  const ann = await world.person("ann", "ann@demo.example");
  await ann("open", { conversation: first });
  await recalledWhileAway(sue, ann, first);
  const annsDesk = await world.desk();
  await logIn(annsDesk, world.url, "ann@demo.example");
  await seen(annsDesk, row(first));
  await presence(sue, annsDesk, first);
  await claims(sue, annsDesk, second);
  const suesPhone = await world.desk({ profile: "phone" });
  await logIn(suesPhone, world.url, "sue@demo.example");
  await lostEdit(sue, suesPhone, second);
  await recalledWhileEdited(sue, suesPhone, second);
  await closeMeets(sue, other, second);
  await tabs(sue);
  await outage();
  console.log("all told");
} catch (error) {
  for (const [at, context] of world.contexts.entries()) {
    for (const page of context.pages()) {
      await shot(page, `failed-${at}`).catch(() => undefined);
    }
  }
  console.error(error);
  process.exitCode = 1;
} finally {
  await world.end();
  console.log([...new Set(world.complaints)].join("\n") || "no complaints");
}
