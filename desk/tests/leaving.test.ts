import { RejoinderError } from "@rejoinder/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ScriptedClient } from "../dev/client.js";
import { question } from "../src/state/ask.js";
import { Desk } from "../src/state/desk.js";
import { leave } from "../src/state/leaving.js";

vi.mock("../src/sdk.js", () => ({ fetchApi: async () => new Response("[]") }));

const asked: ("keep" | "lose")[] = [];

class CarefulClient extends ScriptedClient {
  override async logOut(unsent?: "keep" | "lose"): Promise<void> {
    if (unsent === "keep" && this.connection.value === "offline") {
      throw new RejoinderError("offline", "there is no connection: go online first");
    }
    asked.push(unsent ?? "keep");
  }
}

let client: CarefulClient;
let desk: Desk;
const choices = () => question.peek()?.choices.map(({ id }) => id);

beforeEach(() => {
  vi.stubGlobal("sessionStorage", { getItem: () => "yes", setItem() {}, removeItem() {} });
  vi.stubGlobal("navigator", { onLine: true });
  asked.length = 0;
  client = new CarefulClient({ server: "", profile: "desk" });
  desk = new Desk(client);
  client.waiting.set(0);
});

afterEach(() => {
  question.peek()?.answer(null);
  desk.dispose();
  vi.unstubAllGlobals();
});

test("without a network, and with nothing that waits, one can log out here", async () => {
  client.connection.set("offline");
  const left = leave(desk);
  await vi.waitFor(() => expect(choices()).toEqual(["yes"]));
  expect(asked).toEqual([]);
  question.peek()?.answer("yes");
  await left;
  expect(asked).toEqual(["lose"]);
});

test("put away unanswered, the question erases nothing", async () => {
  client.connection.set("offline");
  const left = leave(desk);
  await vi.waitFor(() => expect(choices()).toEqual(["yes"]));
  question.peek()?.answer(null);
  await left;
  expect(asked).toEqual([]);
});

test("a log-in that the server does not know any more is told, and ends without a network", async () => {
  client.connection.set("offline");
  client.emit("problem", { document: null, reason: "credential", retry_after_millis: null });
  expect(desk.trouble.peek()).toBe("credential");
  await leave(desk);
  expect(asked).toEqual(["lose"]);
});

test("what waits is kept until its author has seen that it cannot be sent", async () => {
  client.connection.set("offline");
  client.waiting.set(2);
  client.emit("problem", { document: null, reason: "credential", retry_after_millis: null });
  const left = leave(desk);
  await vi.waitFor(() => expect(choices()).toEqual(["lose"]));
  question.peek()?.answer(null);
  await left;
  expect(asked).toEqual([]);
});

test("what waits can be sent first where the server is known", async () => {
  client.waiting.set(1);
  const left = leave(desk);
  await vi.waitFor(() => expect(choices()).toEqual(["lose", "send"]));
  client.waiting.set(0);
  question.peek()?.answer("send");
  await left;
  expect(asked).toEqual(["keep"]);
});

test("UI9 a file whose message has gone is asked about, and can be sent first", async () => {
  client.uploads.set([{ attachment: "a", sent: 10, bytes: 100 }]);
  const left = leave(desk);
  await vi.waitFor(() => expect(choices()).toEqual(["lose", "send"]));
  question.peek()?.answer("send");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toEqual([]);
  client.uploads.set([]);
  await left;
  expect(asked).toEqual(["keep"]);
});
