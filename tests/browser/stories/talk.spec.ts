// A visitor and an agent, each with a browser, while everything is up.
import { figure } from "../src/figure.ts";
import { expect, test } from "../src/stage.ts";

test("RE1 UI3 what is sent, edited and recalled shows on the other side within a second", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.desk("sue");
  await ann.arrive();
  await ann.say("Is the quince lamp in stock?");
  await sue.read("Is the quince lamp in stock?");
  await sue.take();
  await expect(ann.chat.getByText("Sue joined the chat")).toBeVisible();

  await sue.say("Yes, three quinces.");
  await expect(ann.row("Yes, three quinces.")).toBeVisible();
  await sue.edit("Yes, three quinces.", "Yes, four medlars.");
  await expect(ann.row("Yes, four medlars.")).toContainText("(edited)");
  await expect(ann.row("three quinces")).toHaveCount(0);

  const at = await sue.recall("four medlars");
  await expect(ann.removed).toHaveText(/Message removed/);
  await expect(ann.row("four medlars")).toHaveCount(0);
  await expect(sue.message("four medlars")).toHaveCount(0);
  const shown = ann.painted.at("Message removed") ?? Number.POSITIVE_INFINITY;
  figure("a recall is seen by the other side after", shown - at, { aim: 1_000, bound: 5_000 });
});

test("UI6 a recall asks its one question, and reports how many devices carried it out", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.desk("sue");
  await ann.arrive();
  await ann.say("Do you sell damson jam?");
  await sue.read("damson jam");
  await sue.say("We do, at 4 crowns.");
  await expect(ann.row("4 crowns")).toBeVisible();
  await ann.leave();

  await sue.menu("4 crowns", "Recall");
  await expect(sue.question).toContainText("Remove for everyone?");
  await expect(sue.question).toContainText("erased and cannot be restored");
  await sue.question.getByRole("button", { name: "Cancel" }).click();
  await expect(sue.message("4 crowns")).toBeVisible();

  await sue.recall("4 crowns");
  await expect(sue.question).toHaveCount(0);
  await expect(sue.report("to_go")).toContainText("1 device");
  await ann.comeBack();
  await expect(ann.removed).toHaveCount(1);
  await expect(sue.report("everywhere")).toHaveText(/Removed everywhere/);
});

test("UI5 SE15 one's own message is waiting, then sent, then seen", async ({ stage }) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("A first word, sorrel.");
  await ann.hasSent("sorrel");
  await ann.goOffline();
  await ann.say("A second word, lovage.");
  await expect(ann.mark("lovage", "waiting")).toBeVisible();
  await expect(ann.status).toContainText("1 message waits to be sent");
  await ann.goOnline();
  await expect(ann.mark("lovage", "sent")).toBeVisible();
  const sue = await stage.desk("sue");
  await sue.read("lovage");
  await expect(ann.mark("lovage", "seen")).toBeVisible();

  await sue.say("An answer, chervil.");
  await expect(sue.mark("chervil", "seen")).toBeVisible();
  await sue.goOffline();
  await sue.say("Another, tansy.");
  await expect(sue.mark("tansy", "waiting")).toBeVisible();
  await expect(sue.pill("offline")).toHaveText("Offline: 1 thing waiting");
  await sue.goOnline();
  await expect(sue.mark("tansy", "seen")).toBeVisible();
});

test("UI7 WP19 a note is seen by the team and never comes near the visitor's browser", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.desk("sue");
  const bo = await stage.desk("bo");
  await ann.arrive();
  await ann.say("My parcel is late, says a hornbeam.");
  await sue.read("hornbeam");
  await bo.read("hornbeam");
  await sue.page.keyboard.press("Alt+P");
  await expect(sue.page.getByRole("button", { name: "Add note" })).toBeVisible();
  await sue.say("A difficult customer, this whitebeam.");
  await expect(sue.page.locator(".from-note").filter({ hasText: "whitebeam" })).toBeVisible();
  await expect(bo.page.locator(".from-note").filter({ hasText: "whitebeam" })).toBeVisible();
  await sue.page.keyboard.press("Alt+L");
  await sue.say("It arrives tomorrow.");
  await expect(ann.row("It arrives tomorrow.")).toBeVisible();

  expect(ann.painted.has("It arrives tomorrow.")).toBe(true);
  expect(ann.painted.has("whitebeam")).toBe(false);
  const kept = await ann.frame().evaluate(() => {
    const client = window.rejoinderClient;
    const id = client?.inbox.value[0]?.conversation ?? "";
    return { inbox: client?.inbox.value, view: client?.conversation(id).view.value };
  });
  expect(JSON.stringify(kept)).toContain("It arrives tomorrow.");
  expect(JSON.stringify(kept)).not.toContain("whitebeam");
});

test("UI4 a recall while somebody types keeps draft, focus and place, and is said once", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.arrive();
  await ann.say("Tell me everything about lamps.");
  await ann.hasSent("everything about lamps");
  const chat = await ann.conversation();
  const first = await sue.say(chat, "The first answer, a marrow.");
  for (let n = 1; n <= 24; n += 1) await sue.say(chat, `Lamp ${n} of many.`);
  await expect(ann.row("Lamp 24 of many.")).toBeVisible();
  await ann.composer.fill("I would like");
  await ann.composer.press("Home");
  const middle = ann.row("Lamp 12 of many.");
  await middle.evaluate((row) => row.scrollIntoView({ block: "center" }));
  await expect(ann.chat.locator(".to-end")).toBeVisible();
  const before = await middle.boundingBox();

  ann.painted.clear();
  await sue.recall(chat, first);
  await expect(ann.removed).toHaveCount(1);
  await expect(ann.chat.locator("p.hidden[role=status]")).toHaveText("Message removed");
  const said = await ann.chat.locator("[aria-live=polite], [role=status]").allTextContents();
  expect(said.filter((text) => text === "Message removed")).toHaveLength(1);
  await expect(ann.composer).toHaveValue("I would like");
  await expect(ann.composer).toBeFocused();
  expect(await ann.composer.evaluate((field: HTMLTextAreaElement) => field.selectionStart)).toBe(0);
  const after = await middle.boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
});

test("UI16 words are text: HTML, links of scripts and markup of pages stay what they are", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.desk("sue");
  await ann.arrive();
  const html = '<img src=x onerror="window.hit=1"><b>larch</b> [click](javascript:window.hit=1)';
  await ann.composer.focus();
  await ann.frame().evaluate((text) => {
    const data = new DataTransfer();
    data.setData("text/html", text);
    data.setData("text/plain", text);
    const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
    if (document.activeElement?.dispatchEvent(paste)) {
      document.execCommand("insertText", false, data.getData("text/plain"));
    }
  }, html);
  await expect(ann.composer).toHaveValue(html);
  await ann.composer.press("Enter");
  await ann.hasSent("larch");
  await sue.read("larch");
  for (const words of [ann.row("larch").locator(".words"), sue.message("larch")]) {
    await expect(words).toContainText('<img src=x onerror="window.hit=1"><b>larch</b>');
    await expect(words.locator("img, b")).toHaveCount(0);
    await expect(words.locator('a[href^="javascript"]')).toHaveCount(0);
  }
  const hit = () => "hit" in window;
  expect(await ann.frame().evaluate(hit)).toBe(false);
  expect(await sue.page.evaluate(hit)).toBe(false);
});
