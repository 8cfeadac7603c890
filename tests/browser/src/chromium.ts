import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Browser, chromium } from "@playwright/test";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The system's own: none is downloaded. */
export const CHROMIUM =
  process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path)) ?? "chromium";

/** Without a sandbox, which root and most containers cannot have, and without talking to anybody. */
export const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/**
 * A Chromium as people start it: Playwright's own start turns the partitioning of third parties'
 * storage off, and what is left denies it to them.
 */
export class OwnChromium {
  readonly #process: ChildProcess;
  readonly browser: Browser;

  private constructor(process: ChildProcess, browser: Browser) {
    this.#process = process;
    this.browser = browser;
  }

  static async start(profile: string): Promise<OwnChromium> {
    const child = spawn(
      CHROMIUM,
      [...SWITCHES, "--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const browser = await chromium.connectOverCDP(await addressOf(child));
    return new OwnChromium(child, browser);
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    const session = await this.browser.newBrowserCDPSession();
    // An orderly end, so that everything that a profile keeps is on the disk.
    await session.send("Browser.close").catch(() => {});
    await ended;
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error("Chromium says nothing");
  for await (const line of createInterface({ input: child.stderr })) {
    const found = /DevTools listening on (ws:\S+)/.exec(line);
    if (found?.[1] !== undefined) {
      child.stderr.resume();
      return found[1];
    }
  }
  throw new Error("Chromium ended before it listened");
}
