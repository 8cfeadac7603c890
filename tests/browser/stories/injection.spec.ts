// What strangers write is text: more than 500 payloads in every place where words come in.
import { randomUUID } from "node:crypto";
import {
  type Client, type Conversation, connect, type MessageView,
} from "@rejoinder/client/node";
import type { Locator } from "@playwright/test";
import WebSocket from "ws";
import type { Desk } from "../src/desk.ts";
import { PAYLOADS, SHORT } from "../src/payloads.ts";
import { Sentinel } from "../src/sentinel.ts";
import { expect, type Stage, test } from "../src/stage.ts";

const PATIENCE = { timeout: 60_000 };

/** What is left of a text, or of what is made of it, apart from marks that formatting takes. */
const bare = (text: string) => text.replace(/[\s*_~`\\>\-+\d.\0\u202A-\u202E\u2066-\u2069]/g, "");

async function visitor(stage: Stage): Promise<{ client: Client; chat: Conversation }> {
  const client = connect({
    server: stage.server.address, credential: { visitor: stage.server.site }, WebSocket,
  });
  stage.atTheEnd(() => client.close());
  await client.contact();
  const chat = await client.begin();
  chat.view.subscribe(() => {});
  return { client, chat };
}

function textsOf(chat: Conversation): Map<string, string> {
  const said = ({ id, words }: MessageView): [string, string][] =>
    typeof words === "object" && "said" in words ? [[id, words.said.text]] : [];
  return new Map((chat.view.value?.timeline.messages ?? []).flatMap(said));
}

/** What stands where words are shown: the text, elements that none makes, and links. */
async function shown(
  words: Locator,
): Promise<{ text: string; wrong: string[]; links: string[][] }[]> {
  return words.evaluateAll((all) => all.map((one) => {
    const made = [...one.querySelectorAll("*")];
    const known = /^(P|BR|STRONG|EM|S|DEL|CODE|PRE|UL|OL|LI|BLOCKQUOTE|A|SPAN|MARK|BDI)$/;
    const wrong = made.filter((element) => !known.test(element.tagName)
      || element.getAttributeNames().some((name) => /^on|^style$|^srcdoc$|^src$/.test(name)));
    return {
      text: one.textContent ?? "",
      wrong: wrong.map((element) => element.outerHTML),
      links: [...one.querySelectorAll("a")].map((a) => [a.protocol, a.rel, a.target]),
    };
  }));
}

function check(all: Awaited<ReturnType<typeof shown>>): void {
  for (const { wrong, links, text } of all) {
    expect(wrong, text).toEqual([]);
    for (const [protocol, rel, target] of links) {
      expect(["http:", "https:", "mailto:"], text).toContain(protocol);
      expect(rel?.split(" "), text).toEqual(expect.arrayContaining(["noopener", "noreferrer"]));
      expect(target).toBe("_blank");
    }
  }
}

/** Every payload stands there as it was written, but for the marks of formatting. */
function holdsAll(texts: Iterable<string>, said: Iterable<string>): void {
  const there = [...texts].map(bare).join("\n");
  const lacking = [...said].filter((text) => {
    // Of a link with a label the label is shown, and the place that it leads to.
    const label = text.replace(/\[([^[\]]*)\]\((https?:|mailto:)[^\s()]*\)/g, "$1")
      .replace(/^\[pinned\]: #\n/, "")
      .replace(/^```html|```$/g, "").replace(/@\[(.*)\]\(participant:[^)]*\)/, "@$1");
    return !there.includes(bare(label));
  });
  expect(lacking, "what is not shown as it was written").toEqual([]);
}

test("UI36 UI16 what visitors write runs nowhere on the desk, and stays the text it is", async ({
  stage,
}) => {
  test.setTimeout(240_000);
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(500);
  const { client, chat } = await visitor(stage);
  for (const payload of PAYLOADS) await chat.send(payload);
  await chat.send("That was all, comfrey.");
  await client.settled(60_000);
  const sue = await stage.measuredDesk("sue");
  const sentinel = await Sentinel.of(sue.context);
  await sue.page.reload();
  await sue.read("comfrey");
  const found = new Map<string, string>();
  const look = async () => {
    await expect(sue.page.locator(".timeline .notice")).toHaveCount(0, PATIENCE);
    const words = sue.page.locator(".timeline article .words");
    const all = await shown(words);
    check(all);
    const ids = await words.evaluateAll((each) =>
      each.map((one) => one.closest("article")?.dataset.message ?? ""));
    ids.forEach((id, at) => void found.set(id, all[at]?.text ?? ""));
  };
  const earlier = sue.page.getByRole("button", { name: "Show earlier" });
  await look();
  while ((await earlier.count()) > 0) {
    await earlier.click();
    await look();
  }
  const said = textsOf(chat);
  expect(found.size).toBe(said.size);
  for (const [id, text] of said) holdsAll([found.get(id) ?? ""], [text]);
  // Looked for as well, and in the row of the inbox one after the other.
  for (const payload of SHORT.slice(0, 20)) {
    await chat.send(payload);
    await client.settled();
    await expect(sue.page.locator("article.message").last()).toBeVisible();
    await sue.page.keyboard.press("Control+F");
    await sue.page.getByRole("searchbox").fill(payload);
  }
  await expect(sue.page.locator(".row-preview").first()).toContainText("pwned");
  sentinel.isUnheard();
  expect(sue.complaints.filter((text) => /Content Security|Trusted/.test(text))).toEqual([]);
  await sentinel.isAwake(sue.page);
});

test("UI36 UI16 UI15 what agents write runs nowhere in the widget, nor on the customer's page", async ({
  stage,
}) => {
  test.setTimeout(240_000);
  const ann = await stage.visitor();
  const sentinel = await Sentinel.of(ann.context);
  await ann.arrive();
  await ann.say("Tell me everything, yarrow.");
  await ann.hasSent("yarrow");
  const sue = await stage.agent("sue");
  const chat = await ann.conversation();
  await sue.sayAll(chat, PAYLOADS);
  const said = await sue.texts(chat);
  const earlier = ann.chat.getByRole("button", { name: /earlier/i });
  await expect(ann.row(PAYLOADS.at(-1) ?? "").last()).toBeVisible(PATIENCE);
  const toTop = () => ann.chat.locator(".scroller").evaluate((on) => on.scrollTo({ top: 0 }));
  while ((await earlier.count()) > 0) {
    await earlier.click();
    // Words are asked for as somebody reads back.
    await toTop();
    await expect(ann.chat.locator("[data-absent]")).toHaveCount(0, PATIENCE);
  }
  await expect(ann.chat.locator(".row .words")).toHaveCount(said.length, PATIENCE);
  const all = await shown(ann.chat.locator(".row .words"));
  check(all);
  holdsAll(all.map(({ text }) => text), said);
  for (const payload of PAYLOADS.slice(0, 30)) await ann.say(payload);
  sentinel.isUnheard();
  expect(ann.complaints.filter((text) => /Content Security|Trusted/.test(text))).toEqual([]);
});

/** Names of what is in each place, written by REST as a program of an evil hand would. */
async function fill(stage: Stage, site: string): Promise<{ id: string; chat: string }> {
  const sue = await stage.agent("sue");
  const { client, chat } = await visitor(stage);
  await chat.send("Who am I, valerian?");
  await client.settled();
  const id = client.identity.value?.principal.participant ?? "";
  const put = (what: string, body: object) => sue.rest("PUT", `${what}/${randomUUID()}`, body);
  for (const subject of SHORT.slice(0, 150)) {
    await put("tickets", { site, subject, description: subject });
  }
  for (const [at, text] of PAYLOADS.slice(0, 60).entries()) {
    await put("canned-responses", { site, shortcut: `evil-${at}`, text });
  }
  for (const name of SHORT.slice(60, 90)) {
    await sue.tries("PUT", `categories/${randomUUID()}`, { site, name });
  }
  const token = await client.token();
  for (const title of SHORT.slice(0, 20)) {
    const page = await fetch(`${stage.server.address}/api/v1/page`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ title, url: `https://evil.example/${encodeURIComponent(title)}` }),
    });
    expect(page.status, await page.text()).toBeLessThan(300);
  }
  const data = new Blob(["text"]);
  for (const name of SHORT.slice(20, 50)) {
    await chat.send("", [{ name: `${name.replaceAll("/", "")}.txt`, data }]).catch(() => {});
  }
  await client.settled();
  const attributes = Object.fromEntries(
    SHORT.slice(0, 30).map((text) => [text.slice(0, 40), text]),
  );
  await sue.rest("PATCH", `visitors/${id}`, { attributes });
  for (const email of SHORT.slice(0, 40)) {
    await sue.tries("PATCH", `visitors/${id}`, { email: `"${email}"@evil.example` });
  }
  return { id, chat: chat.id };
}

const PLACES = [
  "#/tickets", "#/settings/canned", "#/settings/categories", "#/history", "#/settings/audit",
];

async function walk(desk: Desk): Promise<void> {
  for (const place of PLACES) {
    await desk.go(place);
    await expect(desk.page.locator("h1:visible, h2:visible").first()).toBeVisible();
    await expect(desk.page.locator("[aria-busy=true]")).toHaveCount(0);
  }
}

test("UI36 names, subjects, titles, addresses and files of an evil hand are shown as they are", async ({
  stage,
}) => {
  test.setTimeout(240_000);
  const { site } = stage.server;
  const { id, chat } = await fill(stage, site);
  const agent = await stage.agent("sue");
  const sue = await stage.measuredDesk("sue");
  const sentinel = await Sentinel.of(sue.context);
  await sue.page.reload();
  await walk(sue);
  await sue.go("#/tickets");
  await expect(sue.page.getByText(SHORT[140] ?? "").first()).toBeVisible();
  await sue.go(`/c/${chat}`);
  await expect(sue.message("valerian")).toBeVisible();
  expect(await sue.page.locator(".file-name").count()).toBeGreaterThan(20);
  await expect(sue.page.locator(".file-name").filter({ hasText: "pwned" }).first()).toBeVisible();
  const visited = sue.details.locator(".visited a");
  await expect(visited.first()).toHaveAttribute("href", /^https:\/\/evil\.example\//);
  await expect(visited.first()).toContainText("pwned");
  await expect(sue.details.locator(".visited").first()).toContainText("evil.example");
  await expect(sue.details.getByText(SHORT[5] ?? "", { exact: true }).first()).toBeVisible();
  await sue.composer.fill("/evil");
  await expect(sue.page.getByRole("listbox")).toContainText("pwned");
  await sue.composer.fill("");
  for (const name of SHORT.slice(0, 25)) {
    await agent.rest("PATCH", `visitors/${id}`, { name });
    await sue.page.reload();
    await expect(sue.head.getByText(name).first()).toBeVisible();
  }
  sentinel.isUnheard();
  expect(sue.complaints.filter((text) => /Content Security|Trusted/.test(text))).toEqual([]);
});
