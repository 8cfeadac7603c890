// Bad input: what goes wrong is told in words that say what to do, and nothing typed is lost.
import { connect } from "@rejoinder/client/node";
import WebSocket from "ws";
import { expect, test } from "../src/stage.ts";
import type { Visitor } from "../src/visitor.ts";

test("UI14 UI9 a blocked WebSocket is told; what was typed before the first contact is sent later", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  ann.line.blockSockets();
  await ann.arrive();
  await ann.say("Can you hear me, thistle?");
  await expect(ann.mark("thistle", "waiting")).toBeVisible();
  await expect(ann.notices).toContainText("The live connection is blocked");
  await expect(ann.notices).toContainText("What you write is kept and sent");
  ann.line.mend();
  await ann.notices.getByRole("button", { name: "Try now" }).click();
  await ann.hasSent("thistle");
  await expect(ann.notices).toBeEmpty();
});

test("UI14 a server that is down when the chat is opened is told, and can be tried again", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.visit();
  await expect(ann.launcher).toBeVisible();
  ann.line.cut();
  await ann.open();
  await expect(ann.page.getByRole("alert")).toContainText("Check your connection");
  ann.line.mend();
  await ann.page.getByRole("button", { name: "Try again" }).click();
  await ann.say("There you are, nettle.");
  await ann.hasSent("nettle");

  const sue = await stage.emptyDesk();
  await sue.page.goto(`${sue.line.address}/desk`);
  await sue.page.getByLabel("E-mail").fill("sue@demo.example");
  await sue.page.getByLabel("Password").fill("a demo for everybody");
  sue.line.cut();
  await sue.page.getByRole("button", { name: "Log in" }).click();
  await expect(sue.page.getByRole("alert").first()).toContainText("Check your network, then try again", {
    timeout: 25_000,
  });
  await expect(sue.page.getByLabel("E-mail")).toHaveValue("sue@demo.example");
});

test("UI14 UI9 RE18 a revoked token begins a new chat; what waits and what is typed goes along", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("I was here, bramble.");
  await ann.hasSent("bramble");
  const token = await ann.frame().evaluate(() => window.rejoinderClient?.token());
  if (typeof token !== "string") throw new Error("there is no token");
  await ann.goOffline();
  await ann.say("This waits, sorbus.");
  await expect(ann.mark("sorbus", "waiting")).toBeVisible();
  await ann.composer.fill("And this is half typ");
  await ann.draftIsKept("And this is half typ");
  const elsewhere = connect({ server: stage.server.address, credential: { token }, WebSocket });
  await elsewhere.contact();
  await elsewhere.logOut("lose");

  await ann.goOnline();
  await expect(ann.notices).toContainText("Your earlier chat is not available here any more");
  await ann.hasSent("sorbus");
  await expect(ann.row("bramble")).toHaveCount(0);
  await expect(ann.composer).toHaveValue("And this is half typ");
  await ann.composer.press("Enter");
  await ann.hasSent("half typ");
  await expect(ann.messages).toHaveText(["This waits, sorbus.", "And this is half typ"]);
});

test("UI14 RE18 a disabled agent's desk is wiped, and says so", async ({ stage }) => {
  const email = `kim${Date.now()}@demo.example`;
  stage.addAgent("Kim", email);
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("A word with Kim, teasel.");
  await ann.hasSent("teasel");
  const kim = await stage.emptyDesk();
  await kim.logIn(email);
  await kim.read("teasel");
  stage.administer("agent", "disable", email);
  await expect(kim.page.locator(".banner")).toContainText("kept in this browser is erased");
  await kim.page.reload();
  await expect(kim.page.getByLabel("Password")).toBeVisible();
  await expect(kim.page.getByText("teasel")).toHaveCount(0);
});

test("UI14 UI9 a browser without room says so; nothing typed is lost, and all is sent once there is", async ({
  stage,
}) => {
  // Chromium looks only now and then how much room is left.
  test.slow();
  const ann = await stage.visitor();
  await ann.arrive();
  await ann.say("While there is room, borage.");
  await ann.hasSent("borage");
  const used = await ann.frame().evaluate(async () => (await navigator.storage.estimate()).usage);
  await ann.leave();
  const session = await ann.context.newCDPSession(await ann.context.newPage());
  const origin = ann.line.address;
  await session.send("Storage.overrideQuotaForOrigin", {
    origin,
    quotaSize: (used ?? 0) + 100_000,
  });
  await ann.comeBack();

  const said = ["While there is room, borage."];
  const full = ann.notices.getByText("This browser has no space left for the chat");
  await expect(async () => {
    const text = `Calendula ${said.length}${" and".repeat(2_000)} more?`;
    said.push(text);
    await ann.say(text);
    await expect(ann.row(text).locator(".state.sent, .state.bad")).toBeVisible();
    await expect(full).toBeVisible({ timeout: 10 });
  }).toPass({ intervals: [10] });
  await expect(ann.chat.locator(".notice-words")).toHaveCount(0);
  await expect(ann.messages).toHaveText(said);
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  const again = ann.chat.getByRole("button", { name: "Send again" });
  await expect(async () => {
    if ((await again.count()) > 0) await again.first().click();
    await expect(ann.chat.locator(".state.bad, .state.waiting")).toHaveCount(0, { timeout: 500 });
  }).toPass();
  await expect(ann.messages).toHaveText(said);
});

test("UI14 SE17 10,000 characters are sent; 10,001 are counted, kept, and sent once shortened", async ({
  stage,
}) => {
  const ann = await stage.visitor();
  await ann.arrive();
  const most = `vetch${" long".repeat(1_999)}`;
  await ann.say(`${most}!`);
  await expect(ann.chat.getByText("1 character too many. Shorten it")).toBeVisible();
  await expect(ann.composer).toHaveValue(`${most}!`);
  await expect(ann.messages).toHaveCount(0);
  await ann.say(most);
  await ann.hasSent("vetch");

  const sue = await stage.desk("sue");
  await sue.read("vetch");
  await sue.say(`${most}!`);
  await expect(sue.page.getByText("1 character too many. Shorten the text")).toBeVisible();
  await expect(sue.composer).toHaveValue(`${most}!`);
  await sue.say(most);
  await expect(sue.mark("vetch", "seen")).toBeVisible();
});

test("UI14 SE7 a wrong password is told, and the field is emptied", async ({ stage }) => {
  const sue = await stage.emptyDesk();
  await sue.page.goto(`${sue.line.address}/desk`);
  await sue.page.getByLabel("E-mail").fill("sue@demo.example");
  await sue.page.getByLabel("Password").fill("not the password");
  await sue.page.getByRole("button", { name: "Log in" }).click();
  await expect(sue.page.getByRole("alert").first()).toContainText("E-mail or password is wrong");
  await expect(sue.page.getByLabel("Password")).toHaveValue("");
});

for (const days of [-1, 1]) {
  test(`UI20 SE2 a clock that is off by ${days} day changes neither the order nor the times`, async ({
    stage,
  }) => {
    const ann = await stage.visitor();
    const sue = await stage.agent("sue");
    await arriveWithClock(ann, days);
    await ann.say("What time is it, heather?");
    await ann.hasSent("heather");
    await sue.say(await ann.conversation(), "Tea time, broom.");
    await expect(ann.row("broom")).toBeVisible();
    await ann.say("Thanks, gorse.");
    await ann.hasSent("gorse");
    await expect(ann.messages).toHaveText(
      ["What time is it, heather?", "Tea time, broom.", "Thanks, gorse."],
    );
    await expect(ann.chat.getByText(/written|Yesterday|Tomorrow/)).toHaveCount(0);
    for (const time of await ann.chat.locator(".meta time").all()) {
      const shown = Date.parse((await time.getAttribute("datetime")) ?? "");
      expect(Math.abs(shown - Date.now())).toBeLessThan(60_000);
    }
  });
}

/** In pages and in workers: a test's own clock does not reach the latter. */
async function arriveWithClock(ann: Visitor, days: number): Promise<void> {
  const shift = `{
    const real = Date, off = ${days * 86_400_000};
    globalThis.Date = class extends real {
      constructor(...from) { from.length ? super(...from) : super(real.now() + off); }
      static now() { return real.now() + off; }
    };
  }`;
  await ann.context.addInitScript(shift);
  const [worker] = await Promise.all([ann.page.waitForEvent("worker"), ann.arrive()]);
  await worker.evaluate(shift);
}
