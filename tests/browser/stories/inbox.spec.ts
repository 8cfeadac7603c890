// What agents do in a day, at the desk and in their portal: rows 1 to 16, 18, 19 and 22 to 28.
import { readFileSync } from "node:fs";
import { expect, test } from "../src/stage.ts";

test("UI23 AU20 AU21 RE1 from the portal and the desk, offline too, edits and recalls reach everybody", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("What does the kettle cost, quince?");
  await ann.hasSent("quince");
  const sue = await stage.desk("sue");
  await sue.read("quince");
  const bo = await stage.emptyDesk();
  await bo.logIn("bo@demo.example", "portal");
  await bo.read("quince");
  await bo.take();
  await bo.say("It is 90, medlar.");
  await bo.say("My own number is 4711, loquat.");
  await expect(ann.row("loquat")).toBeVisible();
  await expect(sue.message("loquat")).toBeVisible();

  await bo.goOffline();
  await bo.edit("medlar", "It is 80, damson.");
  await bo.recall("loquat");
  await expect(bo.report("unsent")).toBeVisible();
  await bo.goOnline();
  await expect(ann.row("damson")).toContainText("(edited)");
  await expect(ann.removed).toHaveCount(1);
  await expect(sue.message("damson")).toContainText("(edited");
  await expect(sue.removed).toHaveCount(1);
  await expect(sue.page.getByText("loquat")).toHaveCount(0);

  // A supervisor or above recalls another's; nobody edits it.
  await sue.message("damson").hover();
  await sue.message("damson").getByRole("button", { name: "Message actions" }).click();
  await expect(sue.page.getByRole("menuitem", { name: "Edit" }))
    .toContainText("Only its author can edit it");
  await sue.page.keyboard.press("Escape");
  await sue.recall("damson");
  await expect(ann.removed).toHaveCount(2);
  await expect(bo.removed).toHaveCount(2);

  for (const page of ["Tickets", "History", "Search", "Settings"]) {
    await expect(bo.page.getByRole("button", { name: page, exact: true })).toHaveCount(0);
  }
  await bo.go("#/settings/account");
  await expect(bo.page.getByRole("heading", { name: "Inbox" })).toBeVisible();
});

test("UI22 RT9 a row tells what an inbox needs; filters say what they hide; a chat is found by e-mail and id", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Is it waterproof, celery?");
  await ann.hasSent("celery");
  const chat = await ann.conversation();
  const sue = await stage.desk("sue");
  await stage.agent("bo");
  await expect(sue.page.locator(".colleagues")).toContainText("Bo");
  await sue.page.getByRole("tab", { name: "Unassigned" }).click();
  const row = sue.inboxRow("celery");
  for (const part of ["Demo shop", "Waiting for Human", "Nobody", "Visitor:", "now"]) {
    await expect(row).toContainText(part);
  }
  await row.click();
  await sue.take();
  await sue.page.getByRole("tab", { name: "Mine" }).click();
  await expect(sue.inboxRow("celery")).toContainText("You");
  await expect(sue.inboxRow("celery")).toContainText("Active (Human)");

  await sue.page.getByRole("button", { name: "Filters", exact: true }).click();
  await sue.page.getByRole("menuitemradio", { name: "Waiting for Human" }).click();
  await expect(sue.inboxRow("celery")).toHaveCount(0);
  await expect(sue.page.getByText(/\d+ hidden by filters/)).toBeVisible();
  await sue.page.getByRole("button", { name: "clear" }).click();
  await expect(sue.inboxRow("celery")).toBeVisible();

  await sue.details.getByRole("button", { name: "Add an e-mail address" }).click();
  await sue.details.getByRole("textbox", { name: "E-mail" }).fill("nobody");
  await sue.details.getByRole("button", { name: "Save", exact: true }).click();
  await expect(sue.details.getByRole("alert")).toContainText("no e-mail address");
  const email = `celery${Date.now()}@buyer.example`;
  await sue.details.getByRole("textbox", { name: "E-mail" }).fill(email);
  await sue.details.getByRole("button", { name: "Save", exact: true }).click();
  await expect(sue.inboxRow("celery")).toContainText(email);

  await sue.go("#/search");
  const field = sue.page.getByRole("searchbox");
  await field.fill(email);
  await field.press("Enter");
  await sue.page.getByRole("region", { name: "Chats by e-mail address" })
    .getByRole("button").first().click();
  await expect(sue.message("celery")).toBeVisible();
  await sue.go("#/search");
  await field.fill(chat);
  await field.press("Enter");
  await expect(sue.message("celery")).toBeVisible();
});

test("UI7 UI30 RT10 labels by source, the page they are on, formatting; notes reach no visitor", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Can I return it, chicory?");
  await ann.hasSent("chicory");
  const sue = await stage.desk("sue");
  await sue.read("chicory");
  await sue.take();
  await expect(sue.details.getByRole("link", { name: "A shop" })).toHaveAttribute("href", /127/);
  await expect(sue.details).toContainText("Web");

  await sue.composer.fill("Within 30 days, endive.");
  await sue.composer.selectText();
  await sue.page.getByRole("button", { name: "Bold" }).click();
  await sue.composer.press("Enter");
  await expect(ann.row("endive").locator("strong")).toHaveText("Within 30 days, endive.");
  await expect(sue.message("endive").locator(".label")).toHaveText("Agent");
  await sue.page.getByRole("button", { name: "Internal note" }).click();
  await sue.say("Second return, radicchio.");
  await expect(sue.message("radicchio").locator(".label")).toHaveText("Internal note");

  await sue.details.getByPlaceholder("Write a note that stays in sight here").fill("VIP, sorrel.");
  await sue.details.getByRole("button", { name: "Save Note" }).click();
  await expect(sue.details.locator(".pinned-note")).toContainText("VIP, sorrel.");
  await sue.say("One more, for us, cress.");
  await sue.page.getByRole("button", { name: "Reply", exact: true }).click();
  await sue.say("Anything else, lovage?");
  await expect(ann.row("lovage")).toBeVisible();
  for (const note of ["radicchio", "sorrel", "cress"]) {
    expect(ann.painted.has(note)).toBe(false);
  }
});

test("RT47 RT48 who is mentioned in a note is told, follows, and comes to it from the bell", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("The invoice is wrong, fennel.");
  await ann.hasSent("fennel");
  const sue = await stage.desk("sue");
  const kim = await stage.colleague("Kimberly", "agent");
  await sue.read("fennel");
  await sue.page.keyboard.press("Alt+L");
  await sue.composer.pressSequentially("@Kimb");
  await expect(sue.page.getByRole("option", { name: /mention in a note/ })).toBeVisible();
  await sue.page.keyboard.press("Enter");
  await expect(sue.page.getByRole("button", { name: "Add note" })).toBeVisible();
  await sue.composer.press("End");
  await sue.composer.pressSequentially("please check it, dill.");
  await sue.goOffline();
  await sue.composer.press("Enter");
  await expect(sue.message("dill")).toBeVisible();
  await sue.goOnline();

  await kim.page.getByRole("button", { name: "Notifications: 1 not read" }).click();
  await kim.page.getByRole("menuitem", { name: "You were mentioned in a note" }).click();
  await expect(kim.message("dill")).toBeVisible();
  await expect(kim.details.locator(".collaborators li")).toContainText("You");
  await kim.page.getByRole("tab", { name: "Following" }).click();
  await expect(kim.page.locator(".row-button")).toHaveCount(1);
  await kim.page.getByRole("tab", { name: "Mentions" }).click();
  await expect(kim.page.locator(".row-button")).toHaveCount(1);
  await expect(kim.page.getByRole("button", { name: "Notifications", exact: true })).toBeVisible();
});

test("RT7 canned responses come after /, by keyboard and by click, and are edited before they go", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("When do you open, borage?");
  await ann.hasSent("borage");
  const sue = await stage.desk("sue");
  await sue.read("borage");
  const shortcut = `hours${Date.now()}`;
  await sue.page.getByRole("tab", { name: "Shortcuts" }).click();
  const add = async (name: string, text: string) => {
    await sue.details.getByRole("button", { name: "Add your own" }).click();
    await sue.details.getByLabel("Shortcut", { exact: true }).fill(name);
    await sue.details.getByLabel("Text", { exact: true }).fill(text);
    await sue.details.getByRole("button", { name: "Save", exact: true }).click();
  };
  await add(shortcut, "From nine to five, savory.");
  await expect(sue.details.getByText(`/${shortcut}`)).toBeVisible();
  await add(shortcut.toUpperCase(), "Never.");
  await expect(sue.details.getByRole("alert")).toContainText("This shortcut is taken already");
  await expect(sue.details.getByLabel("Text", { exact: true })).toHaveValue("Never.");
  await sue.details.getByRole("button", { name: "Cancel" }).click();

  await sue.goOffline();
  await sue.composer.fill("");
  await sue.composer.pressSequentially(`/${shortcut}`);
  await expect(sue.page.getByRole("option").first()).toContainText("nine to five");
  await sue.page.keyboard.press("Enter");
  await expect(sue.composer).toHaveValue("From nine to five, savory.");
  await sue.composer.press("End");
  await sue.composer.pressSequentially(" Also on Sundays.");
  await sue.composer.press("Enter");
  await sue.goOnline();
  await expect(ann.row("savory")).toContainText("Also on Sundays.");
  await sue.details.getByText(`/${shortcut}`).click();
  await expect(sue.composer).toHaveValue("From nine to five, savory.");
});

test("AU25 AU32 UI25 RT8 RT48 status, priority, assignee and tickets, made offline; a closed chat's follow-up", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("The lid is broken, burdock.");
  await ann.hasSent("burdock");
  const sue = await stage.desk("sue");
  const bo = await stage.desk("bo");
  await sue.read("burdock");
  await sue.take();
  await sue.goOffline();
  await sue.choose("Priority", "Urgent");
  await sue.choose("Assignee", "Bo");
  await sue.more("New ticket");
  await sue.question.getByRole("button", { name: "Create ticket" }).click();
  await expect(sue.question.getByRole("alert")).toContainText("Write a subject");
  await expect(sue.question.getByLabel("Subject")).toHaveValue("");
  await sue.question.getByLabel("Subject").fill("Send a lid, yarrow");
  await sue.question.getByRole("button", { name: "Create ticket" }).click();
  await sue.go("#/tickets");
  await expect(sue.page.getByText("Waits to be sent")).toBeVisible();
  await sue.goOnline();
  await expect(sue.page.getByText("Waits to be sent")).toHaveCount(0);

  await bo.page.getByRole("button", { name: /Notifications: \d+ not read/ }).click();
  await bo.page.getByRole("menuitem", { name: "A chat was assigned to you" }).first().click();
  await expect(bo.message("burdock")).toBeVisible();
  await expect(bo.inboxRow("burdock")).toContainText("Urgent");
  await expect(bo.details.getByRole("combobox", { name: "Assignee" }).locator("option:checked"))
    .toContainText("Bo");
  await bo.page.keyboard.press("Alt+E");
  await expect(bo.question).toContainText("any follow-up action has been recorded");
  await bo.question.getByRole("button", { name: "Close for good" }).click();
  await expect(bo.head.locator(".chip-closed")).toBeVisible();
  await bo.page.getByRole("button", { name: "Reply", exact: true }).click();
  await expect(bo.page.getByText("Closed for good. You can still write notes")).toBeVisible();

  const row = sue.page.locator(".list-row").filter({ hasText: "yarrow" });
  await row.click();
  const panel = sue.page.getByRole("complementary", { name: "Send a lid, yarrow" });
  await panel.getByRole("button", { name: "Start follow-up" }).click();
  await expect(sue.question).toContainText("linked to this chat");
  await sue.page.keyboard.press("Escape");
  await ann.say("And one more, tansy.");
  await ann.hasSent("tansy");
  await panel.getByRole("button", { name: "Open the follow-up" }).click();
  await expect(sue.message("tansy")).toBeVisible();
  await expect(sue.message("burdock")).toHaveCount(0);
});

test("RT40 RT45 RT5 who is away is given nothing and is told why; online again it is theirs to take", async ({
  stage,
}) => {
  const kim = await stage.colleague("Kiran", "agent");
  await kim.page.getByRole("button", { name: /Your availability/ }).click();
  await kim.page.getByRole("menuitemradio", { name: "Away" }).click();
  await expect(kim.page.getByRole("button", { name: "Your availability: Away" })).toBeVisible();
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Somebody there, mallow?");
  await ann.hasSent("mallow");
  await kim.page.getByRole("tab", { name: "Unassigned" }).click();
  await expect(kim.inboxRow("mallow")).toBeVisible();
  const offers = kim.page.getByRole("region", { name: "A chat is offered to you" });
  await expect(offers.getByRole("button")).toHaveCount(0);
  await kim.page.getByRole("button", { name: "Your availability: Away" }).click();
  await kim.page.getByRole("menuitem", { name: "Why am I not getting chats?" }).click();
  await expect(kim.question).toContainText("You are away, and have 0 chats.");
  await expect(kim.question).toContainText("Demo shop · at most 5 at once");
  await expect(kim.question).toContainText("You are away. Set yourself online");
  await kim.page.keyboard.press("Escape");
  await kim.page.getByRole("button", { name: "Your availability: Away" }).click();
  await kim.page.getByRole("menuitemradio", { name: "Online" }).click();
  await expect(offers).toContainText(/waits? to be taken/);
  for (const width of [1440, 1100, 800, 1280]) {
    await kim.page.setViewportSize({ width, height: 800 });
    const places = await offers.getByRole("button").evaluateAll((all) =>
      all.map((it) => it.getBoundingClientRect()).map(({ top, height }) => top + height / 2));
    expect(places.length).toBe(2);
    expect(Math.abs((places[0] ?? 0) - (places[1] ?? 0)), `at ${width}`).toBeLessThan(2);
  }
  await kim.page.reload();
  await expect(offers).toContainText(/waits? to be taken/);
  // It covers nothing of a form.
  await kim.go("#/settings/account");
  await expect(kim.page.getByRole("heading", { name: "Sessions" })).toBeVisible();
  await expect(offers.getByRole("button")).toHaveCount(0);
  await kim.go("#/");
  await kim.inboxRow("mallow").click();
  await kim.take();
  await expect(kim.head).toContainText("Active (Human)");

  await kim.goOffline();
  await kim.page.getByRole("button", { name: "Your availability: Offline" }).click();
  await kim.page.getByRole("menuitem", { name: "Why am I not getting chats?" }).click();
  await expect(kim.question).toContainText("there is no connection to the server");
});

test("RT53 AU26 UI24 what the AI has is taken over from the history, and is given back to it", async ({
  stage,
}) => {
  const site = stage.addSite("With AI", "--mode", "assistant_then_human", "--any-origin");
  const ann = await stage.visitor({ site });
  await ann.arrive();
  await ann.say("Hello, robot, woodruff.");
  await ann.hasSent("woodruff");
  const sue = await stage.desk("sue");
  await sue.read("woodruff");
  await sue.take();
  await sue.say("A human here, hyssop.");
  await expect(ann.row("hyssop")).toBeVisible();
  await sue.more("Restore to AI");
  await expect(sue.head).toContainText("Active (AI)");
  await sue.go("#/history");
  await sue.page.getByRole("combobox", { name: "Status" }).selectOption({ label: "Active (AI)" });
  const item = sue.page.getByRole("listitem").filter({ hasText: "With AI" });
  await item.getByRole("button", { name: "Take over" }).click();
  await expect(sue.message("woodruff")).toBeVisible();
  await expect(sue.head).toContainText("Active (Human)");
  await expect(sue.composer).toBeFocused();
});

test("RT54 UI28 UI24 a transcript is saved as a file, with a notice for what was recalled", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("My order is late, marjoram.");
  await ann.hasSent("marjoram");
  const sue = await stage.desk("sue");
  await sue.read("marjoram");
  await sue.say("The code is chervil.");
  await expect(ann.row("chervil")).toBeVisible();
  await sue.recall("chervil");
  await expect(ann.removed).toHaveCount(1);
  await sue.page.keyboard.press("Alt+P");
  await sue.say("They are upset, anise.");
  const chat = await ann.conversation();
  const texts: string[] = [];
  for (const [format, notes] of [["Text", false], ["Web page", false], ["JSON, for programs", true]] as const) {
    await sue.more("Export transcript");
    await sue.question.getByRole("combobox", { name: "Format" }).selectOption({ label: format });
    if (notes) await sue.question.getByLabel("With internal notes").check();
    const [download] = await Promise.all([
      sue.page.waitForEvent("download"),
      sue.question.getByRole("button", { name: "Save the file" }).click(),
    ]);
    texts.push(readFileSync(await download.path(), "utf8"));
    await expect(sue.question).toHaveCount(0);
  }
  expect(texts.map((text) => text.includes("marjoram"))).toEqual([true, true, true]);
  expect(texts.map((text) => text.includes("chervil"))).toEqual([false, false, false]);
  expect(texts.map((text) => text.includes("anise"))).toEqual([false, false, true]);

  const bo = await stage.desk("bo");
  await bo.go(`#/c/${chat}`);
  await expect(bo.message("marjoram")).toBeVisible();
  await bo.head.getByRole("button", { name: "More actions" }).click();
  await expect(bo.head.getByRole("menuitem", { name: "Export transcript" }))
    .toContainText("Only whoever has it, or a supervisor");
});
