// Plays the desk's stories against the real server: `npm run drive`, after both are built.
import { strict as assert } from "node:assert";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { logIn, PASSWORD, World } from "./cast.mjs";

const shots = fileURLToPath(new URL("../../dist-fake/real/", import.meta.url));
mkdirSync(shots, { recursive: true });
const world = new World(4400 + Math.floor(Math.random() * 400));
const shot = (page, name) => page.screenshot({ path: `${shots}${name}.png` });
const step = (said) => console.log(`- ${said}`);
const say = async (page, text) => {
  await page.fill("textarea[name=composer]", text);
  await page.keyboard.press("Enter");
};
const bubble = (text) => `.bubble:has-text("${text}")`;
const seen = (page, selector, timeout = 10_000) => page.waitForSelector(selector, { timeout });
const pill = (page, state) => seen(page, `.pill-${state}`, 30_000);

async function messageMenu(page, text, item) {
  const row = page.locator(`.message:has(${bubble(text)})`).last();
  await row.hover();
  await row.locator(".menu-button").click();
  await page.click(`.menu-item:has-text("${item}")`);
}

async function conversationOf(visitor, text) {
  return (await visitor("begin", { text })).conversation;
}

async function words(visitor, conversation) {
  await visitor("settle");
  return visitor("view", { conversation });
}

async function logInBadly(page) {
  step("a wrong password is told, and not kept");
  await page.goto(`${world.url}/desk`);
  await seen(page, ".login");
  await shot(page, "login");
  await page.fill("#email", "sue@demo.example");
  await page.fill("#password", "not the password");
  await page.click("button[type=submit]");
  await seen(page, ".failure:not(:empty)", 20_000);
  assert.match(await page.textContent(".failure"), /wrong/);
  assert.equal(await page.inputValue("#password"), "");
  await shot(page, "login-wrong");
}

async function everyday(page, visitor) {
  step("a visitor's message appears, is taken, answered, edited and recalled");
  const conversation = await conversationOf(visitor, "Hello, is the *blue* one in stock?");
  await seen(page, `.row-button[data-conversation="${conversation}"]`);
  await page.waitForTimeout(300);
  await shot(page, "inbox");
  await page.click(`.row-button[data-conversation="${conversation}"]`);
  await seen(page, bubble("in stock?"));
  await page.click('.conversation-actions .button:has-text("Take")');
  await seen(page, '.system-line:has-text("took the conversation")');
  await say(page, "Yes, three of them.");
  await seen(page, `.message:has(${bubble("three of them")}) [data-state=sent]`);
  await say(page, "The secret word is albatross.");
  await seen(page, `.message:has(${bubble("albatross")}) [data-state=sent]`);
  await page.fill("textarea[name=composer]", "");
  await page.keyboard.press("ArrowUp");
  await page.fill("textarea[name=composer]", "The secret word is pelican.");
  await shot(page, "edit");
  await page.keyboard.press("Enter");
  await seen(page, `.message:has(${bubble("pelican")}) .edited`);
  assert.match(JSON.stringify(await words(visitor, conversation)), /pelican/);
  await page.keyboard.press("Alt+P");
  await page.waitForTimeout(50);
  await page.keyboard.type("Only **we** see this.");
  await shot(page, "note");
  await page.keyboard.press("Enter");
  await seen(page, ".from-note strong:has-text('we')");
  await shot(page, "conversation");
  await messageMenu(page, "pelican", "Recall");
  await seen(page, ".modal");
  await shot(page, "recall-question");
  await page.click(".modal .danger");
  await seen(page, "[data-report]");
  await page.waitForTimeout(800);
  await shot(page, "recall-report");
  const said = JSON.stringify(await words(visitor, conversation));
  assert.doesNotMatch(said, /pelican|albatross|Only/);
  await seen(page, "[data-report=everywhere]");
  return conversation;
}

async function offline(page, visitor, conversation) {
  step("offline the desk opens, writes, recalls; back online everything is sent once");
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.waitForTimeout(1500);
  await world.stop();
  await pill(page, "offline");
  await page.keyboard.press("Alt+L");
  await page.waitForTimeout(50);
  await say(page, "Written in the tunnel.");
  await seen(page, `.message:has(${bubble("tunnel")}) [data-state=waiting]`);
  await messageMenu(page, "three of them", "Recall");
  await page.click(".modal .danger");
  await seen(page, "[data-report=unsent]");
  await page.fill("textarea[name=composer]", "a draft that stays");
  await page.waitForTimeout(600);
  await shot(page, "offline");
  await page.reload();
  await seen(page, ".shell", 20_000);
  await seen(page, bubble("tunnel"), 20_000);
  assert.equal(await page.inputValue("textarea[name=composer]"), "a draft that stays");
  await shot(page, "offline-opened");
  await page.goto(`${world.url}/portal`);
  await seen(page, ".row-button", 20_000);
  await page.goto(`${world.url}/desk#/c/${conversation}`);
  await seen(page, bubble("tunnel"), 20_000);
  await world.serve();
  await pill(page, "live");
  await seen(page, `.message:has(${bubble("tunnel")}) :is([data-state=sent], [data-state=seen])`,
    30_000);
  const said = JSON.stringify(await words(visitor, conversation));
  assert.equal(said.split("tunnel").length - 1, 1);
  assert.doesNotMatch(said, /three of them/);
  await page.fill("textarea[name=composer]", "");
}

async function collision(page, conversation, ann) {
  step("a reply that meets another agent's is asked about");
  await page.evaluate(() => window.rejoinderClient.goOffline());
  await pill(page, "offline");
  await say(page, "We open at nine.");
  await seen(page, `.message:has(${bubble("at nine")}) [data-state=waiting]`);
  await ann("open", { conversation });
  await ann("send", { conversation, text: "We open at ten on Sundays." });
  await ann("settle");
  await page.evaluate(() => window.rejoinderClient.goOnline());
  await seen(page, ".decision", 30_000);
  await page.waitForTimeout(300);
  await shot(page, "collision");
  await page.click('.decision .button:has-text("Send anyway")');
  await seen(page, `.message:has(${bubble("at nine")}) [data-state=sent]`);
  assert.equal(await page.locator(".decision").count(), 0);
}

async function looks(page, conversation) {
  step("it looks well in the dark, from right to left, and on a phone");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForTimeout(200);
  await shot(page, "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.click(".account .menu-button");
  await page.click('.menu-item:has-text("العربية")');
  await page.waitForTimeout(300);
  await shot(page, "rtl");
  await page.click(".account .menu-button");
  await page.click('.menu-item:has-text("English")');
  for (const [width, height] of [[900, 900], [390, 780]]) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(200);
    await shot(page, String(width));
  }
  await page.click('[aria-label="Back to the inbox"]');
  await page.waitForTimeout(200);
  await shot(page, "390-inbox");
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.click(`.row-button[data-conversation="${conversation}"]`);
}

async function closing(page, visitor, conversation) {
  step("closing asks once, and is final");
  await page.keyboard.press("Alt+E");
  await seen(page, ".modal");
  await shot(page, "close-question");
  await page.click(".modal .danger");
  await seen(page, ".chip-closed");
  await visitor("send", { conversation, text: "One more thing." });
  await visitor("settle");
  await page.keyboard.press("Alt+P");
  await page.waitForTimeout(200);
  await shot(page, "closed");
}

async function leaving(page) {
  step("logging out with waiting work warns first");
  await page.evaluate(() => window.rejoinderClient.goOffline());
  await pill(page, "offline");
  await say(page, "A note that waits.");
  await seen(page, `.message:has(${bubble("note that waits")}) [data-state=waiting]`);
  await page.click(".account .menu-button");
  await page.click('.menu-item:has-text("Log out")');
  await seen(page, ".modal");
  await shot(page, "logout");
  await page.click('.modal .button:has-text("Cancel")');
  await page.evaluate(() => window.rejoinderClient.goOnline());
  await pill(page, "live");
  await page.waitForFunction(() => window.rejoinderClient.waiting.value === 0);
  await page.click(".account .menu-button");
  await page.click('.menu-item:has-text("Log out")');
  await seen(page, ".login", 20_000);
  await shot(page, "logged-out");

  step("logging in again needs no reload; without a network one can log out as well");
  await page.fill("#email", "sue@demo.example");
  await page.fill("#password", PASSWORD);
  await page.click("button[type=submit]");
  await seen(page, ".shell", 20_000);
  await pill(page, "live");
  await page.evaluate(() => window.rejoinderClient.goOffline());
  await pill(page, "offline");
  await page.click(".account .menu-button");
  await page.click('.menu-item:has-text("Log out")');
  await seen(page, ".modal");
  await shot(page, "logout-offline");
  await page.click(".modal .danger");
  await seen(page, ".login", 20_000);
  await page.reload();
  await seen(page, ".login");
}

try {
  await world.serve();
  const page = await world.desk();
  await logInBadly(page);
  await logIn(page, world.url, "sue@demo.example");
  await pill(page, "live");
  const visitor = await world.person("visitor");
  const conversation = await everyday(page, visitor);
  await offline(page, visitor, conversation);
  const ann = await world.person("ann", "ann@demo.example");
  await collision(page, conversation, ann);
  await looks(page, conversation);
  await closing(page, visitor, conversation);
  await leaving(page);
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
