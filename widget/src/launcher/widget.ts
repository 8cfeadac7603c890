import type {
  Call,
  ColorScheme,
  Detail,
  EventName,
  Look,
  Position,
  Settings,
  ToApp,
  ToHost,
} from "../bridge";
import { draw, dress, make } from "./dom";
import { Frame } from "./frame";
import { applyLook, lookOf, place } from "./settings";
import { type TokenPlace, tokenPlace } from "./token";
import { wordsFor } from "./words";

/** How often a page that is looked at asks whether somebody may want the chat. */
const ASK_MILLIS = 60_000;
/** How long a page may be busy before it is asked all the same. */
const IDLE_MILLIS = 3_000;

const BUBBLE = "M4 5.5h16v11H10l-4.5 4v-4H4zM8.5 11h.01M12 11h.01M15.5 11h.01";
const CHEVRON = "M6 9.5l6 6 6-6";

/** What the types of the platform lack: not every browser tells it. */
type Sparing = { connection?: { saveData?: boolean } };

/** Button, badge and panel on somebody's page. */
export class Widget {
  readonly #server: string;
  readonly #site: string;
  readonly #settings: Settings;
  readonly #inline: boolean;
  readonly #root: ShadowRoot;
  readonly #button: HTMLButtonElement;
  readonly #path = draw("path");
  readonly #badge = make("span", { class: "badge" });
  readonly #panel: HTMLElement;
  readonly #token: TokenPlace;
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #ending = new AbortController();
  /** Calls that came before the app was there, in their order. */
  readonly #calls: ToApp[] = [];
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
    const svg = draw("svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.append(this.#path);
    this.#button = make(
      "button",
      { class: "launcher", "aria-haspopup": "dialog" },
      svg,
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
    const message = { type: "call", method, argument } as const;
    if (this.#frame?.isThere) this.#frame.say(message);
    else this.#calls.push(message);
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

  #listen(): void {
    const { signal } = this.#ending;
    this.#button.onclick = () => (this.isOpen ? this.close() : this.open());
    this.#root.addEventListener("keydown", (event) => {
      if ((event as KeyboardEvent).key === "Escape") this.close();
    });
    this.#dark.addEventListener("change", () => this.#paint(), { signal });
    addEventListener("online", () => this.isOpen && this.#load(), { signal });
    // The page comes first: what it asks and makes is in nobody's way.
    const rest = window.requestIdleCallback ?? ((run) => setTimeout(run, IDLE_MILLIS));
    const ask = () => {
      if (document.readyState === "complete") rest(this.#ask, { timeout: IDLE_MILLIS });
    };
    addEventListener("load", ask, { signal });
    document.addEventListener("visibilitychange", ask, { signal });
    ask();
    const timer = setInterval(ask, ASK_MILLIS);
    signal.onabort = () => clearInterval(timer);
    // Somebody who was here before is about to open it: then the words are there when they do. An
    // open panel has it, or says what failed.
    this.#button.onpointerenter = this.#button.onfocus = () => {
      if (!this.isOpen && this.#token.read()) this.#load();
    };
  }

  #paint(): void {
    const words = wordsFor(this.#look.locale);
    const label = this.#settings.launcherLabel || words.chat;
    applyLook(this.host, this.#look, this.#dark.matches);
    if (!this.#inline) place(this.host, this.#settings);
    this.host.toggleAttribute("data-open", this.isOpen);
    this.#panel.setAttribute("aria-label", words.chat);
    this.#path.setAttribute("d", this.isOpen ? CHEVRON : BUBBLE);
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
      wordsFor(this.#look.locale).chat,
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
        for (const call of this.#calls.splice(0)) frame.say(call);
        break;
      case "token":
        this.#token.write(message.token);
        break;
      case "unread":
        if (message.count === this.unread) break;
        this.unread = message.count;
        this.#paint();
        this.tell("unread", { count: this.unread });
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

  #fail(): void {
    const words = wordsFor(this.#look.locale);
    const again = make("button", {}, words.retry);
    const leave = make("button", {}, words.close);
    again.onclick = () => this.#retry();
    leave.onclick = () => this.close();
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

  /**
   * Makes the app, unseen, for a session with something unread, which it counts, or with an open
   * conversation: what was said is there when it is opened, as of that moment.
   */
  #ask = async (): Promise<void> => {
    const token = this.#token.read();
    if (this.#frame || !token || document.hidden) return;
    try {
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch(`${this.#server}/api/v1/unread`, { headers });
      // Revoked: whoever it was, there is nothing to ask for them any more.
      if (answer.status === 401) this.#token.write(null);
      const { unread, open } = (await answer.json()) as { unread?: boolean; open?: boolean };
      const wanted = unread || (open && !(navigator as Sparing).connection?.saveData);
      if (wanted && !this.#ending.signal.aborted) this.#load();
    } catch {
      // No network, or the page's policy forbids it: the button still opens the chat.
    }
  };
}
