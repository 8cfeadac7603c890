// What ends, and what is asked: erasing a visitor, deleting a site, questions before a chat and
// when nobody is there.
import { expect, test } from "../src/stage.ts";

test("LC5 an owner erases a visitor after one question, and their words are gone for everybody", async ({
  stage,
}) => {
  const visitor = await stage.visitor();
  await visitor.arrive();
  await visitor.say("My name is quince.");
  const olga = await stage.colleague("Olga", "owner");
  const ada = await stage.colleague("Ada", "admin");
  await olga.read("quince");
  await ada.read("quince");
  await expect(ada.details.getByRole("button", { name: "Block this visitor" })).toBeVisible();
  await expect(ada.details.getByRole("button", { name: "Erase this visitor" })).toHaveCount(0);

  const erase = olga.details.getByRole("button", { name: "Erase this visitor" });
  await erase.click();
  await expect(olga.question).toContainText("cannot be restored");
  await olga.page.keyboard.press("Escape");
  await expect(olga.message("quince")).toBeVisible();
  await erase.click();
  await olga.question.getByRole("button", { name: "Erase this visitor" }).click();
  for (const desk of [olga, ada]) {
    await expect(desk.removed).toHaveCount(1);
    await expect(desk.message("quince")).toHaveCount(0);
  }
  await expect(olga.details.getByText("Erased", { exact: true })).toBeVisible();
  await expect(erase).toHaveCount(0);
  await expect(olga.page.getByText("Closed by the system")).toBeVisible();
  await olga.page.screenshot({ path: test.info().outputPath("erased.png") });
  // Their own device forgets it, and begins as somebody new.
  await expect(visitor.chat.getByText("quince")).toHaveCount(0);
  await expect(visitor.notices).toContainText("not available here any more");
});

test("LC7 an owner deletes a site by typing its name, and its widget answers no more", async ({
  stage,
}) => {
  const site = stage.addSite("Figs", "--any-origin");
  const visitor = await stage.visitor({ site });
  await visitor.arrive();
  await visitor.say("Are they medlars?");
  const olga = await stage.colleague("Olga", "owner");
  await olga.read("medlars");
  await visitor.composer.fill("And are they bletted?");
  await olga.go(`#/settings/sites/${site}`);
  const zone = olga.page.getByRole("region", { name: "Delete this site" });
  await zone.getByRole("button", { name: "Delete this site" }).click();
  await olga.page.getByLabel("Type “Figs” to delete it").fill("figs");
  await zone.getByRole("button", { name: "Delete for good" }).click();
  await expect(zone.getByRole("alert")).toContainText("not its name");
  await zone.scrollIntoViewIfNeeded();
  await olga.page.screenshot({ path: test.info().outputPath("delete.png") });
  await olga.page.getByLabel("Type “Figs” to delete it").fill("Figs");
  await zone.getByRole("button", { name: "Delete for good" }).click();
  await expect(olga.page.getByText("“Figs” is deleted")).toBeVisible();
  await expect(olga.page.getByRole("button", { name: "Figs" })).toHaveCount(0);

  await olga.go("");
  await olga.page.getByRole("tab", { name: "All" }).click();
  await expect(olga.inboxRow("medlars")).toHaveCount(0);
  await expect(visitor.chat.getByText("medlars")).toHaveCount(0);
  await expect(visitor.notices).toContainText("no such chat here");
  await expect(visitor.chat.getByLabel("Your message")).toHaveCount(0);
  await expect(visitor.chat.getByText("This chat is not here any more.")).toBeVisible();
  const typed = visitor.chat.getByLabel("What you wrote and nobody has");
  await expect(typed).toHaveValue("And are they bletted?");
  await expect(visitor.notices).not.toContainText("start a new one");
  await visitor.page.screenshot({ path: test.info().outputPath("widget.png") });
});

test("LC9 what a site asks is answered before the first message, and stands with the visitor", async ({
  stage,
}) => {
  const site = stage.addSite("Pears", "--any-origin");
  const ada = await stage.colleague("Ada", "admin");
  await ada.go(`#/settings/sites/${site}`);
  const add = ada.page.getByRole("button", { name: "Add a question" });
  const save = ada.page.getByRole("button", { name: "Save", exact: true });
  await add.click();
  await save.click();
  const one = ada.page.getByRole("group", { name: "Question 1" });
  await expect(one.getByRole("alert")).toContainText("at most 40 characters");
  await one.getByLabel("Question", { exact: true }).fill("Order number");
  await add.click();
  const two = ada.page.getByRole("group", { name: "Question 2" });
  await two.getByLabel("Question", { exact: true }).fill("Topic");
  await two.getByRole("combobox").selectOption("One of some");
  await two.getByLabel("Choices").fill("Sales\nHelp");
  await two.getByLabel("Must be answered").check();
  await two.scrollIntoViewIfNeeded();
  await ada.page.screenshot({ path: test.info().outputPath("questions.png") });
  await save.click();
  await expect(ada.page.getByText("Saved", { exact: true })).toBeVisible();

  const visitor = await stage.visitor({ site });
  await visitor.visit();
  await visitor.open();
  const begin = visitor.chat.getByRole("button", { name: "Start the chat" });
  await begin.click();
  await expect(visitor.chat.getByRole("alert")).toContainText("needed");
  await expect(visitor.chat.getByLabel("Topic")).toBeFocused();
  await visitor.page.screenshot({ path: test.info().outputPath("prechat.png") });
  await visitor.chat.getByLabel("Topic").selectOption("Help");
  await visitor.chat.getByLabel("Order number (optional)").fill("A-17");
  // A shop's pages come and go: what was filled in stays.
  await visitor.formIsKept("A-17");
  await visitor.visit();
  await visitor.open();
  await expect(visitor.chat.getByLabel("Topic")).toHaveValue("Help");
  await expect(visitor.chat.getByLabel("Order number (optional)")).toHaveValue("A-17");
  await begin.click();
  await expect(visitor.composer).toBeFocused();
  await visitor.say("Where is my persimmon?");

  await ada.go("");
  await ada.read("persimmon");
  await expect(ada.details).toContainText("A-17");
  await expect(ada.details).toContainText("Help");
  await visitor.leave();
  await visitor.comeBack();
  await expect(visitor.row("persimmon")).toBeVisible();
});

test("LC8 who meets nobody leaves an address, and a ticket is made of it", async ({ stage }) => {
  const there = await stage.apart();
  const { site } = there.server;
  there.administer("site", "set", site, "--offline-mode", "form", "--mode", "live_chat");
  const visitor = await there.visitor();
  await visitor.arrive();
  await visitor.say("Is anybody there, sorb?");
  const form = visitor.chat.getByRole("form", { name: "How can we reach you?" });
  await form.getByRole("button", { name: "Leave my address" }).click();
  await expect(form.getByRole("alert")).toContainText("no e-mail address");
  await expect(form.getByLabel("E-mail")).toBeFocused();
  await visitor.page.screenshot({ path: test.info().outputPath("contact.png") });
  await form.getByLabel("Name (optional)").fill("Vera");
  await visitor.goOffline();
  await form.getByLabel("E-mail").fill("vera@example.com");
  await form.getByRole("button", { name: "Leave my address" }).click();
  await expect(form).toHaveCount(0);
  await visitor.goOnline();

  const mia = await there.colleague("Mia", "account_manager", { site });
  await mia.read("sorb");
  await expect(mia.details).toContainText("vera@example.com");
  await expect(mia.head.getByText("Waiting for Human")).toBeVisible();
  await mia.go("#/tickets");
  await mia.page.getByRole("button", { name: /Vera <vera@example.com>/ }).click();
  await expect(mia.page.getByText("Created by a visitor’s form")).toBeVisible();
  await mia.page.screenshot({ path: test.info().outputPath("ticket.png") });
});
