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

/** A Chromium that is asked too early in its start sometimes never answers: it is started again. */
const STARTS = 3;
const START_MILLIS = 20_000;

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

  /** With a command before it, which is to become it. */
  static async start(profile: string, before: readonly string[] = []): Promise<OwnChromium> {
    const more = ["--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
    const [command = CHROMIUM, ...rest] = [...before, CHROMIUM, ...SWITCHES, ...more];
    for (let left = STARTS; ; left -= 1) {
      const child = spawn(command, rest, { stdio: ["ignore", "ignore", "pipe"] });
      try {
        const options = { timeout: START_MILLIS };
        const browser = await chromium.connectOverCDP(await addressOf(child), options);
        return new OwnChromium(child, browser);
      } catch (error) {
        await ended(child, () => child.kill("SIGKILL"));
        if (left === 1) throw error;
      }
    }
  }

  /** Also where it has ended. */
  async end(): Promise<void> {
    if (!this.browser.isConnected()) return;
    const session = await this.browser.newBrowserCDPSession();
    // An orderly end, so that everything that a profile keeps is on the disk.
    await ended(this.#process, () => void session.send("Browser.close").catch(() => {}));
  }
}

/** Until a process that is told to end has ended. */
async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once("exit", resolve));
  end();
  await over;
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
