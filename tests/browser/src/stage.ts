import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base, type BrowserContext, type BrowserContextOptions } from "@playwright/test";
import type { Client } from "@rejoinder/client";
import { DemoServer } from "../../../client-sdk/js/tests/server.ts";
import { Agent } from "./agent.ts";
import { Desk, PASSWORD } from "./desk.ts";
import { Line } from "./line.ts";
import { PaintedLog } from "./painted.ts";
import { Shop } from "./shop.ts";
import { stopwatch } from "./stopwatch.ts";
import { Visitor, type VisitorOptions } from "./visitor.ts";

const PROGRAM = process.env.REJOINDER ?? join(import.meta.dirname, "../../../target/debug/rejoinder");

declare global {
  interface Window {
    /** Both apps hold their client here. */
    rejoinderClient?: Client;
  }
}

type Role = "support_agent" | "agent" | "account_manager" | "supervisor" | "admin" | "owner";

/** Who is on it: a real server, a customer's page, and people with browsers and lines. */
export class Stage {
  readonly #ends: (() => Promise<void>)[] = [];
  readonly #newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>;

  constructor(
    readonly server: DemoServer,
    readonly shop: Shop,
    newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>,
  ) {
    this.#newContext = newContext;
  }

  /** The same page and browsers before a server of their own, where nobody else was or is. */
  async apart(): Promise<Stage> {
    const server = await DemoServer.start();
    const stage = new Stage(server, this.shop, this.#newContext);
    this.#ends.push(async () => {
      await stage.clear();
      await server.end();
    });
    return stage;
  }

  async line(): Promise<Line> {
    const line = await Line.to(this.server.address);
    this.#ends.push(() => line.end());
    return line;
  }

  async visitor(
    options: VisitorOptions & {
      context?: BrowserContext;
      browser?: BrowserContextOptions;
      site?: string;
    } = {},
  ): Promise<Visitor> {
    const { context: given, browser, site = this.server.site, ...rest } = options;
    const line = await this.line();
    const context = given ?? (await this.#newContext(browser));
    const painted = await PaintedLog.of(context);
    const page = context.pages()[0] ?? (await context.newPage());
    return new Visitor(context, line, painted, this.shop, site, rest, page);
  }

  /** A desk that is logged in. */
  async desk(who: "sue" | "ann" | "bo", browser?: BrowserContextOptions): Promise<Desk> {
    const desk = await this.emptyDesk(browser);
    await desk.logIn(`${who}@demo.example`);
    return desk;
  }

  async emptyDesk(browser?: BrowserContextOptions): Promise<Desk> {
    const line = await this.line();
    const context = await this.#newContext(browser);
    const painted = await PaintedLog.of(context);
    return new Desk(context, line, painted, await context.newPage());
  }

  /** A desk whose times are measured: nothing else looks at what it does. */
  async measuredDesk(who: "sue" | "ann" | "bo"): Promise<Desk> {
    const line = await this.line();
    const context = await this.#newContext();
    await context.addInitScript(stopwatch);
    const desk = new Desk(context, line, PaintedLog.none(), await context.newPage());
    await desk.logIn(`${who}@demo.example`);
    return desk;
  }

  async agent(who: "sue" | "ann" | "bo"): Promise<Agent> {
    const agent = await Agent.logIn(this.server.address, `${who}@demo.example`);
    this.#ends.push(() => agent.leave());
    return agent;
  }

  /** Runs the program beside the server, as its administrator does. */
  administer(...args: string[]): string {
    return administer(this.server, args);
  }

  addAgent(name: string, email: string, role: Role = "agent", site = this.server.site): void {
    const who = ["--email", email, "--name", name, "--role", role];
    const where = ["--site", site, "--password-stdin"];
    administer(this.server, ["agent", "add", ...who, ...where], `${PASSWORD}\n`);
  }

  /** Somebody new of a role, at a desk of their own. */
  async colleague(
    name: string, role: Role, more: { site?: string; browser?: BrowserContextOptions } = {},
  ): Promise<Desk> {
    const desk = await this.emptyDesk(more.browser);
    desk.email = `${name.toLowerCase()}${Date.now()}@demo.example`;
    this.addAgent(name, desk.email, role, more.site);
    await desk.logIn(desk.email);
    return desk;
  }

  /** A site beside the demo's; its id. */
  addSite(name: string, ...settings: string[]): string {
    const told = this.administer("site", "add", name, ...settings, "--json");
    return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(told)?.[0] ?? "";
  }

  /** A folder that goes with the story. */
  folder(): string {
    const path = mkdtempSync(join(tmpdir(), "rejoinder-browser-"));
    this.#ends.push(async () => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  atTheEnd(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  async clear(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
  }
}

function administer(server: DemoServer, args: string[], input = ""): string {
  const data = join(server.folder, "data");
  return execFileSync(PROGRAM, [...args, "--data", data], { encoding: "utf8", input });
}

type OfStory = { stage: Stage };
type OfWorker = { server: DemoServer; shop: Shop };

export const test = base.extend<OfStory, OfWorker>({
  server: [
    async ({ browserName: _ }, use) => {
      const server = await DemoServer.start();
      const visitors = ["--visitor-edit", "on", "--visitor-recall", "on"];
      administer(server, ["site", "set", server.site, ...visitors]);
      await use(server);
      await server.end();
    },
    { scope: "worker" },
  ],
  shop: [
    async ({ browserName: _ }, use) => {
      const shop = await Shop.open();
      await use(shop);
      await shop.close();
    },
    { scope: "worker" },
  ],
  stage: async ({ server, shop, browser }, use) => {
    const contexts: BrowserContext[] = [];
    const stage = new Stage(server, shop, async (options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      return context;
    });
    await use(stage);
    for (const context of contexts) await context.close();
    await stage.clear();
    // Under the strictest policy, in every story: nothing was ever reported against it.
    const reports = shop.reports.splice(0);
    expect(reports, "UI15: the page's policy").toEqual([]);
  },
});

export { expect } from "@playwright/test";
