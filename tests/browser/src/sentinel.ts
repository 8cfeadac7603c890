import type { BrowserContext, Page } from "@playwright/test";
import { expect } from "@playwright/test";
import { PAYLOADS } from "./payloads.ts";

/** Counts what must never happen on any page of a browser: a payload that runs, or is caught. */
export class Sentinel {
  readonly calls: string[] = [];
  /** What a content security policy, or Trusted Types, kept from happening. */
  readonly reports: string[] = [];

  static async of(context: BrowserContext): Promise<Sentinel> {
    const sentinel = new Sentinel();
    await context.exposeBinding("pwnedHere", ({ frame }) => void sentinel.calls.push(frame.url()));
    await context.exposeBinding("reportHere", (_, report: string) => {
      sentinel.reports.push(report);
    });
    await context.addInitScript(watch);
    return sentinel;
  }

  /** Payloads that are read as HTML do run here: what counts them is awake. */
  async isAwake(page: Page): Promise<void> {
    await page.goto("about:blank");
    for (const payload of PAYLOADS.slice(0, 60)) await page.setContent(payload);
    await expect.poll(() => this.calls.length).toBeGreaterThan(10);
    this.calls.length = 0;
  }

  isUnheard(): void {
    expect(this.calls, "payloads that ran").toEqual([]);
    expect(this.reports, "what a policy caught").toEqual([]);
  }
}

/** Runs in pages. */
function watch(): void {
  const page = globalThis as unknown as Record<string, (what?: string) => void>;
  const tell = () => page.pwnedHere?.();
  for (const name of ["pwned", "alert", "confirm", "prompt", "print"]) page[name] = tell;
  document.addEventListener("securitypolicyviolation", (event) => {
    page.reportHere?.(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
  });
}
