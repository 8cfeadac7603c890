// The manuals' pictures: MANUAL=1 npx playwright test manual. They are looked at before they are kept.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import type { Desk } from "../src/desk.ts";
import { expect, test } from "../src/stage.ts";

const FOLDER = join(import.meta.dirname, "../../../docs/images");
const SIZE = { width: 1140, height: 690 };
const CALM = { viewport: SIZE, reducedMotion: "reduce" as const, colorScheme: "light" as const };

test.skip(!process.env.MANUAL, "pictures are made when they are asked for");

async function picture(of: Page | Locator, name: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await of.screenshot({ path: join(FOLDER, `${name}.png`), animations: "disabled", caret: "hide" });
}

/** Nobody is offered anything while pictures are made. */
async function away(desk: Desk): Promise<void> {
  await desk.page.getByRole("button", { name: /Your availability/ }).click();
  await desk.page.getByRole("menuitemradio", { name: "Away" }).click();
  await expect(desk.page.getByRole("button", { name: "Your availability: Away" })).toBeVisible();
}

test("UI22 UI23 UI25 the agents' manual has its pictures", async ({ stage }) => {
  test.slow();
  const login = await stage.emptyDesk(CALM);
  await login.page.goto(`${login.line.address}/desk`);
  await expect(login.page.getByLabel("Password")).toBeVisible();
  await picture(login.page, "log-in");
  const others = ["Do you deliver to Norway?", "My parcel has not arrived yet.", "Thank you!"];
  for (const text of others) {
    const visitor = await stage.visitor();
    await visitor.arrive();
    await visitor.say(text);
    await visitor.hasSent(text);
  }
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Hello, is the blue lamp in stock? I need it by Friday.");
  await ann.hasSent("blue lamp");
  const sue = await stage.desk("sue", CALM);
  await away(sue);
  await sue.read("blue lamp");
  await sue.take();
  await sue.say("Yes, we have **three**. Ordered today, it is with you on Thursday.");
  await sue.say("It costs 90.");
  await sue.edit("It costs 90.", "It costs 80 until Sunday.");
  await sue.page.keyboard.press("Alt+P");
  await sue.say("A regular customer: free delivery.");
  await sue.page.keyboard.press("Alt+L");
  await sue.choose("Priority", "High");
  await expect(sue.inboxRow("80 until")).toContainText("High");
  await picture(sue.page, "conversation");
  await sue.menu("It costs 80", "Recall");
  await expect(sue.question).toBeVisible();
  await picture(sue.page, "recall");
  await sue.page.keyboard.press("Escape");
  await sue.details.getByRole("tab", { name: "Shortcuts" }).click();
  await sue.details.getByRole("button", { name: "Add your own" }).click();
  await sue.details.getByLabel("Shortcut", { exact: true }).fill("return");
  await sue.details.getByLabel("Text", { exact: true }).fill("You can send it back for 30 days.");
  await sue.details.getByRole("button", { name: "Save", exact: true }).click();
  await expect(sue.details.getByText("/return")).toBeVisible();
  await sue.composer.fill("");
  await sue.composer.pressSequentially("/re");
  await expect(sue.page.getByRole("option").first()).toBeVisible();
  await picture(sue.page, "canned");
  await sue.composer.fill("");
  await sue.details.getByRole("tab", { name: "Details" }).click();
  await sue.more("New ticket");
  await sue.question.getByLabel("Subject").fill("Send a second lamp shade");
  await picture(sue.page, "ticket");
  await sue.question.getByRole("button", { name: "Create ticket" }).click();
  await sue.page.locator(".toast").getByRole("button").click();
  await sue.goOffline();
  await sue.say("I have put one aside for you.");
  await expect(sue.mark("aside", "waiting")).toBeVisible();
  await picture(sue.page, "offline");
  await sue.goOnline();
  await sue.page.getByRole("button", { name: /Your availability/ }).click();
  await sue.page.getByRole("menuitem", { name: "Why am I not getting chats?" }).click();
  await expect(sue.question).toContainText("You are away");
  await picture(sue.page, "why");
  await sue.page.keyboard.press("Escape");

  const bo = await stage.emptyDesk({ ...CALM, viewport: { width: 390, height: 760 } });
  await bo.logIn("bo@demo.example", "portal");
  await bo.page.getByRole("tab", { name: "All" }).click();
  await expect(bo.page.locator(".row-button").first()).toBeVisible();
  await picture(bo.page, "portal");
});

test("UI27 UI31 the admins' manual has its pictures", async ({ stage }) => {
  test.slow();
  stage.addAgent("Ines", "ines@demo.example", "supervisor");
  const sue = await stage.desk("sue", CALM);
  await away(sue);
  const { page } = sue;
  const shown = async (hash: string, what: Locator, name: string) => {
    await sue.go(hash);
    await expect(what.first()).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    await picture(page, name);
  };
  await shown("#/settings/agents", page.getByText("Supervisor"), "agents");
  await page.getByRole("button", { name: /Ines/ }).click();
  await page.getByRole("button", { name: "Make a link to choose a password" }).click();
  await expect(page.getByRole("heading", { name: "A link for Ines" })).toBeVisible();
  await picture(page, "invite");
  await sue.go("#/settings/sites");
  await page.getByRole("button", { name: /Demo shop/ }).click();
  await page.getByRole("button", { name: "Show the widget" }).click();
  const chat = page.frameLocator("iframe.preview").frameLocator("iframe");
  await expect(chat.locator("header .status")).toContainText(/online|away/);
  await picture(page, "site");
  await shown("#/settings/account", page.getByText("This browser"), "sessions");
  await shown("#/settings/audit", page.getByRole("listitem"), "audit");
  await shown("#/live", page.locator(".figure"), "live");
  await shown("#/reports", page.locator(".chart"), "reports");
});
