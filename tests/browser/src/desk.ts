import { type BrowserContext, expect, type Locator, type Page } from "@playwright/test";
import { draftIsKept } from "./drafts.ts";
import type { Line } from "./line.ts";
import type { PaintedLog } from "./painted.ts";

export const PASSWORD = "a demo for everybody";

/** An agent at the desk, with a browser and a line of their own. */
export class Desk {
  readonly complaints: string[] = [];
  /** Who they log in as, where a story made them. */
  email = "";

  constructor(
    readonly context: BrowserContext,
    readonly line: Line,
    readonly painted: PaintedLog,
    public page: Page,
  ) {
    this.#listen(page);
  }

  async logIn(email: string, entry: "desk" | "portal" = "desk"): Promise<void> {
    await this.page.goto(`${this.line.address}/${entry}`);
    await this.page.getByLabel("E-mail").fill(email);
    await this.page.getByLabel("Password").fill(PASSWORD);
    await this.page.getByRole("button", { name: "Log in" }).click();
    await expect(this.pill("live")).toBeVisible();
  }

  /** A page of the desk, by its address after `#`. */
  async go(hash: string): Promise<void> {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, hash);
  }

  /** Chooses in one of the fields beside a conversation. */
  async choose(field: string, option: string): Promise<void> {
    const picker = this.details.getByRole("combobox", { name: field });
    // Who is online says so behind their name.
    const begins = picker.locator("option").filter({ hasText: new RegExp(`^${option}\\b`) });
    await picker.selectOption((await begins.first().getAttribute("value")) ?? "");
  }

  get details(): Locator {
    return this.page.getByRole("complementary", { name: "About this conversation" });
  }

  get head(): Locator {
    return this.page.locator(".conversation-head");
  }

  /** What the menu of the conversation has. */
  async more(entry: string): Promise<void> {
    await this.head.getByRole("button", { name: "More actions" }).click();
    await this.head.getByRole("menuitem", { name: entry }).click();
  }

  inboxRow(text: string): Locator {
    return this.page.locator(".row-button").filter({ hasText: text });
  }

  /** The conversation in which something was said last. */
  async read(text: string): Promise<void> {
    await this.page.getByRole("tab", { name: "All" }).click();
    await this.page.locator(".row-button").filter({ hasText: text }).first().click();
    await expect(this.message(text).first()).toBeVisible();
  }

  async take(): Promise<void> {
    await this.page.getByRole("button", { name: "Take", exact: true }).click();
    await expect(this.page.locator(".system-line").filter({ hasText: "took" })).toBeVisible();
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press("Enter");
  }

  async goOffline(): Promise<void> {
    this.line.cut();
    await this.context.setOffline(true);
    await expect(this.pill("offline")).toBeVisible();
  }

  async goOnline(): Promise<void> {
    this.line.mend();
    await this.context.setOffline(false);
    await expect(this.pill("live")).toBeVisible();
  }

  get composer(): Locator {
    return this.page.locator("textarea.composer-field");
  }

  get question(): Locator {
    return this.page.getByRole("dialog");
  }

  get decision(): Locator {
    return this.page.locator(".decision");
  }

  /** Until the service worker has everything that the desk needs to open without a network. */
  async keepsApp(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await expect
      .poll(() => this.page.evaluate(() => navigator.serviceWorker.controller?.state))
      .toBe("activated");
  }

  /** Until what stands in the composer, or nothing, is in the store. */
  async draftIsKept(text: string | null): Promise<void> {
    await draftIsKept(this.page.mainFrame(), text);
  }

  pill(state: "live" | "syncing" | "offline"): Locator {
    return this.page.locator(`.pill-${state}`);
  }

  message(text: string): Locator {
    return this.page.locator("article.message").filter({ hasText: text });
  }

  get removed(): Locator {
    return this.page.locator("article.is-recalled");
  }

  report(state: "unsent" | "erasing" | "to_go" | "everywhere"): Locator {
    return this.page.locator(`[data-report=${state}]`);
  }

  mark(text: string, state: "waiting" | "sent" | "seen"): Locator {
    return this.message(text).locator(`[data-state=${state}]`);
  }

  async menu(text: string, entry: string): Promise<void> {
    const message = this.message(text);
    await message.hover();
    await message.getByRole("button", { name: "Message actions" }).click();
    await message.getByRole("menuitem", { name: entry }).click();
  }

  async edit(from: string, to: string): Promise<void> {
    await this.menu(from, "Edit");
    await expect(this.page.getByText("Editing your message")).toBeVisible();
    await this.say(to);
    await expect(this.message(to)).toBeVisible();
  }

  /** Answers the one question that is asked; tells when it was answered. */
  async recall(text: string): Promise<number> {
    await this.menu(text, "Recall");
    const yes = this.question.getByRole("button", { name: "Remove for everyone" });
    await expect(yes).toBeVisible();
    const at = Date.now();
    await yes.click();
    return at;
  }

  #listen(page: Page): void {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }
}
