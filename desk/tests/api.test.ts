import { beforeEach, describe, expect, test, vi } from "vitest";
import { Cached } from "../src/api/cached.js";
import { inMemory } from "../src/api/kept.js";
import { RestOutbox, type Waiting } from "../src/api/outbox.js";
import { ApiError, Requests } from "../src/api/request.js";

const server = vi.hoisted(() => ({ answer: async (_: string, __: RequestInit): Promise<Response> =>
  new Response("{}") }));
vi.mock("../src/sdk.js", () => ({
  fetchApi: (address: string, init: RequestInit) => server.answer(address, init),
}));

const requests = new Requests(async () => "secret");
const json = (body: unknown, status = 200, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers });
const isNumbers = (value: unknown): value is number[] => Array.isArray(value);

beforeEach(() => {
  server.answer = async () => json({});
});

describe("a request", () => {
  test("carries the token in its header, and nothing of it in the address", async () => {
    const seen: [string, RequestInit][] = [];
    server.answer = async (address, init) => {
      seen.push([address, init]);
      return json([1]);
    };
    expect(await requests.ask("GET", "things", { query: { a: "b c", none: null } })).toEqual([1]);
    const [[address, init] = ["", {}]] = seen;
    expect(address).toBe("/api/v1/things?a=b+c");
    expect(init).toMatchObject({
      headers: { authorization: "Bearer secret" }, credentials: "omit",
    });
  });

  test("that is refused tells the server's code, and what is wrong with which field", async () => {
    server.answer = async () => json({ error: {
      code: "taken", message: "it is taken", field: "shortcut",
    } }, 409, { "retry-after": "7" });
    const error = await requests.ask("POST", "things").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ failure: "refused", code: "taken", status: 409,
      field: "shortcut", retryAfterSeconds: 7 });
  });

  test("without an answer is offline, and with a dead token signed out", async () => {
    server.answer = async () => {
      throw new TypeError("failed");
    };
    await expect(requests.ask("GET", "x")).rejects.toMatchObject({ failure: "offline" });
    server.answer = async () => new Response("<html>", { status: 502 });
    await expect(requests.ask("GET", "x")).rejects.toMatchObject({ failure: "offline" });
    server.answer = async () => json({ error: { code: "revoked_token", message: "" } }, 401);
    await expect(requests.ask("GET", "x")).rejects.toMatchObject({ failure: "signed_out" });
  });
});

describe("what is cached", () => {
  test("is kept with its age, and stays when the network goes", async () => {
    const kept = Promise.resolve(inMemory());
    const keep = { as: "numbers", kept, isOne: isNumbers };
    const first = new Cached({ ask: async () => [1, 2], keep, now: () => 50 });
    await first.refresh();
    const second = new Cached<number[]>({ ask: () => requests.ask("GET", "x"), keep });
    await vi.waitFor(() => expect(second.value).toEqual([1, 2]));
    expect(second.state.value.at).toBe(50);
    server.answer = async () => {
      throw new TypeError("failed");
    };
    await second.refresh();
    expect(second.state.value).toMatchObject({ value: [1, 2], at: 50, loading: false,
      error: { failure: "offline" } });
  });

  test("is not overwritten by an answer from before a change", async () => {
    let answer = (_: number[]): void => undefined;
    const cached = new Cached<number[]>({ ask: () => new Promise((resolve) => {
      answer = resolve;
    }) });
    const asked = cached.refresh();
    cached.set(() => [3]);
    answer([1]);
    await asked;
    expect(cached.value).toEqual([3]);
  });
});

describe("the outbox of the directory", () => {
  const ticket = (about: string) => ({ kind: "ticket", about, method: "POST" as const,
    path: "tickets", body: { id: about } });

  test("waits without a network, over restarts, and sends once and in order", async () => {
    const kept = Promise.resolve(inMemory());
    server.answer = async () => {
      throw new TypeError("failed");
    };
    const before = new RestOutbox(requests, kept, () => undefined);
    await before.add(ticket("a"));
    await before.add(ticket("b"));
    await before.flush();
    const sent: string[] = [];
    const bodies: unknown[] = [];
    server.answer = async (_, init) => {
      bodies.push(JSON.parse(String(init.body)));
      return json({});
    };
    const after = new RestOutbox(requests, kept, ({ about }) => sent.push(about));
    await after.flush();
    expect(sent).toEqual(["a", "b"]);
    expect(bodies).toEqual([{ id: "a" }, { id: "b" }]);
    expect(after.all.value).toEqual([]);
  });

  test("keeps what was refused, with its reason, and goes on with the rest", async () => {
    const outbox = new RestOutbox(requests, Promise.resolve(inMemory()), () => undefined);
    server.answer = async (_, init) => String(init.body).includes("bad")
      ? json({ error: { code: "malformed", message: "no" } }, 400) : json({});
    await outbox.add(ticket("bad"));
    await outbox.add(ticket("good"));
    await vi.waitFor(() => expect(outbox.unsent.value).toBe(0));
    const [left] = outbox.all.value as [Waiting];
    expect(left).toMatchObject({ about: "bad", refused: { code: "malformed" } });
    await outbox.replace(left.id, { id: "mended" });
    await vi.waitFor(() => expect(outbox.all.value).toEqual([]));
  });
});
