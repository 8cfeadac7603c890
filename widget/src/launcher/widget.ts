import {
  type Call,
  type ColorScheme,
  type Detail,
  type EventName,
  type Look,
  languageOf,
  type Position,
  type Settings,
  type ToHost,
} from "../bridge";
import { dress, icon, make } from "./dom";
import { Frame } from "./frame";
import { applyLook, lookOf, place } from "./settings";
import { type TokenPlace, tokenPlace } from "./token";
import { type Words, wordsFor } from "./words";

/** How often a page that is looked at asks whether something unread has come. */
const UNREAD_EVERY_MILLIS = 60_000;

const BUBBLE = "M4 5.5h16v11H10l-4.5 4v-4H4zM8.5 11h.01M12 11h.01M15.5 11h.01";
const CHEVRON = "M6 9.5l6 6 6-6";

/** Button, badge and panel on somebody's page. */
export class Widget {
  readonly #server: string;
  readonly #site: string;
  readonly #settings: Settings;
  readonly #inline: boolean;
  readonly #root: ShadowRoot;
  readonly #button: HTMLButtonElement;
  readonly #badge = make("span", { class: "badge" });
  readonly #panel: HTMLElement;
  readonly #token: TokenPlace;
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #ending = new AbortController();
  /** Calls that came before the app was there, in their order. */
  #calls: [Call, unknown][] = [];
  #frame: Frame | undefined;
  /** Whether the page was told so: once, however often the app is loaded anew. */
  isReady = false;
  isOpen = false;
  unread = 0;
  #look: Look;

  constructor(
    server: string,
    site: string,
    settings: Settings,
    readonly host: HTMLElement,
    inline: boolean,
  ) {
    this.#server = server;
    this.#site = site;
    this.#settings = settings;
    this.#inline = inline;
    this.#token = tokenPlace(site);
    this.#look = lookOf(settings);
    this.#root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    this.#panel = make("div", { class: "panel", role: inline ? "region" : "dialog" });
    this.#button = make(
      "button",
      { class: "launcher", "aria-haspopup": "dialog" },
      icon(BUBBLE, CHEVRON),
      settings.launcherLabel ?? "",
      this.#badge,
    );
    this.#root.replaceChildren(this.#panel, ...(inline ? [] : [this.#button]));
    dress(this.#root, settings.nonce);
    host.toggleAttribute("data-inline", inline);
    this.#listen();
    this.#paint();
    this.setShown(!settings.hideLauncher);
    if (inline) this.#appear();
    else void this.#askUnread();
  }

  open(): void {
    if (this.isOpen) {
      this.#focus();
      return;
    }
    this.#appear();
    this.tell("open", {});
  }

  close(): void {
    if (!this.isOpen || this.#inline) return;
    const within = this.#root.activeElement;
    this.isOpen = false;
    this.#paint();
    this.#frame?.say({ type: "shown", shown: false });
    if (within) this.#button.focus();
    this.tell("close", {});
  }

  setShown(shown: boolean): void {
    this.#button.hidden = !shown;
    this.host.toggleAttribute("data-bare", !shown);
  }

  setLook(change: { locale?: string; colorScheme?: ColorScheme }): void {
    this.#look = { ...this.#look, ...change };
    this.#paint();
    this.#frame?.say({ type: "look", look: this.#look });
  }

  setPosition(position: Position, offset?: Settings["offset"]): void {
    this.#settings.position = position;
    if (offset !== undefined) this.#settings.offset = offset;
    this.#paint();
  }

  call(method: Call, argument: unknown): void {
    if (this.#frame?.isThere) this.#frame.say({ type: "call", method, argument });
    else this.#calls.push([method, argument]);
    if (method === "startConversation") this.open();
    // What cannot be seen still has to be carried out; it needs the app, not the panel.
    else this.#load();
  }

  tell(name: EventName, detail: Detail): void {
    dispatchEvent(new CustomEvent(`rejoinder:${name}`, { detail }));
  }

  end(): void {
    this.#ending.abort();
    this.#frame?.end();
    this.#root.replaceChildren();
    if (!this.#inline) this.host.remove();
  }

  get #words(): Words {
    return wordsFor(languageOf(this.#look.locale));
  }

  #listen(): void {
    const { signal } = this.#ending;
    this.#button.onclick = () => (this.isOpen ? this.close() : this.open());
    this.#root.addEventListener("keydown", (event) => {
      if ((event as KeyboardEvent).key === "Escape") this.close();
    });
    this.#dark.addEventListener("change", () => this.#paint(), { signal });
    addEventListener("online", () => this.isOpen && this.#load(), { signal });
    const timer = setInterval(() => void this.#askUnread(), UNREAD_EVERY_MILLIS);
    signal.onabort = () => clearInterval(timer);
    // Somebody who was here before is about to open it: then the words are there when they do.
    this.#button.onpointerenter = this.#button.onfocus = () => {
      if (this.#token.read()) this.#load();
    };
  }

  #paint(): void {
    const words = this.#words;
    const label = this.#settings.launcherLabel || words.chat;
    applyLook(this.host, this.#look, this.#dark.matches);
    if (!this.#inline) place(this.host, this.#settings);
    this.host.toggleAttribute("data-open", this.isOpen);
    this.#panel.classList.toggle("open", this.isOpen);
    this.#panel.setAttribute("aria-label", words.chat);
    this.#badge.hidden = !this.unread || this.isOpen;
    this.#badge.textContent = this.unread > 9 ? "9+" : `${this.unread}`;
    this.#button.setAttribute("aria-expanded", `${this.isOpen}`);
    this.#button.setAttribute(
      "aria-label",
      this.#badge.hidden ? label : `${label} (${this.unread} ${words.unread})`,
    );
  }

  #appear(): void {
    this.isOpen = true;
    this.#paint();
    this.#load();
    this.#frame?.say({ type: "shown", shown: true });
    if (!this.#inline) this.#focus();
  }

  #load(): void {
    if (this.#frame) return;
    const frame = new Frame(
      this.#server,
      this.#site,
      this.#words.chat,
      (message) => this.#hear(frame, message),
      () => this.#fail(),
    );
    this.#frame = frame;
    this.#panel.className = "panel";
    this.#panel.replaceChildren(frame.element);
    this.#paint();
  }

  #hear(frame: Frame, message: ToHost): void {
    switch (message.type) {
      case "hello":
        this.#panel.classList.add("there");
        frame.say({
          type: "init",
          token: this.#token.read(),
          look: this.#look,
          shown: this.isOpen,
          inline: this.#inline,
          page: [document.title, location.href],
        });
        for (const [method, argument] of this.#calls) {
          frame.say({ type: "call", method, argument });
        }
        this.#calls = [];
        break;
      case "token":
        this.#token.write(message.token);
        break;
      case "unread":
        this.#setUnread(message.count);
        break;
      case "event":
        if (message.name === "ready") {
          if (this.isReady) break;
          this.isReady = true;
        }
        this.tell(message.name, message.detail);
        break;
      case "open":
      case "close":
        this[message.type]();
        break;
      case "reload":
        this.#retry();
        break;
    }
  }

  #setUnread(count: number): void {
    if (count === this.unread) return;
    this.unread = count;
    this.#paint();
    this.tell("unread", { count });
  }

  #fail(): void {
    const words = this.#words;
    const again = make("button", {}, words.retry);
    const leave = make("button", {}, words.close);
    again.addEventListener("click", () => this.#retry());
    leave.addEventListener("click", () => this.close());
    leave.hidden = this.#inline;
    this.#unload();
    this.#panel.replaceChildren(
      make("div", { class: "fail", role: "alert" }, words.down, again, leave),
    );
    if (this.isOpen && !this.#inline) again.focus();
    this.tell("error", { code: "unreachable" });
  }

  #unload(): void {
    this.#frame?.end();
    this.#frame = undefined;
  }

  #retry(): void {
    this.#unload();
    this.#load();
    if (this.isOpen) this.#focus();
  }

  #focus(): void {
    this.#frame?.element.focus();
  }

  /** A session that is known may have unread messages: then the app comes, unseen, to count. */
  async #askUnread(): Promise<void> {
    const token = this.#token.read();
    if (this.#frame || !token || document.hidden) return;
    try {
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch(`${this.#server}/api/v1/unread`, { headers });
      // Revoked: whoever it was, there is nothing to ask for them any more.
      if (answer.status === 401) this.#token.write(null);
      const { unread } = (await answer.json()) as { unread?: boolean };
      if (answer.ok && unread && !this.#ending.signal.aborted) this.#load();
    } catch {
      // No network, or the page's policy forbids it: the button still opens the chat.
    }
  }
}
