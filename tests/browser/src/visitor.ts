import {
  type BrowserContext,
  expect,
  type Frame,
  type FrameLocator,
  type Locator,
  type Page,
} from "@playwright/test";
import { draftIsKept } from "./drafts.ts";
import type { Line } from "./line.ts";
import type { PaintedLog } from "./painted.ts";
import type { Embedding, Shop } from "./shop.ts";

/** Where a page asks whether its visitor may want the chat. */
export const UNREAD = "/api/v1/unread";

export interface VisitorOptions extends Partial<Omit<Embedding, "site">> {
  host?: "127.0.0.1" | "localhost";
}

/** Somebody on the shop's page, with a browser and a line of their own. */
export class Visitor {
  /** What the browser complains of; a story says which of it is right. */
  readonly complaints: string[] = [];

  constructor(
    readonly context: BrowserContext,
    readonly line: Line,
    readonly painted: PaintedLog,
    readonly shop: Shop,
    readonly site: string,
    readonly options: VisitorOptions,
    public page: Page,
  ) {
    this.#listen(page);
  }

  /** Comes to the shop's page. */
  async visit(): Promise<void> {
    const { host, ...embedding } = this.options;
    const where = { server: this.line.address, site: this.site, ...embedding };
    await this.page.goto(this.shop.page(where, host));
  }

  async open(): Promise<void> {
    await this.launcher.click();
  }

  /** Comes, and opens the chat. */
  async arrive(): Promise<void> {
    await this.visit();
    await this.open();
    await expect(this.composer).toBeVisible();
  }

  async leave(): Promise<void> {
    await this.page.close();
  }

  /** In a new tab, on the shop's page. */
  async visitAgain(): Promise<void> {
    this.page = await this.context.newPage();
    this.#listen(this.page);
    await this.visit();
  }

  /**
   * In a new tab, on a page that does not hear whether somebody may want the chat: no frame is made
   * before it is asked for.
   */
  async visitUnasked(): Promise<void> {
    this.page = await this.context.newPage();
    this.#listen(this.page);
    const session = await this.context.newCDPSession(this.page);
    await session.send("Network.enable");
    await session.send("Network.setBlockedURLs", { urls: [`*${UNREAD}`] });
    await this.visit();
  }

  /** In a new tab, with the chat open. */
  async comeBack(): Promise<void> {
    await this.visitAgain();
    await this.open();
    await expect(this.composer).toBeVisible();
  }

  /** Another tab of the same browser. */
  async otherTab(): Promise<Visitor> {
    const page = await this.context.newPage();
    const { context, line, painted, shop, site, options } = this;
    const other = new Visitor(context, line, painted, shop, site, options, page);
    await other.arrive();
    return other;
  }

  async goOffline(): Promise<void> {
    this.line.cut();
    await this.context.setOffline(true);
    await expect(this.status).toContainText("Offline");
  }

  async goOnline(): Promise<void> {
    this.line.mend();
    await this.context.setOffline(false);
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  get launcher(): Locator {
    return this.page.locator("button.launcher");
  }

  /** How much is unread, on the button. */
  get badge(): Locator {
    return this.page.locator(".badge");
  }

  get chat(): FrameLocator {
    return this.page.frameLocator("iframe");
  }

  get composer(): Locator {
    return this.chat.locator("textarea");
  }

  get status(): Locator {
    return this.chat.locator("header .status");
  }

  get notices(): Locator {
    return this.chat.locator(".notices");
  }

  /** Everything that is said, in its order. */
  get messages(): Locator {
    return this.chat.locator(".row .words");
  }

  /** Notices that stand in a recalled message's place. */
  get removed(): Locator {
    return this.chat.locator(".bubble.recalled");
  }

  row(text: string): Locator {
    return this.chat.locator(".row").filter({ hasText: text });
  }

  mark(text: string, state: "waiting" | "sent" | "seen"): Locator {
    return this.row(text).locator(`.state.${state}`);
  }

  async menu(text: string, entry: string): Promise<void> {
    const row = this.row(text);
    await row.hover();
    await row.getByRole("button", { name: "What to do with this message" }).click();
    await row.getByRole("menuitem", { name: entry }).click();
  }

  async hasSent(text: string): Promise<void> {
    const state = this.row(text).locator(".state.sent, .state.seen");
    await expect(state).toBeVisible();
  }

  async isLive(): Promise<void> {
    await expect(this.status).not.toHaveClass(/warn/);
    await expect(this.status).toHaveText(/online|away/);
  }

  /** Until what stands in the composer, or nothing, is in the store. */
  async draftIsKept(text: string | null): Promise<void> {
    await draftIsKept(this.frame(), text);
  }

  /** Until what was filled in before anything was said is in the store, and nowhere in the clear. */
  async formIsKept(text: string): Promise<void> {
    const kept = (typed: string) => {
      const entries = Object.entries({ ...localStorage });
      if (JSON.stringify(entries).includes(typed)) return "in the clear";
      const [, begun] = entries.find(([key]) => key.startsWith("rejoinder:begun:")) ?? [];
      if (begun === undefined) return "nowhere";
      const view = window.rejoinderClient?.conversation(begun).view.value;
      return (view?.drafts ?? []).some((draft) => draft.text.includes(typed)) ? "kept" : "nowhere";
    };
    await expect.poll(() => this.frame().evaluate(kept, text)).toBe("kept");
  }

  frame(): Frame {
    const frame = this.page.frames().find((one) => one.url().includes("/widget/app"));
    if (frame === undefined) throw new Error("the chat was not opened");
    return frame;
  }

  /** The conversation that goes on. */
  async conversation(): Promise<string> {
    const id = () => this.frame().evaluate(() => window.rejoinderClient?.inbox.value[0]?.conversation);
    await expect.poll(id).toBeTruthy();
    return (await id()) ?? "";
  }

  #listen(page: Page): void {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }
}
