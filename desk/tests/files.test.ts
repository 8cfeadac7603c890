import { RejoinderError } from "@rejoinder/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ScriptedClient } from "../dev/client.js";
import { endingOf, MOST_BYTES, pastedName, pastesFiles, problemOf } from "../src/model/files.js";
import { Addresses } from "../src/state/addresses.js";
import { Files } from "../src/state/files.js";

type Answer = (blob: Blob | Error) => void;
let asked: { id: string; answer: Answer }[];
let alive: Set<string>;
let isLive: boolean;
let addresses: Addresses;

const fails = (code: "file_waiting" | "file_not_taken" | "offline" | "recalled" | "file_content") =>
  new RejoinderError(code, code);

async function answer(id: string, what: Blob | Error): Promise<void> {
  const at = asked.findIndex((one) => one.id === id);
  asked.splice(at, 1)[0]?.answer(what);
  await vi.advanceTimersByTimeAsync(0);
}

const AT = { conversation: "c", kind: "timeline", message: "m" } as const;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  alive = new Set();
  isLive = true;
  let made = 0;
  addresses = new Addresses({
    fetch: (_, id) => new Promise((resolve, reject) => {
      asked.push({ id, answer: (it) => it instanceof Error ? reject(it) : resolve(it) });
    }),
    isLive: () => isLive,
    make: () => {
      made += 1;
      alive.add(`blob:${made}`);
      return `blob:${made}`;
    },
    revoke: (address) => alive.delete(address),
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("UI34 the address of a file", () => {
  test("is one for all that show it, and goes with the last of them", async () => {
    const [one, two] = [addresses.hold(AT, "a"), addresses.hold(AT, "a")];
    expect(asked).toHaveLength(1);
    await answer("a", new Blob(["x"]));
    expect(one.shown.peek()).toMatchObject({ state: "there", address: "blob:1" });
    one.release();
    one.release();
    expect(alive.size).toBe(1);
    two.release();
    expect(alive.size).toBe(0);
    expect(two.shown.peek()).toEqual({ state: "gone" });
  });

  test("is never made for bytes that come after the last one let go", async () => {
    const held = addresses.hold(AT, "a");
    held.release();
    const again = addresses.hold(AT, "a");
    await answer("a", new Blob(["of before"]));
    expect(alive.size).toBe(0);
    expect(again.shown.peek()).toEqual({ state: "fetching" });
    await answer("a", new Blob(["x"]));
    expect(alive.size).toBe(1);
  });

  test("is asked for with growing waits while its author still sends it", async () => {
    const held = addresses.hold(AT, "a");
    for (const wait of [1000, 2000, 4000]) {
      await answer("a", fails("file_waiting"));
      expect(held.shown.peek()).toEqual({ state: "waiting" });
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(asked).toHaveLength(0);
      await vi.advanceTimersByTimeAsync(1);
      expect(asked).toHaveLength(1);
    }
    await answer("a", fails("file_waiting"));
    held.release();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toHaveLength(0);
  });

  test("is not asked for again where the server did not take it", async () => {
    const held = addresses.hold(AT, "a");
    await answer("a", fails("file_not_taken"));
    expect(held.shown.peek()).toEqual({ state: "refused" });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toHaveLength(0);
  });

  test("waits for the connection where it needs the network", async () => {
    isLive = false;
    const held = addresses.hold(AT, "a");
    await answer("a", fails("offline"));
    expect(held.shown.peek()).toEqual({ state: "offline" });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(asked).toHaveLength(0);
    addresses.live();
    expect(asked).toHaveLength(1);
    await answer("a", fails("recalled"));
    expect(held.shown.peek()).toEqual({ state: "gone" });
    addresses.live();
    expect(asked).toHaveLength(0);
  });

  test("is asked for again by hand where the file did not open", async () => {
    const held = addresses.hold(AT, "a");
    await answer("a", fails("file_content"));
    expect(held.shown.peek()).toEqual({ state: "failed" });
    held.again();
    await answer("a", new Blob(["x"]));
    expect(held.shown.peek()).toMatchObject({ state: "there" });
  });

  test("is asked for few at a time, and not for those that are gone meanwhile", async () => {
    const held = Array.from({ length: 7 }, (_, i) => addresses.hold(AT, `a${i}`));
    expect(asked.map(({ id }) => id)).toEqual(["a0", "a1", "a2", "a3"]);
    held[4]?.release();
    await answer("a0", new Blob(["x"]));
    expect(asked.map(({ id }) => id)).toEqual(["a1", "a2", "a3", "a5"]);
  });
});

describe("UI33 files that are picked", () => {
  const text = (name: string, words = "words") => ({ name, data: new Blob([words]) });
  let files: Files;
  let client: ScriptedClient;

  beforeEach(() => {
    vi.stubGlobal("sessionStorage", { getItem: () => "yes", setItem() {}, removeItem() {} });
    client = new ScriptedClient({ server: "", profile: "desk" });
    files = new Files(client, client.connection as never);
  });

  test("are judged by their endings and sizes before anything is read", () => {
    expect(endingOf("Holiday.PNG")).toBe("png");
    expect(problemOf({ name: "a.png", size: 1 })).toBeNull();
    expect(problemOf({ name: "setup.exe", size: 1 })).toBe("file_type");
    expect(problemOf({ name: "noending", size: 1 })).toBe("file_type");
    expect(problemOf({ name: "a.png", size: 0 })).toBe("file_empty");
    expect(problemOf({ name: "a.png", size: MOST_BYTES })).toBeNull();
    expect(problemOf({ name: "a.png", size: MOST_BYTES + 1 })).toBe("file_too_large");
  });

  test("are of one composer, and stay until they are sent or removed", () => {
    files.add("c", "timeline", [text("a.txt"), text("b.exe")]);
    files.add("c", "team", [text("n.txt")]);
    expect(files.picked("c", "timeline").peek().map(({ problem }) => problem))
      .toEqual([null, "file_type"]);
    const taken = files.take("c", "timeline");
    expect(taken.map(({ name }) => name)).toEqual(["a.txt"]);
    expect(files.picked("c", "timeline").peek().map(({ name }) => name)).toEqual(["b.exe"]);
    expect(files.isHolding).toBe(true);
    const note = files.take("c", "team");
    // UI33: until they are in a message, sealed and kept, they would go with the page.
    files.taken(taken);
    expect(files.isHolding).toBe(true);
    files.putBack("c", "team", note, new Error("the store is full"));
    expect(files.isHolding).toBe(true);
    files.taken(files.take("c", "team"));
    expect(files.isHolding).toBe(false);
  });

  test("come back where they were not sent, and only the one that was the reason says so", () => {
    files.add("c", "timeline", [text("a.txt"), text("b.txt"), text("c.txt")]);
    const taken = files.take("c", "timeline");
    files.putBack("c", "timeline", taken, new RejoinderError("file_content", "no text", 1));
    expect(files.picked("c", "timeline").peek().map(({ name, problem }) => [name, problem]))
      .toEqual([["a.txt", null], ["b.txt", "file_content"], ["c.txt", null]]);
  });

  test("are at most twenty a message; those that are not taken do not count", () => {
    files.add("c", "timeline", [text("a.exe")]);
    const many = Array.from({ length: 22 }, (_, i) => text(`${i}.txt`));
    expect(files.add("c", "timeline", many)).toBe(2);
    expect(files.picked("c", "timeline").peek()).toHaveLength(21);
  });

  test("that cannot be read say so", async () => {
    const folder = new Blob(["x"]);
    folder.slice = () => ({ arrayBuffer: () => Promise.reject(new Error()) }) as never;
    files.add("c", "timeline", [{ name: "folder.txt", data: folder }]);
    await vi.advanceTimersByTimeAsync(0);
    expect(files.picked("c", "timeline").peek()[0]?.problem).toBe("file_unreadable");
  });

  test("that the server does not take keep its reason", () => {
    client.emit("file_refused", { attachment: "a", reason: "full" });
    expect(files.refused.peek().get("a")).toBe("full");
  });

  test("of a clipboard have names, and give way to the text beside them", () => {
    expect(pastedName({ name: "image.png", type: "image/png" }, 0)).toBe("pasted-image.png");
    expect(pastedName({ name: "", type: "image/jpeg" }, 1)).toBe("pasted-image-2.jpg");
    expect(pastedName({ name: "plan.pdf", type: "application/pdf" }, 0)).toBe("plan.pdf");
    expect(pastesFiles(["Files"], "")).toBe(true);
    expect(pastesFiles(["text/plain", "Files"], "plan.pdf")).toBe(true);
    expect(pastesFiles(["text/plain", "text/html", "Files"], "a table")).toBe(false);
    expect(pastesFiles(["text/html", "Files"], "")).toBe(true);
  });
});
