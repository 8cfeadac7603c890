import { RejoinderError } from "@rejoinder/client";
import { beforeEach, expect, test, vi } from "vitest";
import { FakeClient } from "../dev/fake";
import { en } from "../src/locales/en";
import { LIVE, NEW, page, SHOP, visitor } from "./cast";

let around = page();

beforeEach(() => {
  around = page();
});

test("a store is of the page that shows the chat, as the browser names it", async () => {
  const { session, asked } = await visitor([]);
  await session.start();
  expect(asked[0]?.profile).toBe(`visitor:s@${SHOP}`);
});

test("only the page at the origin that was named is believed", async () => {
  const { session } = await visitor([]);
  const look = { locale: "en", colorScheme: "auto" } as const;
  const init = { type: "init", look, shown: true, inline: false } as const;
  const met = session.host.meet(() => {});
  around.hear({ ...init, token: "theirs" }, "https://ad.example");
  around.hear({ ...init, token: "ours" });
  expect(await met).toBe("ours");
});

test("a page without an origin is told nothing, and breaks nothing", async () => {
  around = page("null");
  const mute = vi.spyOn(console, "error").mockImplementation(() => {});
  const { session } = await visitor([]);
  void session.host.meet(() => {});
  expect(around.said).toEqual([]);
  expect(mute).toHaveBeenCalledOnce();
});

test("the token of who has just begun is told to the page", async () => {
  const client = new FakeClient(NEW);
  const { session } = await visitor([client]);
  await session.start();
  await client.goOnline();
  await vi.waitFor(() => expect(around.tokens()).toEqual(["a token"]));
});

test("a first contact that is quicker than the store is told to the page too", async () => {
  const { session } = await visitor([new FakeClient(LIVE)]);
  await session.start();
  await vi.waitFor(() => expect(around.tokens()).toEqual(["a token"]));
});

test("a token that the store had is told to no page", async () => {
  const first = await visitor([new FakeClient(LIVE)]);
  await first.session.start();
  await vi.waitFor(() => expect(around.tokens()).toEqual(["a token"]));
  // The page has lost it, and the chat is loaded anew.
  const again = await visitor([new FakeClient(LIVE)]);
  await again.session.start();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(again.session.connection.value).toBe("live");
  expect(around.tokens()).toEqual(["a token"]);
});

test("whoever comes after a log-out is told to the page", async () => {
  const { session } = await visitor([new FakeClient(LIVE), new FakeClient(LIVE)]);
  await session.start();
  await vi.waitFor(() => expect(around.tokens()).toEqual(["a token"]));
  await session.logOut("keep");
  await session.start();
  await vi.waitFor(() => expect(around.tokens()).toEqual(["a token", null, "a token"]));
});

test("a log-out while the chat begins erases who begins", async () => {
  const client = new FakeClient(LIVE);
  client.logOut = vi.fn(async () => {});
  let arrive: (client: FakeClient) => void = () => {};
  const { session } = await visitor([new Promise((resolve) => (arrive = resolve))]);
  session.remember("a token");
  void session.start();
  const left = session.logOut("keep");
  arrive(client);
  await left;
  expect(client.logOut).toHaveBeenCalledOnce();
  expect(around.tokens()).toEqual([null]);
  expect(session.client.value).toBeNull();
});

test("a log-out by a token alone waits until the server has heard of it", async () => {
  const client = new FakeClient(NEW);
  const heard: (string | null)[] = [];
  client.logOut = async () => {
    heard.push(client.connection.value);
  };
  const { session } = await visitor([client]);
  session.remember("a token");
  await session.logOut("keep");
  expect(heard).toEqual(["live"]);
});

test("a log-out of somebody whose token the page has lost makes nobody new", async () => {
  const client = new FakeClient(NEW);
  client.logOut = vi.fn(async () => {});
  const { session, asked } = await visitor([client]);
  await session.logOut("keep");
  expect(asked[0]?.network).toBe("offline");
  expect(client.identity.value).toBeNull();
  expect(client.logOut).toHaveBeenCalledOnce();
});

test("who cannot be erased stays, and is told", async () => {
  const client = new FakeClient(LIVE);
  client.logOut = async () => {
    throw new RejoinderError("store", "the disk is gone");
  };
  const { session, banners } = await visitor([client]);
  session.remember("a token");
  await session.logOut("keep");
  expect(around.tokens()).toEqual([]);
  expect(session.client.value).toBe(client);
  expect(banners()).toContain("stayed");
  expect(around.said).toContainEqual({ type: "open" });
  client.logOut = async () => {};
  await session.logOut("keep");
  expect(around.tokens()).toEqual([null]);
  expect(banners()).not.toContain("stayed");
});

test("a log-out that would lose something asks where it can be seen", async () => {
  const client = new FakeClient(LIVE);
  client.logOut = async (unsent?: string) => {
    if (unsent === "keep") throw new RejoinderError("unsent", "1 thing waits");
  };
  const { session } = await visitor([client]);
  await session.logOut("keep");
  expect(session.askUnsent.value).toBe(true);
  expect(around.said).toContainEqual({ type: "open" });
  await session.logOut("lose");
  expect(around.tokens().at(-1)).toBeNull();
});

test("what waits in the page is asked about too, and is nobody else's afterwards", async () => {
  const client = new FakeClient(NEW);
  const { session, thread, said } = await visitor([client]);
  await session.start();
  thread.say("mine");
  await session.logOut("keep");
  expect(session.askUnsent.value).toBe(true);
  await client.goOffline();
  thread.queued.value = [{ key: "q", text: "mine", files: [], at: 1, went: null, failed: null }];
  await session.logOut("lose");
  expect(thread.queued.value).toEqual([]);
  await session.start();
  expect(said()).toEqual([]);
});

const refused = { document: null, reason: "credential", retry_after_millis: null } as const;

test("somebody who is refused is given up once, a newcomer never", async () => {
  const known = new FakeClient(LIVE);
  const next = new FakeClient(NEW);
  const { session, asked, banners } = await visitor([known, next]);
  session.remember("a token");
  await session.start();
  known.tell("problem", refused);
  await vi.waitFor(() => expect(session.client.value).toBe(next));
  next.tell("problem", refused);
  next.tell("problem", refused);
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(asked.length).toBe(2);
  expect(session.client.value).toBe(next);
  expect(banners()).toContain("credential");
  await next.goOnline();
  expect(banners()).not.toContain("credential");
});

test("a site that does not allow the chat here erases nobody", async () => {
  const client = new FakeClient(LIVE);
  const { session, asked, banners } = await visitor([client]);
  session.remember("a token");
  await session.start();
  client.tell("problem", { ...refused, reason: "origin" });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(asked.length).toBe(1);
  expect(around.tokens()).toEqual([]);
  expect(banners()).toContain("origin");
});

test("a long wait is told with its time, a short one as a moment", async () => {
  const client = new FakeClient(LIVE);
  const { session } = await visitor([client]);
  await session.start();
  const says = (millis: number) => {
    client.tell("problem", { document: null, reason: "too_much", retry_after_millis: millis });
    return session.banners.all.value[0]?.text(en);
  };
  expect(says(2_000)).toContain("in a moment");
  expect(says(50 * 60_000)).toMatch(/at \d\d:\d\d/);
});

test("UI9 a file that is on its way is asked about before a log-out loses it", async () => {
  const client = new FakeClient(LIVE);
  const { session } = await visitor([client]);
  await session.start();
  client.uploads.set([{ attachment: "a", sent: 1, bytes: 2 }]);
  await session.logOut("keep");
  expect(session.askUnsent.value).toBe(true);
  expect(session.client.value).toBe(client);
  client.uploads.set([]);
  await session.logOut("keep");
  expect(session.client.value).toBeNull();
});

test("a page that changed in place is told once, and one that did not is not told again", async () => {
  const { session } = await visitor([]);
  void session.host.meet(() => {});
  const look = { locale: "en", colorScheme: "auto" } as const;
  const init = { type: "init", look, token: null, shown: true, inline: false } as const;
  around.hear({ ...init, page: ["Lamps", `${SHOP}/lamps`] });
  const { value: first } = session.host.page;
  session.host.askForPage();
  expect(around.said.filter(({ type }) => type === "hello")).toHaveLength(2);
  around.hear({ ...init, page: ["Lamps", `${SHOP}/lamps`] });
  expect(session.host.page.value).toBe(first);
  around.hear({ ...init, page: ["Kettles", `${SHOP}/kettles`] });
  expect(session.host.page.value).toEqual(["Kettles", `${SHOP}/kettles`]);
});

test("LC7 a site that is gone says so, and offers no new chat", async () => {
  const [first, second] = [new FakeClient(LIVE), new FakeClient(NEW)];
  const { session, banners } = await visitor([first, second]);
  await session.start();
  first.tell("wiped", {});
  await vi.waitFor(() => expect(banners()).toEqual(["wiped"]));
  expect(session.site.gone.value).toBe(false);
  second.tell("problem", { document: null, reason: "unknown_site", retry_after_millis: null });
  expect(session.site.gone.value).toBe(true);
  expect(banners()).toEqual(["unknown_site"]);
});
