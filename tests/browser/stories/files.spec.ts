// Files at the desk: attached, shown, saved, taken back, and refused in their place.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Attachment, type Client, connect, type Conversation, type MessageView,
} from "@rejoinder/client/node";
import type { Locator } from "@playwright/test";
import WebSocket from "ws";
import type { Desk } from "../src/desk.ts";
import { leavingAsks } from "../src/leaving.ts";
import { takesNoFiles } from "../src/proxy.ts";
import { type Stage, expect, test } from "../src/stage.ts";

/** The desk's own icon, 192 pixels wide. */
const ICON = readFileSync(
  join(import.meta.dirname, "../../../desk/public/icons/desk-192.png"),
);
const icon = (name: string) => ({ name, mimeType: "image/png", buffer: ICON });
const text = (name: string, words: string) =>
  ({ name, mimeType: "text/plain", buffer: Buffer.from(words) });

interface Seen {
  client: Client;
  chat: Conversation;
  files: () => (Attachment & { message: string })[];
}

/** A visitor without a widget: the same client, in this process. */
async function visitor(stage: Stage, says: string): Promise<Seen> {
  const client = connect({
    server: stage.server.address, credential: { visitor: stage.server.site }, WebSocket,
  });
  stage.atTheEnd(() => client.close());
  await client.contact();
  const chat = await client.begin();
  chat.view.subscribe(() => {});
  await chat.send(says);
  await client.settled();
  const described = ({ id: message, words }: MessageView) =>
    typeof words === "object" && "said" in words
      ? (words.said.attachments ?? []).map((file) => ({ message, ...file }))
      : [];
  const files = () => (chat.view.value?.timeline.messages ?? []).flatMap(described);
  return { client, chat, files };
}

async function bytes({ chat, files }: Seen, name: string): Promise<Buffer> {
  const file = files().find((one) => one.name === name);
  let blob: Blob | null = null;
  // The message comes first: its file is on its way.
  await expect(async () => {
    blob = await chat.file(file?.message ?? "", file?.id ?? "");
  }).toPass();
  return Buffer.from(await ((blob as Blob | null) ?? new Blob()).arrayBuffer());
}

const picked = (desk: Desk, name: string) => desk.page.locator(".picked-file")
  .filter({ hasText: name });
const chooser = (desk: Desk) => desk.page.locator(".composer input[type=file]");
const painted = (img: Locator) =>
  img.evaluate((it) => it instanceof HTMLImageElement && it.complete ? it.naturalWidth : 0);

/** What a file manager does; the browser's own dragging cannot be driven from outside. */
async function drag(desk: Desk, name: string, type: "dragover" | "drop"): Promise<void> {
  await desk.page.locator(".timeline").evaluate((on, [called, kind]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["MZ and more"], called));
    const given = { dataTransfer, bubbles: true, cancelable: true };
    on.dispatchEvent(new DragEvent(kind, given));
  }, [name, type] as const);
}

test("UI33 UI34 AT5 a picture and a text reach the visitor; a recall takes the preview", async ({
  stage,
}) => {
  const ann = await visitor(stage, "What does it look like, anise?");
  const sue = await stage.desk("sue");
  await sue.read("anise");
  await sue.composer.fill("Like this, basil.");
  await chooser(sue).setInputFiles([icon("toaster.png"), text("list.txt", "one, two")]);
  await expect(picked(sue, "toaster.png").locator("img")).toBeVisible();
  await expect(picked(sue, "list.txt")).toContainText("8 bytes");
  await expect(sue.composer).toBeFocused();
  await sue.page.keyboard.press("Enter");
  await expect(sue.page.locator(".picked-file")).toHaveCount(0);

  const message = sue.message("basil");
  const picture = message.getByRole("button", { name: "Open toaster.png" });
  await expect(picture.locator("img")).toBeVisible();
  await expect.poll(() => painted(picture.locator("img"))).toBe(192);
  await expect(message.locator(".sending")).toHaveCount(0);
  await expect.poll(() => ann.files().length).toBe(2);
  expect(await bytes(ann, "toaster.png")).toEqual(ICON);
  expect((await bytes(ann, "list.txt")).toString()).toBe("one, two");
  const saved = sue.page.waitForEvent("download");
  await message.getByRole("button", { name: "Download list.txt" }).click();
  expect((await saved).suggestedFilename()).toBe("list.txt");

  await picture.focus();
  await sue.page.keyboard.press("Enter");
  await expect(sue.question.getByRole("img", { name: "toaster.png" })).toBeVisible();
  await sue.page.keyboard.press("Escape");
  await expect(sue.question).toHaveCount(0);
  await expect(picture).toBeFocused();

  const address = await picture.locator("img").getAttribute("src") ?? "";
  expect(address).toMatch(/^blob:/);
  const opens = () => sue.page.evaluate((at) => new Promise<boolean>((resolve) => {
    const img = new Image();
    img.onload = () => resolve(true);
    img.onerror = () => resolve(false);
    img.src = at;
  }), address);
  expect(await opens()).toBe(true);
  await sue.recall("basil");
  await expect(sue.removed).toHaveCount(1);
  await expect(sue.page.locator(".files")).toHaveCount(0);
  await expect(sue.page.locator("article")).not.toContainText(["toaster", "list.txt"]);
  await expect.poll(opens).toBe(false);
  await expect.poll(() => ann.files().length).toBe(0);
});

test("UI33 UI14 what may not be attached says why in its place, and nothing else is lost", async ({
  stage,
}) => {
  const ann = await visitor(stage, "Send me the program, cloves.");
  const sue = await stage.desk("sue");
  await sue.read("cloves");
  await sue.composer.fill("Here it is, dill.");
  await drag(sue, "setup.exe", "dragover");
  await expect(sue.page.locator(".drop-hint")).toContainText("Drop files");
  await drag(sue, "setup.exe", "drop");
  await expect(sue.page.locator(".drop-hint")).toHaveCount(0);
  const refused = picked(sue, "setup.exe");
  await expect(refused.getByRole("alert")).toContainText("Files of this type cannot be sent");
  await expect(sue.composer).toHaveValue("Here it is, dill.");
  await refused.getByRole("button", { name: "Remove setup.exe" }).click();
  await expect(refused).toHaveCount(0);
  await expect(sue.composer).toBeFocused();

  // One that is not what its name says is found out when it is sent.
  await chooser(sue).setInputFiles([
    text("a.txt", "fine"), { ...text("b.png", "no picture"), mimeType: "image/png" },
  ]);
  await sue.composer.press("Enter");
  await expect(picked(sue, "b.png").getByRole("alert")).toContainText("not what its name says");
  await expect(picked(sue, "a.txt").getByRole("alert")).toHaveCount(0);
  await expect(sue.composer).toHaveValue("Here it is, dill.");

  // Switching sends nothing, and each has its own.
  await sue.page.keyboard.press("Alt+P");
  await expect(sue.page.getByRole("button", { name: "Add note" })).toBeVisible();
  await expect(sue.page.locator(".picked-file")).toHaveCount(0);
  await chooser(sue).setInputFiles([text("note.txt", "for us")]);
  await sue.page.keyboard.press("Alt+L");
  await expect(picked(sue, "a.txt")).toBeVisible();
  await expect(picked(sue, "note.txt")).toHaveCount(0);
  expect(ann.files()).toEqual([]);
  await sue.composer.press("Enter");
  await expect.poll(() => ann.files().map(({ name }) => name)).toEqual(["a.txt"]);
  await expect(sue.message("dill").locator(".file")).toHaveCount(1);
});

for (const entry of ["desk", "portal"] as const) {
  test(`UI33 UI9 the browser asks before it leaves the ${entry} with files not sent`, async ({
    stage,
  }) => {
    const ann = await visitor(stage, `Is there a list, lovage of the ${entry}?`);
    const sue = await stage.emptyDesk();
    await sue.logIn("sue@demo.example", entry);
    await sue.read(`lovage of the ${entry}`);
    const questions = leavingAsks(sue.page);
    await chooser(sue).setInputFiles([text("list.txt", "one, two")]);
    await expect(picked(sue, "list.txt")).toBeVisible();
    await sue.page.evaluate(() => location.reload());
    await expect.poll(() => questions).toEqual(["beforeunload"]);
    await expect(picked(sue, "list.txt")).toBeVisible();
    await sue.composer.press("Enter");
    await expect.poll(() => ann.files().map(({ name }) => name)).toEqual(["list.txt"]);
    await sue.page.reload();
    await expect(sue.composer).toBeVisible();
    expect(questions).toEqual(["beforeunload"]);
  });
}

test("UI33 UI34 AT6 files wait for the network on both sides, and come by themselves", async ({
  stage,
}) => {
  const ann = await visitor(stage, "It is broken, fennel.");
  const sue = await stage.desk("sue");
  await sue.read("fennel");
  await sue.goOffline();
  await sue.page.locator("textarea.composer-field").evaluate((field, encoded) => {
    const clipboardData = new DataTransfer();
    const pixels = Uint8Array.from(atob(encoded), (it) => it.charCodeAt(0));
    clipboardData.items.add(new File([pixels], "image.png", { type: "image/png" }));
    const given = { clipboardData, bubbles: true, cancelable: true };
    field.dispatchEvent(new ClipboardEvent("paste", given));
  }, ICON.toString("base64"));
  await expect(picked(sue, "pasted-image.png")).toBeVisible();
  await sue.composer.press("Enter");
  const mine = sue.page.locator("article.from-agent");
  await expect(mine.getByRole("button", { name: "Open pasted-image.png" })).toBeVisible();
  await expect(mine.locator(".sending")).toContainText("Waiting to be uploaded");
  await ann.chat.send("Look, ginger.", [{ name: "crack.png", data: new Blob([ICON]) }]);
  await ann.client.settled();

  await sue.goOnline();
  await expect(mine.locator(".sending")).toHaveCount(0);
  await expect.poll(() => ann.files().map(({ name }) => name).sort())
    .toEqual(["crack.png", "pasted-image.png"]);
  const ginger = sue.message("ginger");
  await expect(ginger.getByRole("button", { name: "Open crack.png" })).toBeVisible();

  // What was not fetched says that it needs the network; what its author still sends, that too.
  await sue.go("/");
  await expect(ginger).toHaveCount(0);
  await sue.goOffline();
  await sue.go(`/c/${ann.chat.id}`);
  await expect(ginger.getByRole("button", { name: "crack.png: Needs the network" })).toBeVisible();
  await sue.goOnline();
  await expect(ginger.getByRole("button", { name: "Open crack.png" })).toBeVisible();
  const late = "**/api/v1/attachments/**";
  await sue.context.route(late, (route) => route.fulfill({
    status: 404, json: { error: { code: "not_there_yet", message: "it has not come" } },
  }));
  const { message } = await ann.chat.send("And this, hyssop.", [
    { name: "late.png", data: new Blob([ICON]) },
  ]);
  const hyssop = sue.message("hyssop");
  await expect(hyssop.getByRole("button", { name: "late.png: On its way" })).toBeVisible();
  await sue.context.unroute(late);
  // A recall takes the large view away too, and the keyboard goes on where words are written.
  await hyssop.getByRole("button", { name: "Open late.png" }).click();
  await expect(sue.question.getByRole("img", { name: "late.png" })).toBeVisible();
  await ann.chat.recall(message);
  await expect(sue.question).toHaveCount(0);
  await expect(sue.removed).toHaveCount(1);
  await expect(sue.composer).toBeFocused();
});

test("AT6 AT10 UI34 a file that something on the way never takes says so, and is taken out", async ({
  stage,
}) => {
  const ann = await visitor(stage, "Is there a plan, caraway?");
  const sue = await stage.desk("sue");
  await sue.read("caraway");
  const tries = await takesNoFiles(sue.context);
  await sue.composer.fill("Here, mace.");
  await chooser(sue).setInputFiles([text("plan.txt", "first, second")]);
  await sue.composer.press("Enter");
  const message = sue.message("mace");
  await expect(message.getByRole("alert")).toContainText("takes no file of this size");
  expect(tries()).toBe(1);
  await expect.poll(() => ann.files().length).toBe(1);
  const { id, message: of } = ann.files()[0] ?? { id: "", message: "" };
  await expect(ann.chat.file(of, id)).rejects.toMatchObject({ code: "file_not_taken" });

  const choosing = sue.page.waitForEvent("filechooser");
  await message.getByRole("button", { name: "Attach another file" }).click();
  await (await choosing).setFiles([text("short.txt", "first")]);
  await expect(picked(sue, "short.txt")).toBeVisible();
  await message.getByRole("button", { name: "Take it out of the message: plan.txt" }).click();
  await expect(message.locator(".file")).toHaveCount(0);
  await expect(message).toContainText("Here, mace.");
  await expect.poll(() => ann.files().length).toBe(0);
});

test("UI12 UI33 a reply that is taken back to be edited brings its files along", async ({
  stage,
}) => {
  const ann = await visitor(stage, "Which one is it, juniper?");
  const bo = await stage.agent("bo");
  const sue = await stage.desk("sue");
  await sue.read("juniper");
  await sue.goOffline();
  await chooser(sue).setInputFiles([icon("this-one.png")]);
  await sue.say("This one, lavender.");
  await expect(sue.mark("lavender", "waiting")).toBeVisible();
  await bo.say(ann.chat.id, "The other one, marjoram.");
  await sue.goOnline();
  await expect(sue.decision).toContainText("Somebody answered meanwhile");
  await expect(sue.decision).toContainText("this-one.png");
  await sue.decision.getByRole("button", { name: "Edit" }).click();
  await expect(sue.decision).toHaveCount(0);
  await expect(sue.composer).toHaveValue("This one, lavender.");
  await expect(picked(sue, "this-one.png").locator("img")).toBeVisible();
  expect(ann.files()).toEqual([]);
  await sue.say("That one, lavender.");
  await expect.poll(() => ann.files().map(({ name }) => name)).toEqual(["this-one.png"]);
  expect(await bytes(ann, "this-one.png")).toEqual(ICON);
});
