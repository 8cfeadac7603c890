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
    await page.fill("textarea[name=composer]", "Warehouse says **yes**: size L is there.");
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
    await page.fill("textarea[name=composer]", "x".repeat(10_003));
    await shot(page, "too-long");
  },
  async offline() {
    const page = await open({});
    await first(page);
    await page.evaluate(() => window.rejoinderClient.goOffline());
    await page.fill("textarea[name=composer]", "I will answer as soon as the train is out of the tunnel.");
    await page.keyboard.press("Enter");
    await page.waitForTimeout(100);
    await shot(page, "offline");
  },
  async collision() {
    const page = await open({});
    await page.click(".row-button >> nth=2");
    const id = await page.evaluate(() => location.hash.split("/")[2]);
    await page.fill("textarea[name=composer]", "Yes, rust is back in stock since Monday.");
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
    await page.fill("textarea[name=composer]", "One that waits.");
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
      document.querySelector("textarea[name=composer]").dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    });
    await page.waitForTimeout(100);
    await shot(page, "card");
  },
  async agent() {
    const page = await open({});
    await first(page);
    await page.keyboard.press("Control+F");
    await page.fill(".find-bar input", "express");
    await page.waitForTimeout(150);
    await shot(page, "find");
    await page.keyboard.press("Escape");
    await page.fill("textarea[name=composer]", "Please check the label.");
    await page.locator("textarea[name=composer]").evaluate((area) => area.setSelectionRange(7, 12));
    await page.click('.format [aria-label="Bold"]');
    await page.selectOption(".collaborators select", { index: 1 });
    await page.fill("textarea[name=pinned-note]", "Prefers e-mail after 18:00.");
    await page.click('.pinned .button:has-text("Save Note")');
    await page.waitForTimeout(150);
    await shot(page, "formatted");
    await page.click('.sort .menu-button[title="Filters"]');
    await page.waitForTimeout(100);
    await shot(page, "filters");
    await page.click('.menu-item:has-text("Urgent")');
    await page.waitForTimeout(100);
    await shot(page, "filtered");
  },
  async canned() {
    const page = await open({});
    await first(page);
    await page.waitForTimeout(200);
    await page.click("textarea[name=composer]");
    await page.keyboard.type("/");
    await page.waitForTimeout(100);
    await shot(page, "slash");
    await page.keyboard.type("ret");
    await page.keyboard.press("Enter");
    await page.waitForTimeout(100);
    await page.click("#details-tab-shortcuts");
    await page.click('.shortcuts .button:has-text("Add your own")');
    await page.fill("#shortcut", "return");
    await page.fill("#canned-text", "Another text.");
    await page.click('.shortcuts .button:has-text("Save")');
    await page.waitForTimeout(100);
    await shot(page, "shortcuts");
    await page.fill("textarea[name=composer]", "");
    await page.keyboard.type("@a");
    await page.waitForTimeout(100);
    await shot(page, "mention-reply");
    await page.keyboard.press("Enter");
    await page.waitForTimeout(200);
    await page.keyboard.type("please look at this.");
    await page.keyboard.press("Enter");
    await page.click("#details-tab-details");
    await page.locator(".details-body").evaluate((body) => body.scrollTo(0, 2000));
    await page.waitForTimeout(100);
    await shot(page, "mentioned");
  },
  async pages() {
    for (const [look, options] of Object.entries({
      wide: {}, dark: { scheme: "dark" }, rtl: { settings: { locale: "ar" } },
      900: { width: 900 }, 390: { width: 390, height: 780 },
    })) {
      const page = await open(options);
      const at = async (hash, name) => {
        await page.evaluate((to) => {
          location.hash = to;
        }, hash);
        await page.waitForTimeout(250);
        await shot(page, `page-${name}-${look}`);
      };
      await at("/tickets", "tickets");
      await page.click(".list-row >> nth=0");
      await page.waitForTimeout(100);
      await shot(page, `page-ticket-${look}`);
      await at("/history", "history");
      await at("/search", "search");
      await page.fill("[name=search-words]", "parcel");
      await page.keyboard.press("Enter");
      await page.waitForTimeout(150);
      await shot(page, `page-found-${look}`);
      await at("/settings/sites", "sites");
      await page.click(".list-row >> nth=0");
      await page.waitForTimeout(150);
      await page.fill("#allowed_origins", "larch.example");
      await page.click(".settings-form [type=submit]");
      await page.waitForTimeout(150);
      await shot(page, `page-site-${look}`);
      await at("/settings/agents", "agents");
      await page.click(".list-row >> nth=1");
      await page.waitForTimeout(150);
      await shot(page, `page-agent-${look}`);
      await at("/settings/categories", "categories");
      await at("/settings/canned", "canned");
      await at("/settings/audit", "audit");
      await page.context().close();
    }
  },
  async offers() {
    const page = await open({});
    await page.evaluate(() => {
      const { offers, notifications, inbox } = window.rejoinderClient;
      const [, second, third] = inbox.value;
      offers.set([{ conversation: second.conversation, until: Date.now() + 47_000 }]);
      notifications.set([
        { number: 3, conversation: third.conversation, kind: "mention", message: null,
          at: Date.now() - 60_000 },
        { number: 4, conversation: second.conversation, kind: "assigned", message: null,
          at: Date.now() - 600_000 },
      ]);
    });
    await page.click(".notices .menu-button");
    await page.waitForTimeout(100);
    await shot(page, "offer");
    await page.keyboard.press("Escape");
    await page.click(".availability .menu-button");
    await page.waitForTimeout(100);
    await shot(page, "availability");
    await page.click('.menu-item:has-text("Why am I")');
    await page.waitForTimeout(250);
    await shot(page, "why");
    const phone = await open({ width: 390, height: 780 });
    await phone.evaluate(() => {
      const { offers, inbox } = window.rejoinderClient;
      offers.set(inbox.value.slice(1, 4).map(({ conversation }) => ({ conversation, until: null })));
    });
    await phone.waitForTimeout(100);
    await shot(phone, "390-offer");
  },
  async link() {
    for (const [name, token] of [["link", "one-time-token-4711"], ["link-dead", "another-token"]]) {
      const page = await open({ login: false });
      await page.goto("about:blank");
      await page.goto(`${URL_DESK}#/link/${token}`);
      await page.waitForSelector(".login-card");
      await page.waitForTimeout(150);
      if (name === "link") {
        await page.fill("#password", "short");
        await page.click("[type=submit]");
        await page.waitForTimeout(100);
      }
      await shot(page, name);
    }
  },
  async ticket() {
    const page = await open({});
    await first(page);
    await page.evaluate(() => window.rejoinderClient.goOffline());
    await page.click('[aria-label="More actions"]');
    await page.click('.menu-item:has-text("New ticket")');
    await page.waitForSelector(".ticket-dialog");
    await page.waitForTimeout(100);
    await page.click(".ticket-dialog [type=submit]");
    await page.waitForTimeout(150);
    await shot(page, "ticket-dialog");
    await page.fill("#ticket-subject", "Send the right size");
    await page.click(".ticket-dialog [type=submit]");
    await page.waitForTimeout(150);
    await page.click('.rail-item[title="Tickets"]');
    await page.waitForTimeout(250);
    await shot(page, "tickets-offline");
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
