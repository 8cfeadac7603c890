// The widget in customers' pages: other sites, other policies, browsers that keep nothing.
import { OwnChromium } from "../src/chromium.ts";
import { expect, test } from "../src/stage.ts";

test("UI11 ST17 on another site's page the chat is kept in that site's own partition", async ({
  stage,
}) => {
  const own = await OwnChromium.start(stage.folder());
  stage.atTheEnd(() => own.end());
  const [context] = own.browser.contexts();
  if (context === undefined) throw new Error("Chromium has no window");
  const ann = await stage.visitor({ context, host: "localhost" });
  await ann.arrive();
  await ann.say("From another site, maple.");
  await ann.hasSent("maple");
  const sue = await stage.agent("sue");
  await sue.say(await ann.conversation(), "Welcome, beech.");
  await expect(ann.row("beech")).toBeVisible();
  await expect(ann.notices).toBeEmpty();
  const mode = () => ann.frame().evaluate(() => window.rejoinderClient?.storage.value);
  expect(await mode()).toBe("durable");

  // Without the server's help it is read from what the browser kept.
  await ann.leave();
  ann.line.blockSockets();
  await ann.comeBack();
  await expect(ann.row("beech")).toBeVisible();
  await expect(ann.status).toContainText("As of");
  ann.line.mend();

  // The same browser on a page of another site: another partition, another visitor.
  const elsewhere = await stage.visitor({ context, host: "127.0.0.1", server: ann.line.address });
  elsewhere.page = await context.newPage();
  await elsewhere.arrive();
  await expect(elsewhere.chat.getByText("Hello! How can we help?")).toBeVisible();
  await expect(elsewhere.messages).toHaveCount(0);
});

test("UI11 where storage is denied the chat works from memory, and says what is lost by leaving", async ({
  stage,
}) => {
  // Playwright's own start denies it to frames of other sites.
  const ann = await stage.visitor({ host: "localhost" });
  await ann.arrive();
  await expect(ann.notices).toContainText("Closing this page loses what is not sent");
  await ann.say("Remember me, chestnut.");
  await ann.hasSent("chestnut");
  const sue = await stage.agent("sue");
  await sue.say(await ann.conversation(), "We do, walnut.");
  await expect(ann.row("walnut")).toBeVisible();
  await ann.goOffline();
  await ann.say("And this waits, almond.");
  await expect(ann.mark("almond", "waiting")).toBeVisible();
  const asked = ann.page.waitForEvent("dialog");
  await Promise.all([asked.then((dialog) => dialog.dismiss()), ann.page.evaluate(() => location.reload())]);
  expect((await asked).type()).toBe("beforeunload");
  await expect(ann.row("almond")).toBeVisible();
  await ann.goOnline();
  await ann.hasSent("almond");
  await ann.leave();
  // The page has the visitor's token: everything comes back from the server.
  await ann.comeBack();
  await expect(ann.messages).toHaveText(
    ["Remember me, chestnut.", "We do, walnut.", "And this waits, almond."],
  );
});

test("UI15 the widget lives under a policy without inline scripts, styles and Trusted Types", async ({
  stage,
}) => {
  const ann = await stage.visitor({ attributes: 'data-launcher-label="Ask us"' });
  await ann.arrive();
  await ann.say("Strictly speaking, birch.");
  await ann.hasSent("birch");
  await ann.page.evaluate(() => {
    const widget = window as unknown as { Rejoinder: (...call: unknown[]) => void };
    widget.Rejoinder("setPosition", "start", 40);
    widget.Rejoinder("setColorScheme", "dark");
    widget.Rejoinder("setLocale", "ar");
    widget.Rejoinder("close");
  });
  await expect(ann.composer).toBeHidden();
  expect(stage.shop.reports).toEqual([]);
  expect(ann.complaints.filter((text) => /polic|Trusted/i.test(text))).toEqual([]);
  // So the policy is in force, and reports: this is against it.
  await ann.page.evaluate(() => {
    const script = document.createElement("script");
    try {
      script.text = "window.hit = 1";
      document.head.append(script);
    } catch {
      // Trusted Types already refuse the text.
    }
  });
  await expect.poll(() => stage.shop.reports.length).toBeGreaterThan(0);
  expect(await ann.page.evaluate(() => "hit" in window)).toBe(false);
  stage.shop.reports.length = 0;
});

test("UI19 a page that embeds the widget twice shows one, and its console says so", async ({
  stage,
}) => {
  const ann = await stage.visitor({ twice: true });
  await ann.arrive();
  await expect(ann.launcher).toHaveCount(1);
  expect(ann.complaints.join("\n")).toContain("there is a chat on this page already");
  await ann.say("Only once, please, hawthorn.");
  await ann.hasSent("hawthorn");
  await expect(ann.messages).toHaveText(["Only once, please, hawthorn."]);
});

test("UI17 AU20 AU21 what a site does not let visitors do is not offered to them", async ({
  stage,
}) => {
  const made: { id: string } = JSON.parse(
    stage.administer("site", "add", `Strict ${Date.now()}`, "--json"),
  );
  const ann = await stage.visitor({ site: made.id });
  await ann.arrive();
  await ann.say("For ever, blackthorn.");
  await ann.hasSent("blackthorn");
  await ann.composer.press("ArrowUp");
  await expect(ann.composer).toHaveValue("");
  await ann.row("blackthorn").getByRole("button", { name: "What to do" }).click();
  await expect(ann.chat.getByRole("menuitem")).toHaveText(["Copy"]);
});

test("UI30 a page that a site shows in place of another is told to the agent", async ({ stage }) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("Which of them boils faster, sycamore?");
  await ann.hasSent("sycamore");
  await ann.page.evaluate(() => {
    history.pushState(null, "", `${location.href}&kettles`);
    document.title = "Kettles";
  });
  const sue = await stage.desk("sue");
  await expect(async () => {
    await sue.go("#/tickets");
    await sue.go(`#/c/${await ann.conversation()}`);
    const first = sue.details.locator(".visited a").first();
    await expect(first).toHaveText("Kettles", { timeout: 2_000 });
  }).toPass();
  await expect(sue.details.locator(".visited a")).toHaveText(["Kettles", "A shop"]);
});
