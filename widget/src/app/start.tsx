import { effect, untracked } from "@preact/signals";
import { render } from "preact";
import { Chat } from "./chat";
import { Host } from "./host";
import { clockTime, speak } from "./language";
import { keepApp } from "./kept";
import { type Connect, Session } from "./session";
import { Site } from "./site";
import { paletteOf } from "./theme";
import { tellPage } from "./visited";
import { App } from "./ui/app";
import "./styles/base.css";
import "./styles/chat.css";
import "./styles/message.css";
import "./styles/composer.css";

/** How often it is asked who is online, while the panel can be seen. */
const PRESENCE_MILLIS = 60_000;

/** How long drawing waits for the worker to be there: less than a person notices. */
const AWAKE_MILLIS = 80;

/** Puts the app on the page; the client begins at once for who was here before, or once opened. */
export async function start(
  connect: Connect,
  worker: () => Worker,
  awake: Promise<void>,
): Promise<void> {
  const id = new URLSearchParams(location.search).get("site") ?? "";
  const site = new Site(id);
  const host = new Host(id);
  const session = new Session(site, host, connect, worker);
  const chat = new Chat(session);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = () => {
    const { colorScheme } = host.look.value;
    const isDark = colorScheme === "dark" || (colorScheme === "auto" && dark.matches);
    const { dataset, style } = document.documentElement;
    dataset.scheme = isDark ? "dark" : "light";
    const palette = paletteOf(site.info.value?.theme_color ?? "", isDark);
    for (const name of ["--accent", "--on-accent", "--on-accent-soft", "--tint"] as const) {
      if (palette) style.setProperty(name, palette[name]);
      else style.removeProperty(name);
    }
  };
  dark.addEventListener("change", colour);
  effect(colour);
  const token = await host.meet((method, argument) => chat.call(method, argument));
  session.remember(token);
  // Before anything is drawn: a worker has more to do. Hidden, it is here for a known session;
  // otherwise it was opened.
  if (token || host.shown.value) void session.start();
  // Not in one language first and in another a moment later.
  await speak(host.look.value.locale);
  effect(() => void speak(host.look.value.locale));
  // A worker that starts is told who is here by this thread, and drawing would keep it waiting.
  await Promise.race([awake, new Promise((resolve) => setTimeout(resolve, AWAKE_MILLIS))]);
  const root = document.getElementById("app");
  if (root) render(<App chat={chat} />, root);
  // The first time of day that is written takes a while: now, while words are on their way.
  clockTime(site.now());
  warnBeforeLoss(chat);
  tellPage(session);
  keepApp(session);
  effect(() => {
    if (!host.shown.value) return undefined;
    // Only that it is shown begins it: a client that ends is followed by who ended it.
    void untracked(() => session.start());
    void untracked(() => site.ask());
    const timer = setInterval(() => void site.ask(), PRESENCE_MILLIS);
    return () => clearInterval(timer);
  });
}

/** Where it is not kept, leaving loses what waits: then, and only then, the browser asks. */
function warnBeforeLoss({ session, thread, composing, forms }: Chat): void {
  window.addEventListener("beforeunload", (event) => {
    // Picked files are kept nowhere before they are in a message.
    if (composing.files.value.length > 0 || thread.hasFiles) event.preventDefault();
    const mode = session.principal.value ? session.storage.value : "memory";
    const waits = thread.queued.value.length > 0 || session.waiting.value > 0;
    // What is typed is kept where everything is, what was sent also where only that is.
    const typed = composing.text.value.trim() !== "" || forms.holds;
    if ((mode === "memory" && waits) || (mode !== "durable" && typed)) event.preventDefault();
  });
}
