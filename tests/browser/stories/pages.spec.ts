// Every page of the desk: what axe finds on it, and that it fits a phone.
import { seriousIn } from "../src/axe.ts";
import type { Desk } from "../src/desk.ts";
import { expect, test } from "../src/stage.ts";

const PAGES = [
  "", "#/tickets", "#/history", "#/live", "#/reports", "#/search", "#/settings/sites",
  "#/settings/sites/new", "#/settings/agents", "#/settings/agents/new", "#/settings/categories",
  "#/settings/canned", "#/settings/audit", "#/settings/account",
];
const NARROW = { width: 390, height: 780 };

async function look(desk: Desk): Promise<void> {
  for (const hash of PAGES) {
    await desk.go(hash);
    // Something of the page itself is there, and nothing is on its way.
    await expect(desk.page.locator("h1:visible, h2:visible").first()).toBeVisible();
    await expect(desk.page.locator("[aria-busy=true]")).toHaveCount(0);
    expect(await seriousIn(desk.page), hash).toEqual([]);
    const wide = await desk.page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide, hash).toBeLessThanOrEqual(desk.page.viewportSize()?.width ?? 0);
  }
}

for (const [scheme, locale, viewport] of [
  ["light", "en", null], ["dark", "ar", null], ["light", "ar", NARROW], ["dark", "en", NARROW],
] as const) {
  test(`UI29 UI21 axe finds nothing serious on any page, ${scheme}, ${locale}${
    viewport ? ", narrow" : ""}`, async ({ stage }) => {
    const ann = await stage.visitor();
    await ann.arrive();
    await ann.say("Which lamp is the brightest, sedge?");
    await ann.hasSent("sedge");
    const sue = await stage.desk("sue", { colorScheme: scheme, reducedMotion: "reduce" });
    await sue.read("sedge");
    await sue.take();
    await sue.say("The **red** one, rush.");
    await sue.page.keyboard.press("Alt+P");
    await sue.say("A note, reed.");
    await expect(sue.page.locator(".from-note")).toBeVisible();
    if (locale === "ar") {
      await sue.page.getByRole("button", { name: "Account and settings" }).click();
      await sue.page.getByRole("menuitemradio", { name: "العربية" }).click();
      await expect(sue.page.locator("html")).toHaveAttribute("dir", "rtl");
    }
    if (viewport) await sue.page.setViewportSize(viewport);
    expect(await seriousIn(sue.page), "a conversation").toEqual([]);
    await look(sue);
  });
}
