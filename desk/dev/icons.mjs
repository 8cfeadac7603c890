// Draws the icons' bitmaps from the one drawing: `node dev/icons.mjs`.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const icons = fileURLToPath(new URL("../public/icons/", import.meta.url));
const svg = readFileSync(`${icons}desk.svg`, "utf8").replace('rx="15"', 'rx="0"');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"],
});
for (const size of [192, 512]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw}</style>${svg}`);
  writeFileSync(`${icons}desk-${size}.png`, await page.screenshot({ type: "png" }));
}
await browser.close();
