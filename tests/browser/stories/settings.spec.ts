// What admins set: sites, agents, categories, canned responses, sessions, and what each role has.
import { createHmac } from "node:crypto";
import type { Page } from "@playwright/test";
import { PASSWORD } from "../src/desk.ts";
import { expect, test } from "../src/stage.ts";

const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).click();

test("RT12 UI26 of two admins who change one site both changes are kept, and nothing typed is lost", async ({
  stage,
}) => {
  const site = stage.addSite("Lamps", "--any-origin");
  const ada = await stage.colleague("Ada", "admin");
  const eve = await stage.colleague("Eve", "admin");
  for (const admin of [ada, eve]) await admin.go(`#/settings/sites/${site}`);
  await ada.page.getByLabel("Name", { exact: true }).fill("Lamps and more");
  await ada.page.getByLabel("Greeting").fill("Hello, ask us.");
  await eve.page.getByLabel("Greeting").fill("Good day!");
  await eve.page.getByLabel("Message while nobody is there").fill("Back at nine.");
  await eve.page.getByLabel("Chats at once for each agent").fill("many");
  await save(eve.page);
  await expect(eve.page.getByRole("alert")).toContainText("Write a number from 1 to 100");
  await eve.page.getByLabel("Chats at once for each agent").fill("3");
  await save(ada.page);
  await expect(ada.page.getByText("Saved", { exact: true })).toBeVisible();

  await save(eve.page);
  await expect(eve.page.getByRole("alert")).toContainText("Somebody else changed this meanwhile");
  await expect(eve.page.getByLabel("Name", { exact: true })).toHaveValue("Lamps and more");
  await expect(eve.page.getByLabel("Greeting")).toHaveValue("Good day!");
  await eve.go("#/settings/agents");
  await eve.go(`#/settings/sites/${site}`);
  await expect(eve.page.getByLabel("Greeting")).toHaveValue("Good day!");
  await expect(eve.page.getByText("Not saved yet")).toBeVisible();
  await save(eve.page);
  await expect(eve.page.getByText("Saved", { exact: true })).toBeVisible();
  await ada.page.reload();
  await expect(ada.page.getByLabel("Greeting")).toHaveValue("Good day!");
  await expect(ada.page.getByLabel("Message while nobody is there")).toHaveValue("Back at nine.");
  await expect(ada.page.getByLabel("Name", { exact: true })).toHaveValue("Lamps and more");
});

test("UI27 UI30 RT12 a site is added with its mistakes told; what is embedded is copied and shown as it is", async ({
  stage,
}) => {
  const ada = await stage.colleague("Adele", "admin", {
    browser: { permissions: ["clipboard-read", "clipboard-write"] },
  });
  await ada.go("#/settings/sites/new");
  await save(ada.page);
  await expect(ada.page.getByRole("alert")).toContainText("Give the site a name");
  await ada.page.getByLabel("Name", { exact: true }).fill("Chairs");
  await ada.page.getByLabel("Allowed origins").fill("chairs.example/shop");
  await save(ada.page);
  await expect(ada.page.getByRole("alert")).toContainText("is no origin");
  await ada.page.getByLabel("Allowed origins").fill("https://chairs.example");
  await ada.page.getByLabel("Greeting").fill("Which chair, please?");
  await save(ada.page);
  await expect(ada.page.getByRole("heading", { name: "Chairs" })).toBeVisible();
  await ada.page.getByRole("button", { name: "Copy" }).click();
  const copied = await ada.page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/<script async src="http:\/\/127[^"]+\/widget\.js" data-site="[0-9a-f-]{36}">/);

  await ada.page.getByRole("button", { name: "Show the widget" }).click();
  const chat = ada.page.frameLocator("iframe.preview").frameLocator("iframe");
  await expect(chat.getByRole("heading", { name: "Which chair, please?" })).toBeVisible();
  await ada.page.getByLabel("Greeting").fill("A stool, perhaps?");
  await ada.page.getByLabel("Colour of the widget").fill("#a03010");
  await save(ada.page);
  await expect(chat.getByRole("heading", { name: "A stool, perhaps?" })).toBeVisible();
  await expect(chat.locator("html")).toHaveCSS("--accent", "#a03010");
  await chat.locator("textarea").fill("Does it work, medlar?");
  await chat.locator("textarea").press("Enter");
  await expect(chat.locator(".state.sent, .state.seen")).toBeVisible();
  await ada.go("");
  await ada.read("medlar");
  expect(ada.complaints.filter((text) => text.includes("Content Security"))).toEqual([]);
});

test("RT13 RT14 UI26 an agent is invited by a link, chooses a password, and logs in", async ({
  stage,
}) => {
  const ada = await stage.colleague("Adam", "admin");
  const email = `zoe${Date.now()}@demo.example`;
  await ada.go("#/settings/agents");
  await ada.page.getByRole("button", { name: "Add an agent" }).click();
  const { page } = ada;
  await page.getByLabel("Name", { exact: true }).fill("Zoe");
  await page.getByLabel("E-mail").fill("zoe at example");
  await save(page);
  await expect(page.getByRole("alert")).toContainText("This is no e-mail address");
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await page.getByLabel("E-mail").fill("sue@demo.example");
  await save(page);
  await expect(page.getByRole("alert")).toContainText("Another agent logs in with this address");
  await expect(page.getByRole("combobox", { name: "Role" }).getByRole("option"))
    .toHaveText(["Support Agent", "Agent", "Account Manager", "Supervisor", "Admin"]);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Demo shop").check();
  await save(page);
  await page.getByRole("button", { name: "Make a link to choose a password" }).click();
  const link = (await page.locator(".embed-code code").textContent()) ?? "";

  const zoe = await stage.emptyDesk();
  await zoe.page.goto(link.replace(/^http:\/\/[^/]+/, zoe.line.address));
  await expect(zoe.page.getByText(`For Zoe, who logs in as ${email}`)).toBeVisible();
  expect(zoe.page.url()).not.toContain("link");
  await zoe.page.getByLabel("New password").fill("short");
  await zoe.page.getByRole("button", { name: "Save and go to the log-in" }).click();
  await expect(zoe.page.getByRole("alert")).toContainText("at least 10 characters");
  await zoe.page.getByLabel("New password").fill(PASSWORD);
  await zoe.page.getByLabel("Once more").fill(PASSWORD);
  await zoe.page.getByRole("button", { name: "Save and go to the log-in" }).click();
  await zoe.logIn(email);
  await zoe.page.goto("about:blank");
  await zoe.page.goto(link.replace(/^http:\/\/[^/]+/, zoe.line.address));
  await expect(zoe.page.getByRole("alert")).toContainText("This link is not valid any more");
});

test("RT6 RT7 RT9 UI24 an account manager keeps categories and canned responses; names are taken once", async ({
  stage,
}) => {
  const max = await stage.colleague("Max", "account_manager");
  const { page } = max;
  await max.go("#/settings/categories");
  const name = `Shipping ${Date.now()}`;
  for (const _ of [1, 2]) {
    await page.getByLabel("New category").fill(name);
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await expect(page.getByRole("listitem").filter({ hasText: name })).toHaveCount(1);
  }
  await expect(page.getByRole("alert")).toContainText("has this name");
  await expect(page.getByLabel("New category")).toHaveValue(name);
  await max.go("#/settings/canned");
  const shortcut = `ship${Date.now()}`;
  const add = async (as: string, text: string) => {
    await page.getByRole("button", { name: "Add a canned response" }).click();
    await page.getByLabel("Shortcut").fill(as);
    await page.getByLabel("Text", { exact: true }).fill(text);
    await save(page);
  };
  await add(shortcut, "It ships today.");
  await expect(page.getByText(`/${shortcut}`)).toBeVisible();
  await add(shortcut, "It ships tomorrow.");
  await expect(page.getByRole("alert")).toContainText("This shortcut is taken already");
  await max.go("#/settings/account");
  await max.go("#/settings/canned");
  await page.getByRole("button", { name: "Add a canned response" }).click();
  await expect(page.getByLabel("Text", { exact: true })).toHaveValue("It ships tomorrow.");

  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("When does it ship, wintergreen?");
  await ann.hasSent("wintergreen");
  await max.go("");
  await max.read("wintergreen");
  await max.choose("Category", name);
  await max.details.getByRole("button", { name: "Add a name" }).click();
  await max.details.getByRole("textbox", { name: "Name" }).fill("Rowan Miller");
  await max.details.getByRole("button", { name: "Save", exact: true }).click();
  const bo = await stage.desk("bo");
  await bo.read("wintergreen");
  await expect(bo.head.getByRole("heading", { name: "Rowan Miller" })).toBeVisible();
  await expect(bo.details.getByRole("button", { name: /Name/ })).toHaveCount(0);
  await expect(bo.details).toContainText(name);
  await expect(bo.details.getByRole("combobox", { name: "Category" })).toHaveCount(0);
});

test("RT15 RT16 UI24 each role has its pages; a session that is ended wipes its browser", async ({
  stage,
}) => {
  const pages = {
    support_agent: ["Your account"],
    supervisor: ["Categories", "Canned responses", "Audit log", "Your account"],
    owner: ["Sites", "Agents", "Categories", "Canned responses", "Audit log", "Your account"],
  };
  for (const [role, names] of Object.entries(pages)) {
    const one = await stage.colleague(`Rae${role.length}`, role as keyof typeof pages);
    await one.page.getByRole("button", { name: "Settings", exact: true }).click();
    const nav = one.page.getByRole("navigation", { name: "Settings" });
    await expect(nav.getByRole("button")).toHaveText(names);
    await one.go("#/settings/sites");
    await expect(nav.locator("[aria-current]")).toHaveText(names[0] ?? "");
    if (role === "owner") {
      const other = await stage.emptyDesk();
      await other.logIn(one.email);
      await one.go("#/settings/account");
      await expect(one.page.getByText("This browser")).toHaveCount(1);
      await one.page.getByRole("button", { name: "End", exact: true }).click();
      await one.question.getByRole("button", { name: "End", exact: true }).click();
      await expect(other.page.getByText("kept in this browser is erased").first()).toBeVisible();
      await one.go("#/settings/audit");
      await expect(one.page.getByRole("listitem").first()).toContainText("You revoked a token");
    }
  }
});

test("AU36 UI9 UI14 who lost a site while offline keeps what they wrote, with the reason it was refused", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Is it repaired, bilberry?");
  await ann.hasSent("bilberry");
  const kim = await stage.colleague("Kit", "agent");
  await kim.read("bilberry");
  await kim.take();
  await kim.goOffline();
  await kim.say("Tomorrow at noon, cloudberry.");
  await kim.more("New ticket");
  await kim.question.getByLabel("Subject").fill("Call them, lingonberry");
  await kim.question.getByRole("button", { name: "Create ticket" }).click();
  stage.administer("agent", "set", kim.email, "--no-sites");
  await kim.goOnline();
  await expect(kim.decision).toContainText("you work on this site no more");
  await expect(kim.decision).toContainText("cloudberry");
  await kim.go("");
  await kim.page.reload();
  await expect(kim.page.getByText("in a chat that you see no more was not sent")).toBeVisible();
  await kim.go("#/tickets");
  await expect(kim.page.getByText("Call them, lingonberry")).toBeVisible();
  await expect(kim.page.getByText("on a site where you do not work")).toBeVisible();
  await kim.go("");
  await kim.page.getByRole("button", { name: "look at it" }).click();
  await kim.decision.getByRole("button", { name: "Edit" }).click();
  await expect(kim.composer).toHaveValue("Tomorrow at noon, cloudberry.");
  await expect(kim.page.getByRole("button", { name: "look at it" })).toHaveCount(0);
  await expect(ann.row("cloudberry")).toHaveCount(0);
  await kim.page.goto(`${kim.line.address}/portal`);
  await expect(kim.page.getByText("Something that you made was refused:")).toBeVisible();
  await kim.page.getByRole("link", { name: "look at it" }).click();
  await expect(kim.page.getByText("Call them, lingonberry")).toBeVisible();
  await kim.page.getByRole("button", { name: "Discard" }).click();
  await expect(kim.page.getByText("Call them, lingonberry")).toHaveCount(0);
});

test("RT58 UI32 RT59 a second factor is turned on by its QR code, asked for at log-in, and turned off", async ({
  stage,
}) => {
  const uma = await stage.colleague("Uma", "admin");
  const { page } = uma;
  await uma.go("#/settings/account");
  await page.getByRole("button", { name: "Turn it on" }).click();
  await page.getByLabel("Your password").fill("not the password");
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("alert")).toContainText("This is not your password");
  await expect(page.getByLabel("Your password")).toHaveValue("");
  await page.getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.locator(".qr[data-ready=true]")).toBeVisible();
  const secret = (await page.locator(".secret").textContent()) ?? "";
  await page.getByRole("textbox", { name: "Code" }).fill("000000");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("alert")).toContainText("This is not the code");
  await page.getByRole("textbox", { name: "Code" }).fill(codeOf(secret));
  await page.getByRole("button", { name: "Confirm" }).click();
  const codes = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await expect(codes).toHaveCount(10);
  const [first = ""] = await codes.allTextContents();
  await page.getByRole("button", { name: "I have kept them" }).click();
  await expect(page.getByText("10 recovery codes are left.")).toBeVisible();

  const other = await stage.emptyDesk();
  await other.page.goto(`${other.line.address}/desk`);
  await other.page.getByLabel("E-mail").fill(uma.email);
  await other.page.getByLabel("Password").fill(PASSWORD);
  await other.page.getByRole("button", { name: "Log in" }).click();
  await expect(other.page.getByRole("heading", { name: "One more step" })).toBeVisible();
  const code = other.page.getByRole("textbox", { name: "Code" });
  await code.fill("123456");
  await code.press("Enter");
  await expect(other.page.getByRole("alert").first()).toContainText("This code is not right");
  await code.fill(first);
  await code.press("Enter");
  await expect(other.pill("live")).toBeVisible();

  await uma.go("#/settings/agents");
  await uma.go("#/settings/account");
  await expect(page.getByText("9 recovery codes are left.")).toBeVisible();
  await expect(page.getByRole("button", { name: "End", exact: true })).toHaveCount(1);
  await page.getByRole("button", { name: "Turn it off" }).click();
  await page.getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Turn it off" }).click();
  await expect(page.getByRole("button", { name: "Turn it on" })).toBeVisible();
});

/** What an authenticator shows at this moment: RFC 6238 with SHA-1, six digits, 30 s. */
function codeOf(secret: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/[\s=]/g, "").toUpperCase()]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const at = (hash.at(-1) ?? 0) & 0xf;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
