// Former words of edited messages, on a site that keeps them for its team.
import { join } from "node:path";
import { seriousIn } from "../src/axe.ts";
import { Agent } from "../src/agent.ts";
import type { Desk } from "../src/desk.ts";
import { expect, type Stage, test } from "../src/stage.ts";

const FOLDER = join(import.meta.dirname, "../screenshots");
const shot = (name: string) => ({ path: join(FOLDER, `${name}.png`), animations: "disabled" as const });

const dialog = (desk: Desk) => desk.page.getByRole("dialog", { name: "Former words" });
const listed = (desk: Desk) => dialog(desk).getByRole("listitem");

/** A visitor of a site that keeps former words, and an agent who has answered and edited twice. */
async function edited(stage: Stage, ...settings: string[]) {
  const site = stage.addSite("Feijoas", "--any-origin", "--visitor-edit", "on", ...settings);
  const ann = await stage.visitor({ site });
  await ann.arrive();
  await ann.say("What is it, please?");
  const sue = await stage.colleague("Sue", "supervisor", { site });
  await sue.read("What is it");
  await sue.say("It is 90, tamarillo.");
  await expect(ann.row("tamarillo")).toBeVisible();
  await sue.edit("tamarillo", "It is 80, feijoa.");
  await sue.edit("feijoa", "It is 70, rambutan.");
  await expect(ann.row("rambutan")).toBeVisible();
  return { site, ann, sue };
}

test("UI40 RE24 the team reads former words on demand, and the visitor never", async ({ stage }) => {
  const { ann, sue } = await edited(stage, "--keep-former-words", "on");
  await sue.menu("rambutan", "Former words");
  await expect(listed(sue)).toHaveCount(2);
  await expect(listed(sue).nth(0)).toContainText("It is 80, feijoa.");
  await expect(listed(sue).nth(0).locator("strong").first()).toHaveText("You");
  await expect(listed(sue).nth(0).getByRole("time")).toHaveCount(1);
  await expect(listed(sue).nth(1)).toContainText("It is 90, tamarillo.");
  expect(await seriousIn(sue.page)).toEqual([]);
  await sue.page.keyboard.press("Escape");
  await expect(dialog(sue)).toHaveCount(0);

  // By keyboard from the mark, and back to it.
  const mark = sue.message("rambutan").getByRole("button", { name: "edited" });
  await mark.focus();
  await sue.page.keyboard.press("Enter");
  await expect(listed(sue)).toHaveCount(2);
  await dialog(sue).getByRole("button", { name: "Close" }).click();
  await expect(mark).toBeFocused();

  // They are with the server: without a network none stand there, and none are kept.
  await mark.click();
  await expect(listed(sue)).toHaveCount(2);
  await sue.goOffline();
  await expect(dialog(sue)).toContainText("connect to read them");
  await expect(listed(sue)).toHaveCount(0);
  await sue.goOnline();
  await expect(listed(sue)).toHaveCount(2);
  await sue.page.keyboard.press("Escape");
  await sue.edit("rambutan", "It is 60, acerola.");
  await sue.menu("acerola", "Former words");
  await expect(listed(sue)).toHaveCount(3);
  await expect(listed(sue).nth(0)).toContainText("rambutan");

  await ann.row("acerola").hover();
  await expect(ann.chat.getByText("tamarillo")).toHaveCount(0);
  await expect(ann.chat.getByText("Former")).toHaveCount(0);
  await expect(ann.row("acerola").locator("button", { hasText: "edited" })).toHaveCount(0);
});

test("UI3 UI40 a recall takes former words off the screen in the frame in which it is told", async ({
  stage,
}) => {
  const { ann, sue } = await edited(stage, "--keep-former-words", "on");
  await sue.menu("rambutan", "Former words");
  await expect(listed(sue)).toHaveCount(2);
  await sue.page.evaluate(() => {
    const watched = window as unknown as { both: string[] };
    watched.both = [];
    const look = () => {
      const shown = document.querySelector("dialog.former")?.textContent ?? "";
      const told = document.querySelector("article.is-recalled");
      if (told && /feijoa|tamarillo/.test(shown)) watched.both.push(shown);
      requestAnimationFrame(look);
    };
    look();
  });
  const chat = await ann.conversation();
  const message = await sue.message("rambutan").getAttribute("data-message");
  const elsewhere = await Agent.logIn(stage.server.address, sue.email);
  stage.atTheEnd(() => elsewhere.leave());
  await elsewhere.recall(chat, message ?? "");
  await expect(sue.removed).toHaveCount(1);
  await expect(dialog(sue)).toHaveCount(0);
  sue.painted.clear();
  const seen = await sue.page.evaluate(() => (window as unknown as { both: string[] }).both);
  expect(seen).toEqual([]);
  await expect(sue.page.getByText("edited")).toHaveCount(0);
  await expect(ann.removed).toHaveCount(1);
  await sue.page.reload();
  await expect(sue.removed).toHaveCount(1);
  for (const word of ["tamarillo", "feijoa", "rambutan"]) {
    expect(sue.painted.has(word)).toBe(false);
  }
});

test("UI40 RE28 an admin turns it on and off, and the form says what it means", async ({
  stage: given,
}) => {
  const stage = await given.apart();
  const { site, sue } = await edited(stage);
  await expect(sue.message("rambutan").getByText("edited")).toBeVisible();
  await expect(sue.message("rambutan").getByRole("button", { name: "edited" })).toHaveCount(0);
  const ada = await stage.colleague("Ada", "admin");
  await ada.go(`#/settings/sites/${site}`);
  const keep = ada.page.getByRole("checkbox", { name: "Keep the former words of edited messages" });
  await expect(keep).not.toBeChecked();
  await expect(keep).toHaveAccessibleDescription(/until the message is recalled.*are erased/);
  const saves = async () => {
    const saved = ada.page.waitForResponse((answer) => answer.request().method() === "PATCH");
    await ada.page.getByRole("button", { name: "Save", exact: true }).click();
    expect((await saved).status()).toBe(200);
  };
  await keep.check();
  await keep.scrollIntoViewIfNeeded();
  await ada.page.screenshot(shot("former-setting"));
  await saves();

  await sue.page.reload();
  await sue.edit("rambutan", "It is 50, marang.");
  await sue.menu("marang", "Former words");
  await expect(listed(sue)).toHaveText([/rambutan/, /not kept/, /not kept/]);
  await sue.page.keyboard.press("Escape");
  await keep.uncheck();
  await saves();
  await sue.page.reload();
  await expect(sue.message("marang").getByText("edited")).toBeVisible();
  await expect(sue.message("marang").getByRole("button", { name: "edited" })).toHaveCount(0);
  // The server has what was kept no more, soon after.
  await expect.poll(() => stage.administer("verify")).not.toContain("former words");
});

for (const [scheme, language, width] of [
  ["light", "en", 1280], ["dark", "en", 1280], ["dark", "ar", 1280], ["light", "ar", 390],
] as const) {
  test(`UI21 former words, ${scheme}, ${language}, ${width} wide`, async ({ stage }) => {
    const { site } = await edited(stage, "--keep-former-words", "on");
    const browser = { colorScheme: scheme, reducedMotion: "reduce" as const };
    const sue = await stage.colleague("Nora", "supervisor", { site, browser });
    await sue.read("rambutan");
    if (language === "ar") {
      await sue.page.locator(".account .menu-button").click();
      await sue.page.locator(".menu-item").filter({ hasText: "العربية" }).click();
      await expect(sue.page.locator("html")).toHaveAttribute("dir", "rtl");
    }
    await sue.page.setViewportSize({ width, height: 780 });
    await sue.message("rambutan").hover();
    await sue.page.screenshot(shot(`former-mark-${scheme}-${language}-${width}`));
    await sue.message("rambutan").locator("button.edited").click();
    await expect(sue.page.locator(".former-list li")).toHaveCount(2);
    await sue.page.screenshot(shot(`former-${scheme}-${language}-${width}`));
    expect(await sue.page.evaluate(() => document.documentElement.scrollWidth))
      .toBeLessThanOrEqual(width);
    expect(await seriousIn(sue.page)).toEqual([]);
  });
}
