// The live board and the reports, for supervisors and above.
import { readFileSync } from "node:fs";
import { expect, test } from "../src/stage.ts";

test("UI31 UI24 the live board follows what happens, rests while hidden, and tells its age offline", async ({
  stage,
}) => {
  const ines = await stage.colleague("Ines", "supervisor");
  const { page } = ines;
  await ines.go("#/live");
  const figure = (name: string) => page.locator(".figure").filter({ hasText: name });
  await expect(figure("Waiting for a human").locator("strong")).toHaveText(/^\d+$/);
  const number = async (name: string) => Number(await figure(name).locator("strong").textContent());
  const before = await number("Waiting for a human");
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Is somebody there, aspen?");
  await ann.hasSent("aspen");
  await expect.poll(() => number("Waiting for a human")).toBe(before + 1);
  await expect(figure("Waiting for a human")).toContainText("longest for");
  await expect(page.getByRole("row").filter({ hasText: "Ines" })).toContainText("Online");

  let asked = 0;
  page.on("request", (request) => {
    if (request.url().includes("/api/v1/live")) asked += 1;
  });
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
  });
  // What is under way may end; then longer than one of its turns.
  await page.waitForTimeout(1_000);
  asked = 0;
  await page.waitForTimeout(6_000);
  expect(asked).toBe(0);
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "visible" });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect.poll(() => asked).toBeGreaterThan(0);

  await ines.goOffline();
  await expect(page.getByText(/Offline\. As of \d/)).toBeVisible();
  await expect(figure("Waiting for a human")).toBeVisible();
  await ines.goOnline();
  await expect(page.getByText(/Offline\. As of \d/)).toHaveCount(0);

  const bo = await stage.desk("bo");
  await expect(bo.page.getByRole("button", { name: "Live board" })).toHaveCount(0);
  await bo.go("#/live");
  await expect(bo.page.getByRole("alert")).toContainText("Your role does not allow it");
});

test("UI31 UI28 reports count days, agents and sites, and are saved as CSV", async ({ stage }) => {
  const site = stage.addSite("Counted", "--any-origin");
  const sue = await stage.desk("sue");
  const ann = await stage.visitor({ site });
  await ann.arrive();
  await ann.say("How many are left, alder?");
  await ann.hasSent("alder");
  await sue.read("alder");
  await sue.take();
  await sue.say("Seven, hazel.");
  await sue.say("A secret, larch.");
  await expect(ann.row("larch")).toBeVisible();
  await sue.edit("hazel", "Eight, hazel.");
  await sue.recall("larch");
  await expect(ann.removed).toHaveCount(1);
  await sue.go("#/reports");
  await sue.page.getByRole("combobox", { name: "Site" }).selectOption({ label: "Counted" });
  const figure = (name: string) =>
    sue.page.locator(".figure").filter({ hasText: name }).locator("strong");
  await expect(figure("Conversations begun")).toHaveText("1");
  await expect(figure("Edits")).toHaveText("1");
  await expect(figure("Recalls")).toHaveText("1");
  await expect(figure("First response")).toHaveText(/sec|min/);
  await expect(sue.page.getByRole("img", { name: /Conversations begun: most on .*, 1\./ }))
    .toBeVisible();
  await sue.page.getByText("As a table").first().click();
  await expect(sue.page.getByRole("table").first().getByRole("row")).toHaveCount(31);
  await expect(sue.page.getByRole("region", { name: "By agent" }).first().getByRole("row").last())
    .toContainText("Sue");
  const [download] = await Promise.all([
    sue.page.waitForEvent("download"),
    sue.page.getByRole("button", { name: "Save as CSV" }).click(),
  ]);
  const csv = readFileSync(await download.path(), "utf8");
  expect(csv).toContain("Sue");
  expect(csv).not.toMatch(/alder|hazel|larch/);

  await sue.page.getByRole("combobox", { name: "Days" }).selectOption({ label: "From … to …" });
  await sue.page.getByLabel("To", { exact: true }).fill("2020-01-01");
  await expect(sue.page.getByRole("alert")).toContainText("Choose a first and a last day");
});
