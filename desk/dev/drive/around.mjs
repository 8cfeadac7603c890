// Stories around a conversation: formatting, following, pinned notes, mentions, searching, closing.
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
const COMPOSER = "textarea[name=composer]";
const count = (page, selector, wanted) => page.waitForFunction(([what, n]) =>
  document.querySelectorAll(what).length === n, [selector, wanted]);

async function choose(page, from, to) {
  await page.locator(COMPOSER).evaluate((area, [a, b]) => area.setSelectionRange(a, b), [from, to]);
}

async function formats(sue) {
  step("what is chosen becomes bold, by key and by button, and undo takes it back");
  await sue.fill(COMPOSER, "On its way today.");
  await choose(sue, 11, 16);
  await sue.keyboard.press("Control+B");
  assert.equal(await sue.inputValue(COMPOSER), "On its way **today**.");
  await sue.keyboard.press("Control+Z");
  assert.equal(await sue.inputValue(COMPOSER), "On its way today.");
  await choose(sue, 11, 16);
  await sue.click('.format [aria-label="Bold"]');
  await sue.keyboard.press("Enter");
  await seen(sue, '.from-agent strong:has-text("today")');
}

async function follows(sue) {
  step("a priority is shown in the inbox, and teammates are added and removed");
  await sue.selectOption('.picker[aria-label="Priority"]', "urgent");
  await seen(sue, ".row .chip-priority-urgent");
  await sue.click('.collaborators .link:has-text("Follow")');
  await seen(sue, '.collaborators li:has-text("You")');
  await sue.selectOption(".collaborators select", { index: 1 });
  await count(sue, ".collaborators li", 2);
  await sue.click('.collaborators .link:has-text("Stop")');
  await count(sue, ".collaborators li", 1);
}

async function pins(sue) {
  step("a pinned note's draft outlives a reload, and the note stays in sight");
  await sue.fill("textarea[name=pinned-note]", "Prefers e-mail.");
  await sue.waitForTimeout(900);
  await sue.reload();
  await sue.waitForFunction(() =>
    document.querySelector("textarea[name=pinned-note]")?.value === "Prefers e-mail.");
  assert.equal(await sue.locator(".decision").count(), 0);
  await sue.click('.pinned .button:has-text("Save Note")');
  await seen(sue, '.pinned-note:has-text("Prefers")');
  await seen(sue, ".pinned-mark");
  await sue.waitForFunction(() =>
    document.querySelector("textarea[name=pinned-note]").value === "");
}

async function mentions(sue, visitor, conversation) {
  step("a mention in a reply becomes one in a note, which the visitor never sees");
  await sue.click(COMPOSER);
  await sue.keyboard.type("Hi @a");
  await seen(sue, ".suggestion");
  await shot(sue, "mention");
  await sue.keyboard.press("Enter");
  await seen(sue, ".composer-note");
  await sue.waitForTimeout(300);
  await sue.keyboard.type("have a look");
  assert.match(await sue.inputValue(COMPOSER), /^@\[Ann\]\(participant:[0-9a-f-]{36}\) have a look$/);
  await sue.keyboard.press("Enter");
  await seen(sue, ".from-note .mention");
  await visitor("settle");
  const said = JSON.stringify(await visitor("view", { conversation }));
  assert.doesNotMatch(said, /have a look|Prefers/);
}

async function finds(sue) {
  step("words are found and marked, and filters say what they hide");
  await sue.keyboard.press("Control+F");
  await sue.fill(".find-bar input", "parcel");
  await seen(sue, ".from-visitor mark");
  await sue.keyboard.press("Escape");
  await count(sue, "mark", 0);
  await sue.click('.menu-button[title="Filters"]');
  await sue.click('.menu-item:has-text("Low")');
  assert.match(await sue.textContent(".filtered"), /1 hidden by filters/);
  await sue.click(".filtered .link");
  await count(sue, ".filtered", 0);
}

async function closes(sue) {
  step("closing asks what is easily forgotten, until told never to");
  await sue.keyboard.press("Alt+E");
  await seen(sue, ".advice");
  await sue.click(".advice input");
  await shot(sue, "close-advice");
  await sue.click(".modal .danger");
  await seen(sue, ".conversation-head .chip-closed");
}

try {
  await world.serve();
  const sue = await world.desk();
  await logIn(sue, world.url, "sue@demo.example");
  await seen(sue, ".pill-live");
  const visitor = await world.person("visitor");
  const { conversation } = await visitor("begin", { text: "Where is my **parcel**?" });
  const row = `.row-button[data-conversation="${conversation}"]`;
  await seen(sue, row);
  await sue.click(row);
  await sue.click('.conversation-actions .button:has-text("Take")');
  await seen(sue, '.system-line:has-text("took")');
  await formats(sue);
  await follows(sue);
  await pins(sue);
  await mentions(sue, visitor, conversation);
  await finds(sue);
  await closes(sue);
  console.log("all told");
} catch (error) {
  const page = world.contexts[0]?.pages()[0];
  if (page) {
    await shot(page, "failed");
  }
  console.error(error);
  process.exitCode = 1;
} finally {
  await world.end();
  console.log([...new Set(world.complaints)].join("\n") || "no complaints");
}
