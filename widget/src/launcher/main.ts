import type { Call, ColorScheme, Detail, EventName, Settings } from "../bridge";
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
const TWICE = "Rejoinder: one chat a page. This one is not shown, another is there already.";

/** `currentScript` is there for classic scripts, `async` ones and injected ones too. */
const script = document.currentScript as HTMLScriptElement | null;
let widget: Widget | undefined;
/** What was called while the page had no widget yet. */
let early: Arguments[] = [];

const CALLS: Call[] = ["startConversation", "identify", "logout", "setAttributes"];

/** By event, so that a page's own mistake in a listener does not stop the chat. */
function on(event: EventName, listener: (detail: Detail) => void): () => void {
  const hear = (told: Event) => listener((told as CustomEvent<Detail>).detail);
  addEventListener(`rejoinder:${event}`, hear);
  if (event === "ready" && widget?.isReady) listener({});
  return () => removeEventListener(`rejoinder:${event}`, hear);
}

function methodsOf(current: () => Widget) {
  return {
    open: () => current().open(),
    close: () => current().close(),
    toggle: () => (current().isOpen ? current().close() : current().open()),
    show: () => current().setShown(true),
    hide: () => current().setShown(false),
    setLocale: (locale: string) => current().setLook({ locale }),
    setColorScheme: (colorScheme: ColorScheme) => current().setLook({ colorScheme }),
    setPosition: (...place: Parameters<Widget["setPosition"]>) => current().setPosition(...place),
    isOpen: () => current().isOpen,
    unreadCount: () => current().unread,
    destroy: () => {
      current().end();
      widget = undefined;
      delete window.Rejoinder;
    },
    ...Object.fromEntries(
      CALLS.map((name) => [name, (argument?: unknown) => current().call(name, argument)]),
    ),
  };
}

function install(): void {
  early = [...(window.Rejoinder?.q ?? [])];
  const methods: Record<string, (...rest: never[]) => unknown> = methodsOf(() => widget as Widget);
  const call = (method: string, ...rest: never[]): unknown => {
    const run = method === "on" ? on : methods[method];
    if (!run) return console.error(`Rejoinder: there is no method "${method}".`);
    if (widget || run === on) return (run as (...rest: never[]) => unknown)(...rest);
    return void early.push([method, ...rest]);
  };
  const named = [...Object.keys(methods), "on"].map((name) => [
    name,
    (...rest: never[]) => call(name, ...rest),
  ]);
  window.Rejoinder = Object.assign(call, Object.fromEntries(named), { loaded: true });
}

function mount(server: string, settings: Settings, site: string, element?: HTMLElement): void {
  if (widget) {
    console.warn(TWICE);
    return;
  }
  const host = element ?? document.createElement("div");
  if (!element) document.body.append(host);
  widget = new Widget(server, site, settings, host, !!element);
  const said = early;
  early = [];
  for (const [method, ...rest] of said) window.Rejoinder?.(method as string, ...(rest as never[]));
}

function start(): void {
  const server = new URL(script?.src ?? location.href).origin;
  const settings = settingsOf(script);
  const inline = document.querySelector(ELEMENT);
  customElements.define(
    ELEMENT,
    class extends HTMLElement {
      connectedCallback(): void {
        const site = this.getAttribute("site") ?? settings.site;
        if (widget?.host === this) return;
        if (site) mount(server, settings, site, this);
        else console.error(`Rejoinder: <${ELEMENT}> needs a site="…".`);
      }
    },
  );
  if (inline) return;
  if (settings.site) mount(server, settings, settings.site);
}

if (window.Rejoinder?.loaded) console.warn(TWICE);
else {
  install();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
}
