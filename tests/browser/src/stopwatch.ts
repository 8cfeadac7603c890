import type { Page } from "@playwright/test";

declare global {
  interface Window {
    stopwatch?: { times: number[]; pending: number };
  }
}

/**
 * Runs in pages. From the moment when a person did something, as the browser noted it, until the
 * frame after the one that is painted then: never less than what they waited.
 */
export function stopwatch(): void {
  const watch = { times: [] as number[], pending: 0 };
  window.stopwatch = watch;
  const begin = (event: Event) => {
    if (!event.isTrusted) return;
    const from = event.timeStamp;
    watch.pending += 1;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        watch.times.push(performance.now() - from);
        watch.pending -= 1;
      }),
    );
  };
  const types = ["pointerdown", "pointerup", "click", "keydown", "keyup", "input", "scroll"];
  for (const type of types) {
    addEventListener(type, begin, { capture: true, passive: true });
  }
}

/** Does something a number of times, and tells how long the slowest event of each took. */
export async function timed(
  page: Page, times: number, act: (time: number) => Promise<void>,
): Promise<number[]> {
  const longest: number[] = [];
  for (let time = 0; time < times; time += 1) {
    await painted(page, 0);
    await act(time);
    longest.push(await painted(page, 1));
  }
  return longest;
}

/** Until what was begun, `least` events or more, is painted; the longest of it. */
async function painted(page: Page, least: number): Promise<number> {
  const done = await page.waitForFunction((events) => {
    const { stopwatch: watch } = window;
    return watch !== undefined && watch.pending === 0 && watch.times.length >= events
      ? { longest: Math.max(0, ...watch.times) } : null;
  }, least);
  const { longest } = (await done.jsonValue()) ?? { longest: 0 };
  await page.evaluate(() => window.stopwatch?.times.splice(0));
  return longest;
}

export function percentile(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? 0;
}
