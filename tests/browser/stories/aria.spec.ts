// What assistive technology is told of every page of desk and widget, and that axe finds nothing.
import type { Locator, Page } from "@playwright/test";
import { DemoServer } from "../../../client-sdk/js/tests/server.ts";
import { seriousIn } from "../src/axe.ts";
import type { Desk } from "../src/desk.ts";
import { expect, type Stage, test as base } from "../src/stage.ts";
import type { Visitor } from "../src/visitor.ts";

/** With a server of its own: what other stories leave behind would stand in the pages. */
const test = base.extend<object, { server: DemoServer }>({
  server: [
    async ({ browserName: _ }, use) => {
      const server = await DemoServer.start();
      await use(server);
      await server.end();
    },
    { scope: "worker" },
  ],
});

test.describe.configure({ timeout: 90_000 });

async function matches(on: Locator, name: string): Promise<void> {
  await expect(on).toMatchAriaSnapshot({ name: `${name}.aria.yml` });
}

async function body(page: Page, name: string): Promise<void> {
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await matches(page.locator("body"), name);
}

async function talk(stage: Stage): Promise<{ ann: Visitor; sue: Desk }> {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Is the **red** lamp in stock, clover?");
  await ann.hasSent("clover");
  const agent = await stage.agent("sue");
  const id = await ann.frame().evaluate(() =>
    window.rejoinderClient?.identity.value?.principal.participant);
  await agent.rest("PATCH", `visitors/${id}`, { name: "Ann Ames", email: "ann@buyer.example" });
  const sue = await stage.desk("sue");
  await sue.read("clover");
  await sue.take();
  await sue.say("We have three: https://shop.example/lamps");
  await expect(ann.row("three")).toBeVisible();
  await sue.say("This one goes, sorrel.");
  await sue.recall("sorrel");
  await expect(ann.removed).toHaveCount(1);
  await expect(sue.report("everywhere")).toBeVisible();
  await expect(sue.mark("three", "seen")).toBeVisible();
  return { ann, sue };
}

test("UI38 UI29 the widget that nobody wrote in", async ({ stage }) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await matches(ann.chat.locator("body"), "widget-empty");
  expect(await seriousIn(ann.frame())).toEqual([]);
});

test("UI38 UI29 the desk before and after logging in", async ({ stage }) => {
  const sue = await stage.emptyDesk();
  await sue.page.goto(`${sue.line.address}/desk`);
  await expect(sue.page.getByLabel("E-mail")).toBeVisible();
  await body(sue.page, "desk-log-in");
  expect(await seriousIn(sue.page)).toEqual([]);
  await sue.logIn("sue@demo.example");
  await body(sue.page, "desk-empty");
  expect(await seriousIn(sue.page)).toEqual([]);
  await sue.page.keyboard.press("?");
  await matches(sue.question, "desk-help");
  expect(await seriousIn(sue.page)).toEqual([]);
  await sue.page.keyboard.press("Escape");
  await sue.page.keyboard.press("Control+K");
  await matches(sue.question, "desk-commands");
  expect(await seriousIn(sue.page)).toEqual([]);
});

const PAGES: [hash: string, name: string][] = [
  ["#/tickets", "desk-tickets"], ["#/history", "desk-history"], ["#/search", "desk-search"],
  ["#/live", "desk-live"], ["#/reports", "desk-reports"],
  ["#/settings/sites", "settings-sites"], ["#/settings/sites/new", "settings-new-site"],
  ["#/settings/agents", "settings-agents"], ["#/settings/agents/new", "settings-new-agent"],
  ["#/settings/categories", "settings-categories"], ["#/settings/canned", "settings-canned"],
  ["#/settings/audit", "settings-audit"], ["#/settings/account", "settings-account"],
];

test("UI38 the other pages of the desk", async ({ stage }) => {
  const sue = await stage.measuredDesk("sue");
  for (const [hash, name] of PAGES) {
    await sue.go(hash);
    await expect(sue.page.locator("h1:visible, h2:visible").first()).toBeVisible();
    await expect(sue.page.locator("[aria-busy=true]")).toHaveCount(0);
    await expect(sue.page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await matches(sue.page.getByRole("main"), name);
  }
});

test("UI38 UI29 a conversation, at the desk, in the portal and in the widget", async ({ stage }) => {
  const { ann, sue } = await talk(stage);
  const widget = ann.chat.locator("body");
  await matches(widget, "widget-chat");
  await matches(ann.page.locator("body"), "widget-page");
  expect(await seriousIn(ann.frame())).toEqual([]);
  expect(await seriousIn(ann.page)).toEqual([]);
  await body(sue.page, "desk-conversation");
  await sue.page.getByRole("tab", { name: "Analysis" }).click();
  await matches(sue.details, "desk-analysis");
  await sue.page.getByRole("tab", { name: "Shortcuts" }).click();
  await matches(sue.details, "desk-shortcuts");
  expect(await seriousIn(sue.page)).toEqual([]);
  await sue.message("three").hover();
  await sue.message("three").getByRole("button", { name: "Message actions" }).click();
  await matches(sue.page.getByRole("menu"), "desk-message-menu");
  await sue.page.keyboard.press("Escape");
  await sue.menu("three", "Recall");
  await matches(sue.question, "desk-recall");
  expect(await seriousIn(sue.page)).toEqual([]);
  await sue.page.keyboard.press("Escape");
  await sue.page.keyboard.press("Alt+P");
  await matches(sue.page.locator(".composer"), "desk-note");
  await sue.page.keyboard.press("Control+F");
  await matches(sue.page.getByRole("search"), "desk-find");
  await sue.page.goto(`${sue.line.address}/portal`);
  await expect(sue.inboxRow("Ann Ames")).toBeVisible();
  await body(sue.page, "portal");

  await ann.row("clover").hover();
  await ann.chat.getByRole("button", { name: "Conversation options" }).or(
    ann.chat.locator("header button").first()).first().click();
  await matches(widget, "widget-options");
  expect(await seriousIn(ann.frame())).toEqual([]);
  await ann.page.keyboard.press("Escape");
  await ann.goOffline();
  await matches(ann.chat.locator("header"), "widget-offline");
  expect(await seriousIn(ann.frame())).toEqual([]);
});
