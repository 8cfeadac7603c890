// Screenshots, for people to look at: into screenshots/.
import { join } from "node:path";
import { expect, test } from "../src/stage.ts";

const FOLDER = join(import.meta.dirname, "../screenshots");
const shot = (name: string) => ({ path: join(FOLDER, `${name}.png`), animations: "disabled" as const });

for (const scheme of ["light", "dark"] as const) {
  for (const language of ["en", "ar"]) {
    test(`UI21 widget and desk, ${scheme}, ${language}`, async ({ stage }) => {
      const browser = {
        colorScheme: scheme, reducedMotion: "reduce" as const,
        locale: language === "ar" ? "ar-EG" : "en-GB",
      };
      const ann = await stage.visitor({ language, browser });
      const sue = await stage.desk("sue", { ...browser, locale: "en-GB" });
      const arabic = language === "ar";
      const say = arabic
        ? ["مرحبًا، هل المصباح متوفر؟", "نعم، لدينا ثلاثة.", "السعر 90", "السعر 80 فقط."]
        : ["Hello, is the lamp in stock?", "Yes, we have **three**.", "It is 90", "It is 80 now."];
      await ann.arrive();
      await ann.say(say[0] ?? "");
      await sue.read(say[0] ?? "");
      await sue.take();
      await sue.say(say[1] ?? "");
      await sue.say(say[2] ?? "");
      await expect(ann.row(say[2] ?? "")).toBeVisible();
      await sue.edit(say[2] ?? "", say[3] ?? "");
      await sue.say("4711");
      await expect(ann.row("4711")).toBeVisible();
      await sue.recall("4711");
      await expect(ann.removed).toHaveCount(1);
      await expect(sue.report("everywhere")).toBeVisible();
      await sue.page.keyboard.press("Alt+P");
      await expect(sue.page.getByRole("button", { name: "Add note" })).toBeVisible();
      await sue.say("A *regular* customer.");
      await expect(sue.page.locator(".from-note")).toBeVisible();
      if (arabic) {
        await sue.page.locator(".account .menu-button").click();
        await sue.page.locator(".menu-item").filter({ hasText: "العربية" }).click();
        await expect(sue.page.locator("html")).toHaveAttribute("dir", "rtl");
      }
      await ann.page.screenshot(shot(`widget-${scheme}-${language}`));
      await sue.page.screenshot(shot(`desk-${scheme}-${language}`));
      for (const page of [ann.page, sue.page]) {
        await page.setViewportSize({ width: 390, height: 780 });
        const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
        await expect.poll(wide).toBeLessThanOrEqual(390);
      }
      await ann.page.screenshot(shot(`widget-${scheme}-${language}-narrow`));
      await sue.page.screenshot(shot(`desk-${scheme}-${language}-narrow`));
      await ann.page.setViewportSize({ width: 320, height: 568 });
      for (const part of [ann.composer, ann.chat.locator(".send"), ann.chat.locator("header")]) {
        const edges = () => part.evaluate((element) => {
          const { left, right } = element.getBoundingClientRect();
          return left >= 0 && right <= 320;
        });
        await expect.poll(edges).toBe(true);
      }
      await ann.page.setViewportSize({ width: 390, height: 780 });
      await ann.context.setOffline(true);
      ann.line.cut();
      await ann.say(say[0] ?? "");
      await expect(ann.chat.locator(".state.waiting")).toBeVisible();
      await ann.page.screenshot(shot(`widget-${scheme}-${language}-offline`));
    });
  }
}
