import { beforeEach, expect, test, vi } from "vitest";
import { FakeClient } from "../dev/fake";
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

test("a token that the store had is told to no page", async () => {
  const { session } = await visitor([new FakeClient(LIVE)]);
  await session.start();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(session.connection.value).toBe("live");
  expect(around.tokens()).toEqual([]);
});

