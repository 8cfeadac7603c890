import { beforeEach, expect, test, vi } from "vitest";
import { Site } from "../src/app/site";
import { page } from "./cast";

beforeEach(() => void page());

test("UI30 who came just after it was asked is there once the answer is not fresh any more", async () => {
  vi.useFakeTimers();
  try {
    let agents: object[] = [];
    const asked = vi.fn(async () => Response.json({ agents }));
    vi.stubGlobal("fetch", asked);
    const site = new Site("s");
    await site.ask();
    agents = [{ id: "sue", name: "Sue", online: true }];
    site.hint();
    site.hint();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(asked).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(site.online.value).toEqual(agents);
    site.hint();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveBeenCalledTimes(3);
  } finally {
    vi.useRealTimers();
  }
});
