import { expect } from "@playwright/test";
import { seriousIn } from "../src/axe.ts";
import { leavingAsks } from "../src/leaving.ts";
import { takesNoFiles } from "../src/proxy.ts";
import { test } from "../src/stage.ts";

/** One red pixel. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);

test("AT3 AT6 UI9 files attached in the widget without a network are sent later, and shown", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const bo = await stage.agent("bo");
  await ann.arrive();
  await ann.say("Hello, tansy.");
  await ann.hasSent("tansy");
  ann.line.cut();
  await expect(ann.status).toContainText("Offline");
  const chooser = ann.chat.locator('input[type="file"]');
  await chooser.setInputFiles([
    { name: "Garden.png", mimeType: "image/png", buffer: PIXEL },
    { name: "setup.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ") },
    { name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("mint, sorrel") },
  ]);
  await expect(ann.chat.locator(".composer .says")).toContainText("setup.exe: Files of this type");
  await expect(ann.chat.locator(".files li")).toHaveCount(2);
  await ann.say("Both of them, yarrow.");
  await expect(ann.row("yarrow").locator(".file")).toHaveCount(2);
  await expect(ann.row("yarrow").locator(".file .says")).toHaveCount(2);
  // One's own is shown without a network.
  await expect(ann.row("yarrow").locator(".file img")).toBeVisible();
  ann.line.mend();
  await ann.hasSent("yarrow");
  await expect(ann.row("yarrow").locator(".file .says")).toHaveCount(0);

  const files = await bo.files(await ann.conversation());
  expect(files).toEqual(["Garden.png image/png 70", "list.txt text/plain 12"]);
  // The shop has no icon of its own, which the browser looks for.
  expect(ann.complaints.filter((text) => !text.includes("404"))).toEqual([]);
});

test("UI33 UI9 the browser asks before it leaves a chat with files that are not sent", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Hello, rue.");
  await ann.hasSent("rue");
  const questions = leavingAsks(ann.page);
  const chosen = ann.chat.locator(".composer .files li");
  const list = { name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("mint") };
  await ann.chat.locator('input[type="file"]').setInputFiles([list]);
  await expect(chosen).toHaveCount(1);
  await ann.page.evaluate(() => location.reload());
  await expect.poll(() => questions).toEqual(["beforeunload"]);
  await expect(chosen).toHaveCount(1);
  // In a message they are kept: nothing is asked any more, although its words are all it waits for.
  await ann.say("This one, savory.");
  await expect(ann.row("savory").locator(".file")).toHaveCount(1);
  await ann.page.reload();
  await ann.open();
  await expect(ann.row("savory").locator(".file")).toHaveCount(1);
  expect(questions).toEqual(["beforeunload"]);
});

test("AT6 AT10 UI34 a visitor's file that is never taken says why, and is taken out", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Hello, cress.");
  await ann.hasSent("cress");
  const tries = await takesNoFiles(ann.context);
  const list = { name: "list.txt", mimeType: "text/plain", buffer: Buffer.from("mint") };
  await ann.chat.locator('input[type="file"]').setInputFiles([list]);
  await ann.say("This one, borage.");
  const row = ann.row("borage");
  await expect(row.getByRole("alert")).toContainText("takes no file of this size");
  expect(tries()).toBe(1);
  const choosing = ann.page.waitForEvent("filechooser");
  await row.getByRole("button", { name: "Attach another file" }).click();
  await (await choosing).setFiles([{ ...list, name: "short.txt" }]);
  await expect(ann.chat.locator(".composer .files li")).toHaveCount(1);
  expect(await seriousIn(ann.frame())).toEqual([]);
  await row.getByRole("button", { name: "Take it out of the message: list.txt" }).click();
  await expect(row.locator(".file")).toHaveCount(0);
  await expect(row).toContainText("This one, borage.");
});

test("AT5 a recall takes a picture off the visitor's screen", async ({ stage }) => {
  const ann = await stage.visitor();
  const bo = await stage.agent("bo");
  await ann.arrive();
  await ann.say("What does it look like, sage?");
  await ann.hasSent("sage");
  const picture = { name: "Sage.png", data: new Blob([PIXEL]) };
  const message = await bo.say(await ann.conversation(), "Like this, dill.", [picture]);
  await expect(ann.row("dill").locator(".file img")).toBeVisible();
  await expect(ann.row("dill").getByRole("button", { name: /Sage\.png/ })).toBeVisible();
  await bo.recall(await ann.conversation(), message);
  await expect(ann.chat.locator(".file")).toHaveCount(0);
  await expect(ann.chat.locator(".notice-words")).toHaveCount(1);
});
