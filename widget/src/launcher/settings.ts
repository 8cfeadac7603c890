import { directionOf, type Look, languageOf, type Settings } from "../bridge";

declare global {
  interface Window {
    RejoinderSettings?: Settings;
  }
}

/** What the page set: `window.RejoinderSettings`, and `data-…` on the script, which wins. */
export function settingsOf(script: HTMLScriptElement | null): Settings {
  const said: Record<string, unknown> = { nonce: script?.nonce, ...window.RejoinderSettings };
  const data = script?.dataset ?? {};
  for (const name in data) {
    const value = data[name];
    // Numbers stay texts: they go into styles.
    said[name] = name === "hideLauncher" ? value !== "false" : value;
  }
  return said;
}

export function lookOf(settings: Settings): Look {
  return {
    greeting: settings.greeting,
    locale: settings.locale || document.documentElement.lang || navigator.language,
    colorScheme: settings.colorScheme ?? "auto",
  };
}

/** Words, direction and colours of what the launcher itself shows. */
export function applyLook(host: HTMLElement, look: Look, darkPreferred: boolean): void {
  const language = languageOf(look.locale);
  host.lang = language;
  host.dir = directionOf(language);
  host.toggleAttribute(
    "data-dark",
    look.colorScheme === "dark" || (look.colorScheme === "auto" && darkPreferred),
  );
}

export function place(host: HTMLElement, settings: Settings): void {
  const { position = "end", offset = {}, zIndex = 2147483000 } = settings;
  const { block = 20, inline = 20 } =
    typeof offset === "object" ? offset : { block: offset, inline: offset };
  const atStart = position === "start" || position === (host.dir === "rtl" ? "right" : "left");
  host.toggleAttribute("data-start", atStart);
  host.style.cssText = `--block:${block}px;--inline:${inline}px;--z:${zIndex}`;
}
