import type { Call, ColorScheme, Detail, EventName } from "../bridge";
import { settingsOf } from "./settings";
import { Widget } from "./widget";

type Arguments = ArrayLike<unknown> & Iterable<unknown>;
type Rejoinder = ((method: string, ...rest: never[]) => unknown) & {
  /** What was called before this script was there. */
  q?: Arguments[];
  loaded?: boolean;
};

declare global {
  interface Window {
    Rejoinder?: Rejoinder;
  }
}

const ELEMENT = "rejoinder-chat";
const TWICE = "Rejoinder: there is a chat on this page already.";

/** `currentScript` is there for classic scripts, `async` ones and injected ones too. */
const script = document.currentScript as HTMLScriptElement | null;
let widget: Widget | undefined;
let chat: typeof Chat | undefined;
/** What was called while the page had no widget yet. */
let early: Arguments[] = [];

const CALLS: Call[] = ["startConversation", "identify", "logout", "setAttributes"];

const METHODS: Record<string, (to: Widget, ...rest: never[]) => unknown> = {
  open: (to) => to.open(),
  close: (to) => to.close(),
  toggle: (to) => (to.isOpen ? to.close() : to.open()),
  show: (to) => to.setShown(true),
  hide: (to) => to.setShown(false),
  setLocale: (to, locale: string) => to.setLook({ locale }),
  setColorScheme: (to, colorScheme: ColorScheme) => to.setLook({ colorScheme }),
  setPosition: (to, ...place: Parameters<Widget["setPosition"]>) => to.setPosition(...place),
  isOpen: (to) => to.isOpen,
  unreadCount: (to) => to.unread,
  /** By event, so that a page's own mistake in a listener does not stop the chat. */
  on: (to: Widget | undefined, event: EventName, listener: (detail: Detail) => void) => {
    const name = `rejoinder:${event}`;
    const hear = (told: Event) => listener((told as CustomEvent<Detail>).detail);
    addEventListener(name, hear);
    if (event === "ready" && to?.isReady) listener({});
    return () => removeEventListener(name, hear);
  },
  destroy: (to) => {
    if (chat) chat.moved = undefined;
    to.end();
    widget = undefined;
    delete window.Rejoinder;
  },
};
for (const name of CALLS) METHODS[name] = (to, argument?: unknown) => to.call(name, argument);

function install(): void {
  early = [...(window.Rejoinder?.q ?? [])];
  const call = (method: string, ...rest: never[]): unknown => {
    const run = METHODS[method];
    if (!run) return console.error(`Rejoinder: there is no method "${method}".`);
    // To listen needs no widget.
    if (widget || method === "on") return run(widget as Widget, ...rest);
    return void early.push([method, ...rest]);
  };
  const rejoinder: Rejoinder = Object.assign(call, { loaded: true });
  for (const name in METHODS) {
    Object.assign(rejoinder, { [name]: call.bind(null, name) });
  }
  window.Rejoinder = rejoinder;
}

/** Defined once a page, for whichever script runs: one that was destroyed cannot take it back. */
class Chat extends HTMLElement {
  static moved: ((element: HTMLElement) => void) | undefined;

  connectedCallback(): void {
    Chat.moved?.(this);
  }

  disconnectedCallback(): void {
    Chat.moved?.(this);
  }
}

function start(): void {
  const server = new URL(script?.src ?? location.href).origin;
  const settings = settingsOf(script);
  const mount = (site: string | undefined, element?: HTMLElement): void => {
    if (!site) {
      if (element) console.error(`Rejoinder: <${ELEMENT}> needs a site="…".`);
      return;
    }
    if (widget) {
      console.warn(TWICE);
      return;
    }
    const host = element ?? document.body.appendChild(document.createElement("div"));
    widget = new Widget(server, site, settings, host, !!element);
    for (const call of early.splice(0)) window.Rejoinder?.(...(call as unknown as [string]));
  };
  const moved = (element: HTMLElement): void => {
    if (element.isConnected) {
      if (widget?.host !== element) mount(element.getAttribute("site") ?? settings.site, element);
    } else if (widget?.host === element) {
      widget.end();
      widget = undefined;
      // A page that shows its next view before it takes the last one away.
      const next = document.querySelector<HTMLElement>(ELEMENT);
      if (next) moved(next);
    }
  };
  const inline = document.querySelector<HTMLElement>(ELEMENT);
  chat = (customElements.get(ELEMENT) as typeof Chat | undefined) ?? Chat;
  chat.moved = moved;
  if (chat === Chat) customElements.define(ELEMENT, Chat);
  else if (inline) moved(inline);
  if (!inline) mount(settings.site);
}

if (window.Rejoinder?.loaded) console.warn(TWICE);
else {
  install();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
