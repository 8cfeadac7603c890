// The agents' desk: without a network, by keyboard, and where two answer at once.
import { expect, test } from "../src/stage.ts";

test("UI8 SE1 after a first visit the desk opens and works without a network", async ({ stage }) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Do you repair toasters, saffron?");
  await ann.hasSent("saffron");
  const sue = await stage.desk("sue");
  await sue.read("saffron");
  await sue.say("We do, cumin.");
  await expect(ann.row("cumin")).toBeVisible();
  await sue.keepsApp();

  await sue.goOffline();
  await sue.page.reload();
  await expect(sue.message("saffron")).toBeVisible();
  await expect(sue.page.locator(".as-of")).toHaveText(/Offline\. As of \d/);
  await sue.say("Bring it on Tuesday, nutmeg.");
  await expect(sue.mark("nutmeg", "waiting")).toBeVisible();
  await sue.page.keyboard.press("Alt+P");
  await expect(sue.page.getByRole("button", { name: "Add note" })).toBeVisible();
  await sue.say("A regular, fenugreek.");
  await sue.recall("cumin");
  await expect(sue.report("unsent")).toBeVisible();
  await sue.page.keyboard.press("Alt+L");
  await sue.composer.fill("and bring the");
  await sue.draftIsKept("and bring the");
  await sue.page.goto(`${sue.line.address}/portal`);
  await sue.page.locator(".row-button").filter({ hasText: "nutmeg" }).click();
  await expect(sue.message("nutmeg")).toBeVisible();
  await expect(sue.composer).toHaveValue("and bring the");

  await sue.goOnline();
  await expect(ann.messages).toHaveText(
    ["Do you repair toasters, saffron?", "Bring it on Tuesday, nutmeg."],
  );
  await expect(ann.removed).toHaveCount(1);
  await expect(sue.page.locator(".from-note").filter({ hasText: "fenugreek" })).toHaveCount(1);
  await expect(sue.composer).toHaveValue("and bring the");
});

test("UI3 RE17 what was recalled while the desk was closed is painted in no frame of it", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const bo = await stage.agent("bo");
  await ann.arrive();
  await ann.say("The number of my card, turmeric.");
  await ann.hasSent("turmeric");
  const chat = await ann.conversation();
  const message = await bo.say(chat, "My own number, coriander.");
  const sue = await stage.desk("sue");
  await sue.read("coriander");
  expect(sue.painted.has("coriander")).toBe(true);
  await sue.keepsApp();
  await sue.page.close();
  await bo.recall(chat, message);
  await ann.menu("turmeric", "Recall");
  await ann.chat.getByRole("dialog").getByRole("button", { name: "Recall" }).click();
  await expect(ann.removed).toHaveCount(2);

  sue.painted.clear();
  sue.page = await sue.context.newPage();
  await sue.page.goto(`${sue.line.address}/desk#/c/${chat}`);
  await expect(sue.removed).toHaveCount(2);
  await expect(sue.page.locator(".row-preview").first()).toBeVisible();
  expect(sue.painted.has("coriander")).toBe(false);
  expect(sue.painted.has("turmeric")).toBe(false);
});

test("UI12 SE7 a reply that meets another agent's asks: send, edit or discard", async ({ stage }) => {
  const ann = await stage.visitor();
  const bo = await stage.agent("bo");
  await ann.arrive();
  await ann.say("Is there a discount, pepper?");
  await ann.hasSent("pepper");
  const chat = await ann.conversation();
  const sue = await stage.desk("sue");
  await sue.read("pepper");
  const cross = async (mine: string, theirs: string) => {
    await sue.goOffline();
    await sue.say(mine);
    await expect(sue.mark(mine, "waiting")).toBeVisible();
    await bo.say(chat, theirs);
    await sue.goOnline();
    await expect(sue.decision).toContainText("Somebody answered meanwhile");
    await expect(sue.decision).toContainText(theirs);
    await expect(sue.decision).toContainText(mine);
  };
  await cross("Ten per cent, ginger.", "None, I fear, mustard.");
  await sue.decision.getByRole("button", { name: "Send anyway" }).click();
  await expect(ann.row("ginger")).toBeVisible();
  await expect(sue.decision).toHaveCount(0);

  await cross("Twenty per cent, clove.", "Ask again in May, anise.");
  await sue.decision.getByRole("button", { name: "Edit" }).click();
  await expect(sue.decision).toHaveCount(0);
  await expect(sue.composer).toHaveValue("Twenty per cent, clove.");
  await sue.say("Five per cent, laurel.");
  await expect(ann.row("laurel")).toBeVisible();

  await cross("Thirty per cent, sumac.", "Nothing more, dill.");
  await sue.decision.getByRole("button", { name: "Discard" }).click();
  await expect(sue.decision).toHaveCount(0);
  await expect(sue.message("sumac")).toHaveCount(0);
  await sue.say("That is all, basil.");
  await expect(ann.row("basil")).toBeVisible();
  await expect(ann.messages).toHaveText([
    "Is there a discount, pepper?", "None, I fear, mustard.", "Ten per cent, ginger.",
    "Ask again in May, anise.", "Five per cent, laurel.", "Nothing more, dill.",
    "That is all, basil.",
  ]);
});

test("UI13 the desk is worked by keyboard alone", async ({ stage }) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("By keyboard, please, turnip.");
  await ann.hasSent("turnip");
  const sue = await stage.desk("sue");
  const { keyboard } = sue.page;
  await sue.read("turnip");
  await keyboard.press("Alt+L");
  await expect(sue.composer).toBeFocused();
  await keyboard.type("A first answer, radish.");
  await keyboard.press("Shift+Enter");
  await keyboard.type("In two lines.");
  await keyboard.press("Enter");
  await expect(sue.mark("radish", "seen")).toBeVisible();
  await keyboard.press("ArrowUp");
  await expect(sue.composer).toHaveValue("A first answer, radish.\nIn two lines.");
  await keyboard.press("Escape");
  await expect(sue.composer).toHaveValue("");
  await keyboard.press("ArrowUp");
  await sue.composer.fill("A better answer, parsnip.");
  await keyboard.press("Enter");
  await expect(ann.row("parsnip")).toContainText("(edited)");

  await keyboard.type("A reply that waits");
  await keyboard.press("Alt+P");
  await expect(sue.page.getByRole("button", { name: "Add note" })).toBeVisible();
  await expect(sue.composer).toHaveValue("");
  await expect(sue.composer).toBeFocused();
  await keyboard.type("For us, celeriac.");
  await keyboard.press("Enter");
  await expect(sue.page.locator(".from-note").filter({ hasText: "celeriac" })).toBeVisible();
  await keyboard.press("Alt+L");
  await expect(sue.composer).toHaveValue("A reply that waits");

  await keyboard.press("Control+K");
  await expect(sue.question).toBeVisible();
  await keyboard.press("Escape");
  await expect(sue.question).toHaveCount(0);
  const current = () => sue.page.url();
  const here = current();
  await keyboard.press("Alt+J");
  await expect.poll(current).not.toBe(here);
  await keyboard.press("Alt+K");
  await expect.poll(current).toBe(here);
  await keyboard.press("Alt+E");
  await expect(sue.question).toContainText("Closing is final");
  await keyboard.press("Escape");
  await expect(sue.question).toHaveCount(0);
  await keyboard.press("Alt+E");
  await sue.question.getByRole("button", { name: "Close for good" }).press("Enter");
  await expect(sue.page.locator(".conversation-head .chip-closed")).toBeVisible();
  await expect(ann.chat.getByText("The chat has ended")).toBeVisible();
});

test("UI13 the widget is worked by keyboard alone", async ({ stage }) => {
  const ann = await stage.visitor();
  await ann.visit();
  const { keyboard } = ann.page;
  await ann.launcher.focus();
  await keyboard.press("Enter");
  await expect(ann.composer).toBeFocused();
  await keyboard.type("First words, kohlrabi.");
  await keyboard.press("Enter");
  await ann.hasSent("kohlrabi");
  await keyboard.press("ArrowUp");
  await expect(ann.composer).toHaveValue("First words, kohlrabi.");
  await keyboard.press("Escape");
  await expect(ann.composer).toHaveValue("");
  await keyboard.press("ArrowUp");
  await ann.composer.fill("Better words, salsify.");
  await keyboard.press("Enter");
  await expect(ann.row("salsify")).toContainText("(edited)");
  await ann.row("salsify").getByRole("button", { name: "What to do" }).press("Enter");
  await keyboard.press("ArrowDown");
  await keyboard.press("Escape");
  await ann.composer.focus();
  await keyboard.press("Escape");
  await expect(ann.launcher).toBeFocused();
  await expect(ann.composer).toBeHidden();
});

test("SE8 UI9 after the end of a chat what the visitor writes begins its one follow-up", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  const sue = await stage.agent("sue");
  await ann.arrive();
  await ann.say("One question, fennel.");
  await ann.hasSent("fennel");
  const chat = await ann.conversation();
  await ann.goOffline();
  await ann.say("And another, leek.");
  await ann.say("And a third, shallot.");
  await sue.close(chat);
  await ann.goOnline();
  await ann.hasSent("leek");
  await ann.hasSent("shallot");
  await expect(ann.chat.getByText("Chat ended")).toHaveCount(1);
  await expect(ann.messages).toHaveText(
    ["One question, fennel.", "And another, leek.", "And a third, shallot."],
  );
  expect(await sue.texts(chat)).toEqual(["One question, fennel."]);
});
