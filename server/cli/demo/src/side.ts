/** One side of the stage: an app in a frame, its network, and who is there. */

import type { Client, Connection, Traffic } from "@rejoinder/client";
import { element, plural } from "./dom.js";
import { fetchLogIns, type LogIn, logIn } from "./login.js";
import { Reader } from "./search/readable.js";

/** How often the frames are looked through for an app that started or went. */
const LOOK_MILLIS = 300;

export interface SideText {
  title: string;
  lead: string;
  address: string;
  /** What to do while there is no client. */
  missing: string;
  /** Where the people are named who can log in. */
  logIns?: string;
}

interface AppWindow extends Window {
  rejoinderClient?: Client;
}

const STATES: Record<Connection, string> = {
  offline: "Offline",
  syncing: "Connecting",
  live: "Connected",
};

export class Side {
  readonly #frame: HTMLIFrameElement;
  readonly #switch: HTMLButtonElement;
  readonly #state: HTMLElement;
  readonly #hint: HTMLElement;
  readonly #people: HTMLElement;
  readonly #text: SideText;
  readonly #listeners: ((traffic: Traffic) => void)[] = [];
  readonly #changes: (() => void)[] = [];
  #client: Client | null = null;
  #reader: Reader | null = null;
  #leave: (() => void)[] = [];
  #online = true;

  constructor(place: HTMLElement, text: SideText) {
    this.#text = text;
    const id = `${place.dataset.side}-title`;
    this.#switch = element(
      "button",
      {
        type: "button",
        role: "switch",
        class: "switch",
        "aria-checked": "true",
      },
      element("span", { class: "knob" }),
      element("span", {}, "Network"),
    );
    this.#state = element("span", { class: "state" });
    this.#hint = element("p", { class: "hint" }, text.missing);
    this.#people = element("div", { class: "people" });
    this.#frame = element("iframe", { src: text.address, title: text.title, class: "app" });
    const again = element("button", { type: "button", class: "quiet" }, "Reload");
    place.append(
      element(
        "div",
        { class: "row" },
        element(
          "div",
          { class: "who" },
          element("h2", { id }, text.title),
          element("p", { class: "lead" }, text.lead),
        ),
        element("div", { class: "controls" }, this.#state, this.#switch, again),
      ),
      this.#hint,
      this.#people,
      this.#frame,
    );
    this.#switch.addEventListener("click", () => this.#toggle());
    again.addEventListener("click", () => this.#frame.contentWindow?.location.reload());
    this.#show();
    window.setInterval(() => this.#look(), LOOK_MILLIS);
    if (text.logIns) {
      void this.#offerLogIns(text.logIns);
    }
  }

  /** What reads as the app does; none while there is no client. */
  get reader(): Reader | null {
    return this.#reader;
  }

  onTraffic(listener: (traffic: Traffic) => void): void {
    this.#listeners.push(listener);
  }

  /** Something was done here, with a network or without. */
  onChange(listener: () => void): void {
    this.#changes.push(listener);
  }

  #toggle(): void {
    this.#online = !this.#online;
    this.#obey();
    this.#show();
  }

  /** The switch holds for a client that starts later, too. */
  #obey(): void {
    const done = this.#online ? this.#client?.goOnline() : this.#client?.goOffline();
    // A client that ended meanwhile has no network to switch.
    done?.catch(() => this.#look());
  }

  #look(): void {
    const found = clientIn(this.#frame.contentWindow);
    if (found === this.#client) {
      return;
    }
    this.#part();
    this.#client = found;
    this.#reader = found === null ? null : new Reader(found);
    this.#hint.textContent = this.#text.missing;
    this.#leave =
      found === null
        ? []
        : [
            found.on("traffic", (traffic) => {
              for (const listener of this.#listeners) {
                listener(traffic);
              }
            }),
            found.connection.subscribe(() => this.#show()),
            found.waiting.subscribe(() => {
              this.#show();
              for (const listener of this.#changes) {
                listener();
              }
            }),
          ];
    if (found !== null && !this.#online) {
      this.#obey();
    }
    this.#show();
  }

  #part(): void {
    const leave = this.#leave;
    this.#leave = [];
    try {
      this.#reader?.end();
      for (const one of leave) {
        one();
      }
    } catch {
      // The page that it ran in has gone, and nothing of it listens any more.
    }
  }

  #show(): void {
    const client = this.#client;
    this.#switch.setAttribute("aria-checked", String(this.#online));
    this.#hint.hidden = client !== null;
    this.#people.hidden = client !== null;
    const connection = this.#online ? (client?.connection.value ?? null) : "offline";
    this.#state.dataset.state = connection ?? "none";
    const waiting = client?.waiting.value ?? 0;
    const state = connection === null ? "Not started" : STATES[connection];
    this.#state.textContent =
      waiting > 0 ? `${state} · ${plural(waiting, "thing", "things")} waiting` : state;
  }

  async #offerLogIns(address: string): Promise<void> {
    const all = await fetchLogIns(address);
    if (all === null) {
      this.#people.append("Who can log in could not be read: load this page again.");
      return;
    }
    const password = all[0]?.password ?? "";
    this.#people.append(
      ...all.map((one) => this.#button(one)),
      element("span", { class: "fine" }, "Password of all: ", element("code", {}, password)),
    );
  }

  #button(who: LogIn): HTMLButtonElement {
    const role = who.role.replaceAll("_", " ");
    const button = element(
      "button",
      { type: "button", title: who.email },
      `Log in as ${who.name}`,
      element("small", {}, role),
    );
    button.addEventListener("click", () => {
      const asked = logIn(this.#frame.contentDocument, who);
      this.#hint.textContent = asked
        ? `Logging in as ${who.name} …`
        : "The desk shows no log-in at the moment: reload it, or log out there first.";
    });
    return button;
  }
}

/** The client of an app in this window or in a frame of it. */
function clientIn(window: Window | null): Client | null {
  try {
    const own = (window as AppWindow | null)?.rejoinderClient;
    if (own || !window) {
      return own ?? null;
    }
    for (const frame of framesIn(window.document)) {
      const found = clientIn(frame.contentWindow);
      if (found) {
        return found;
      }
    }
  } catch {
    // A page of another origin, such as an error page of the browser's, shows nothing.
  }
  return null;
}

/** Frames of a page; those in a shadow root, as a widget's, are in no list of the window's. */
function* framesIn(root: Document | ShadowRoot): Generator<HTMLIFrameElement> {
  yield* root.querySelectorAll("iframe");
  for (const element of root.querySelectorAll("*")) {
    if (element.shadowRoot) {
      yield* framesIn(element.shadowRoot);
    }
  }
}
