// Asks axe about every page with the scripted client: `npm run axe`, after a build with `--fake`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PORT = 4318;
const server = await serve("dist-fake", PORT);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--no-first-run"],
});
const found = [];

async function open(options) {
  const { width = 1440, height = 900, scheme = "light", locale = "en" } = options;
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce", bypassCSP: true,
    serviceWorkers: "block",
  });
  await context.addInitScript((id) => {
    localStorage.setItem("rejoinder desk settings", JSON.stringify({ tab: "all", locale: id }));
    sessionStorage.setItem("fake identity", "yes");
  }, locale);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${PORT}/desk`);
  await page.waitForSelector(".shell");
  await page.evaluate(axe);
  return page;
}

async function look(page, name) {
  await page.waitForTimeout(250);
  const { violations } = await page.evaluate(() => window.axe.run(document, {
    resultTypes: ["violations"],
  }));
  for (const { id, impact, help, nodes } of violations) {
    found.push({ name, id, impact, help, where: nodes.slice(0, 3).map(({ target }) => target[0]) });
  }
}

const LOOKS = { light: {}, dark: { scheme: "dark" }, rtl: { locale: "ar" },
  phone: { width: 390, height: 780 } };
for (const [look_, options] of Object.entries(LOOKS)) {
  const page = await open(options);
  const at = async (hash, name, then) => {
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await page.waitForTimeout(150);
    await then?.();
    await look(page, `${name} ${look_}`);
  };
  await look(page, `inbox ${look_}`);
  for (const [hash, name] of [["/tickets", "tickets"], ["/history", "history"],
    ["/search", "search"], ["/settings/sites", "sites"], ["/settings/sites/new", "new site"],
    ["/settings/agents", "agents"], ["/settings/agents/new", "new agent"],
    ["/settings/categories", "categories"], ["/settings/canned", "canned"],
    ["/settings/audit", "audit"]]) {
    await at(hash, name);
  }
  await at("/tickets", "ticket", () => page.click(".list-row >> nth=0"));
  await at("", "conversation", async () => {
    await page.evaluate(() => {
      const { offers, inbox } = window.rejoinderClient;
      offers.set([{ conversation: inbox.value[2].conversation, until: Date.now() + 40_000 }]);
    });
    await page.click(".row-button >> nth=0");
    await page.waitForSelector(".composer");
    await page.keyboard.press("Control+F");
    await page.fill(".find-bar input", "express");
  });
  await page.keyboard.press("Escape");
  await page.setInputFiles(".composer input[type=file]", [
    { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") },
    { name: "b.exe", mimeType: "application/octet-stream", buffer: Buffer.from("b") },
  ]);
  await look(page, `picked files ${look_}`);
  await page.click(".picture-box >> nth=-1");
  await look(page, `large view ${look_}`);
  await page.keyboard.press("Escape");
  await page.click("textarea[name=composer]");
  await page.keyboard.type("/");
  await look(page, `canned list ${look_}`);
  await page.keyboard.press("Escape");
  if (look_ !== "phone") {
    await page.click("#details-tab-shortcuts");
    await look(page, `shortcuts ${look_}`);
    await page.click(".availability .menu-button");
    await look(page, `availability ${look_}`);
    await page.keyboard.press("Escape");
  }
  await page.context().close();
}
await browser.close();
server.close();
for (const { name, id, impact, help, where } of found) {
  console.log(`${impact} ${id} (${name}): ${help}\n    ${where.join("\n    ")}`);
}
const grave = found.filter(({ impact }) => impact === "serious" || impact === "critical");
console.log(`${found.length} found, ${grave.length} of them serious`);
process.exitCode = grave.length > 0 ? 1 : 0;
