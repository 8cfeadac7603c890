// Takes pictures of the desk with its scripted client: `npm run screenshots`.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const out = fileURLToPath(new URL("../dist-fake/shots/", import.meta.url));
mkdirSync(out, { recursive: true });
const server = await serve("dist-fake", 4319);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--no-first-run"],
});
const complaints = [];
const URL_DESK = "http://127.0.0.1:4319/desk";

async function open({ width = 1440, height = 900, settings = {}, login = true, scheme = "light" }) {
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: 1,
    serviceWorkers: "block", reducedMotion: "reduce",
  });
  await context.addInitScript(([kept, isIn]) => {
    localStorage.setItem("rejoinder desk settings", JSON.stringify(kept));
    if (isIn) {
      sessionStorage.setItem("fake identity", "yes");
    }
  }, [{ tab: "all", ...settings }, login]);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(URL_DESK);
  await page.waitForSelector(login ? ".shell" : ".login");
  return page;
}

const shot = (page, name) => page.screenshot({ path: `${out}${name}.png` });
const first = (page) => page.click(".row-button >> nth=0");
const last = '.from-agent:not(.is-recalled) >> nth=-1';

async function menu(page, item) {
  await page.hover(last);
  await page.click(`${last} >> .menu-button`);
  if (item) {
    await page.click(`.menu-item:has-text("${item}")`);
  }
}

const scenes = {
  async login() {
    const page = await open({ login: false });
    await shot(page, "login");
    await page.fill("#email", "mira@shop.example");
    await page.fill("#password", "wrong");
    await page.click("button[type=submit]");
    await page.waitForSelector(".failure:not(:empty)");
    await shot(page, "login-wrong");
  },
  async inbox() {
    await shot(await open({}), "inbox");
  },
  async conversation() {
    const page = await open({});
    await first(page);
    await shot(page, "conversation");
    await menu(page);
    await shot(page, "menu");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Alt+P");
    await page.fill("textarea", "Warehouse says **yes**: size L is there.");
    await shot(page, "note");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Alt+L");
    await page.keyboard.press("ArrowUp");
    await page.waitForTimeout(50);
    await shot(page, "edit");
    await page.keyboard.press("Escape");
    await menu(page, "Recall");
    await page.waitForTimeout(100);
    await shot(page, "recall-question");
    await page.click(".modal .danger");
    await page.waitForTimeout(150);
    await shot(page, "recall-report");
    await page.fill("textarea", "x".repeat(10_003));
    await shot(page, "too-long");
  },
  async offline() {
    const page = await open({});
    await first(page);
    await page.evaluate(() => window.rejoinderClient.goOffline());
    await page.fill("textarea", "I will answer as soon as the train is out of the tunnel.");
    await page.keyboard.press("Enter");
    await page.waitForTimeout(100);
    await shot(page, "offline");
  },
  async collision() {
    const page = await open({});
    await page.click(".row-button >> nth=2");
    const id = await page.evaluate(() => location.hash.split("/")[2]);
    await page.fill("textarea", "Yes, rust is back in stock since Monday.");
    await page.keyboard.press("Enter");
    await page.evaluate((conversation) => window.rejoinderClient.alter(conversation, (view) => {
      const messages = view.timeline.messages.map((message, i, all) => i < all.length - 1 ? message
        : { ...message, at: null, seq: null, delivery: { collided: { operation: "o" } } });
      return { ...view, timeline: { ...view.timeline, messages } };
    }), id);
    await page.waitForTimeout(100);
    await shot(page, "collision");
    await page.evaluate((conversation) => window.rejoinderClient.alter(conversation, (view) => ({
      ...view,
      timeline: { ...view.timeline, messages: view.timeline.messages.slice(0, -1) },
      drafts: [{ kind: "timeline", message: view.timeline.messages[1].id, text: "Let me look." }],
      outbox: [
        { operation: "p", kind: "timeline", what: "assign", message: null,
          delivery: { refused: { operation: "p", code: "already_claimed" } } },
        { operation: "q", kind: "timeline", what: "close", message: null,
          delivery: { collided: { operation: "q" } } },
      ],
    })), id);
    await page.waitForTimeout(100);
    await shot(page, "decisions");
  },
  async logout() {
    const page = await open({});
    await first(page);
    await page.evaluate(() => window.rejoinderClient.goOffline());
    await page.fill("textarea", "One that waits.");
    await page.keyboard.press("Enter");
    await page.click(".account .menu-button");
    await page.click('.menu-item:has-text("Log out")');
    await page.waitForTimeout(100);
    await shot(page, "logout");
    await page.click('.modal .button:has-text("Cancel")');
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.setData("text/plain", "4111 1111 1111 1111");
      data.setData("text/html", "<b>4111</b>");
      document.querySelector("textarea").dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await page.waitForTimeout(100);
    await shot(page, "card");
  },
  async sheets() {
    const page = await open({});
    await first(page);
    await page.keyboard.press("Control+K");
    await page.waitForTimeout(100);
    await shot(page, "palette");
    await page.keyboard.press("Escape");
    await page.click('.rail-item[title="Keyboard shortcuts"]');
    await shot(page, "help");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Alt+E");
    await shot(page, "close-question");
    await page.keyboard.press("Escape");
    await page.click(".account .menu-button");
    await shot(page, "account");
  },
  async dark() {
    const page = await open({ scheme: "dark" });
    await first(page);
    await shot(page, "dark");
    await page.keyboard.press("Alt+P");
    await shot(page, "dark-note");
  },
  async rtl() {
    const page = await open({ settings: { locale: "ar" } });
    await first(page);
    await shot(page, "rtl");
  },
  async narrow() {
    const page = await open({ width: 900 });
    await first(page);
    await shot(page, "900");
    await page.click('[aria-label="Details"]');
    await page.waitForTimeout(250);
    await shot(page, "900-drawer");
    const phone = await open({ width: 390, height: 780 });
    await shot(phone, "390-inbox");
    await first(phone);
    await shot(phone, "390-conversation");
    await phone.click('[aria-label="Back to the inbox"]');
    await phone.click(".row-button >> nth=1");
    await phone.click('[aria-label="More actions"]');
    await shot(phone, "390-take");
    const tablet = await open({ width: 1024, height: 768 });
    await tablet.click(".row-button >> nth=1");
    await shot(tablet, "1024");
  },
};

const asked = process.argv.slice(2);
for (const [name, scene] of Object.entries(scenes)) {
  if (asked.length === 0 || asked.includes(name)) {
    await scene();
  }
}
await browser.close();
server.close();
console.log(complaints.length > 0 ? [...new Set(complaints)].join("\n") : "no complaints");
