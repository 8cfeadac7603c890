// The people of a story: a server, clients that it plays with by JSON lines, and desks in Chromium.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

export const PASSWORD = "a demo for everybody";
const BINARY = process.env.REJOINDER ?? "../target/debug/rejoinder";

export class World {
  constructor(port) {
    this.port = port;
    this.folder = mkdtempSync(join(tmpdir(), "desk-"));
    this.url = `http://127.0.0.1:${port}`;
    this.children = [];
    this.contexts = [];
    this.complaints = [];
  }

  async serve() {
    this.server = spawn(BINARY, ["serve", "--demo", "--data", join(this.folder, "server"),
      "--listen", `127.0.0.1:${this.port}`], { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: this.server.stdout })) {
      const found = /^site\s+([0-9a-f-]{36})/.exec(line);
      if (found) {
        this.site = found[1];
        break;
      }
    }
  }

  async stop() {
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGTERM");
    await ended;
  }

  /** A visitor, or with an e-mail address an agent. */
  async person(name, email) {
    const who = email ? ["--email", email] : ["--site", this.site];
    const child = spawn(BINARY, ["participant", "--server", this.url.replace("http", "ws"),
      "--data", join(this.folder, name), ...who],
    { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, REJOINDER_PASSWORD: PASSWORD } });
    this.children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => {
      const answer = JSON.parse((await lines.next()).value);
      if (answer.answer === "failed") {
        throw new Error(`${name}: ${answer.why}`);
      }
      return answer;
    };
    await next();
    return async (ask, rest = {}) => {
      child.stdin.write(`${JSON.stringify({ ask, ...rest })}\n`);
      return next();
    };
  }

  async desk({ settings = {}, viewport = { width: 1440, height: 900 }, profile, scheme } = {}) {
    const context = await chromium.launchPersistentContext(
      join(this.folder, profile ?? `browser-${this.contexts.length}`), {
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", viewport,
        colorScheme: scheme ?? "light", reducedMotion: "reduce",
        args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
          "--disable-component-update", "--disable-sync", "--no-first-run"],
      });
    this.contexts.push(context);
    await context.addInitScript((kept) => {
      if (!localStorage.getItem("rejoinder desk settings")) {
        localStorage.setItem("rejoinder desk settings", JSON.stringify(kept));
      }
    }, { tab: "all", ...settings });
    const page = context.pages()[0] ?? await context.newPage();
    this.listen(page);
    return page;
  }

  listen(page) {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        this.complaints.push(message.text());
      }
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  async end() {
    for (const context of this.contexts) {
      await context.close().catch(() => undefined);
    }
    for (const child of this.children) {
      child.kill();
    }
    if (this.server && this.server.exitCode === null) {
      await this.stop();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function logIn(page, url, email, path = "/desk") {
  await page.goto(url + path);
  await page.fill("#email", email);
  await page.fill("#password", PASSWORD);
  await page.click("button[type=submit]");
  await page.waitForSelector(".shell", { timeout: 20_000 });
}
