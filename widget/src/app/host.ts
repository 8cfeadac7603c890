import { signal } from "@preact/signals";
import type {
  Call,
  Detail,
  Envelope,
  EventName,
  Look,
  ToApp,
  ToHost,
  VisitedPage,
} from "../bridge";

type Asked = (method: Call, argument: unknown) => void;

/** The page around the iframe: it holds the token, shows and hides, and calls. */
export class Host {
  /** Whether the panel can be seen. */
  readonly shown = signal(false);
  readonly look = signal<Look>({ locale: navigator.language, colorScheme: "auto" });
  /** Part of the page, without a button to close it. */
  readonly inline = signal(false);
  /** Where the visitor is, if the page around has said so. */
  readonly page = signal<VisitedPage | null>(null);
  readonly #nonce: string;
  readonly #origin: string;
  #asked: Asked = () => {};

  constructor(readonly site: string) {
    const about = new URLSearchParams(location.hash.slice(1));
    this.#nonce = about.get("n") ?? "";
    this.#origin = about.get("o") ?? "";
  }

  /**
   * Where the page around is. It says so itself, and was believed only once a message came from
   * there: until `meet` has resolved, nobody is to rely on it.
   */
  get origin(): string {
    return this.#isAlone ? location.origin : this.#origin;
  }

  /** Says hello, and answers with the token that the page kept. */
  async meet(asked: Asked): Promise<string | null> {
    this.#asked = asked;
    if (this.#isAlone) return this.#stayAlone();
    return new Promise((resolve) => {
      window.addEventListener("message", (event: MessageEvent<Envelope<ToApp> | undefined>) => {
        if (event.source !== window.parent || event.origin !== this.#origin) return;
        if (!this.#canBeMet || event.data?.rejoinder !== this.#nonce) return;
        const { message } = event.data;
        if (message.type === "init") resolve(message.token);
        this.#hear(message);
      });
      if (!this.#canBeMet) {
        console.error("Rejoinder: this page cannot hold the chat, which needs an http origin.");
      }
      this.say({ type: "hello" });
    });
  }

  get #isAlone(): boolean {
    return window.parent === window;
  }

  /** Files and sandboxed frames have no origin that could be told from another's. */
  get #canBeMet(): boolean {
    return this.#nonce !== "" && /^https?:/.test(this.#origin);
  }

  say(message: ToHost): void {
    if (this.#isAlone) {
      if (message.type === "token") this.#keepToken(message.token);
      if (message.type === "reload") location.reload();
    } else if (this.#canBeMet) {
      const envelope: Envelope<ToHost> = { rejoinder: this.#nonce, message };
      window.parent.postMessage(envelope, this.#origin);
    }
  }

  /** Pages change in place, and say nothing of it: who greets is told anew where they are. */
  askForPage(): void {
    if (!this.#isAlone) this.say({ type: "hello" });
  }

  tell(name: EventName, detail: Detail = {}): void {
    this.say({ type: "event", name, detail });
  }

  #hear(message: ToApp): void {
    switch (message.type) {
      case "init":
        this.look.value = steady(this.look.value, message.look);
        this.inline.value = message.inline;
        this.shown.value = message.shown;
        this.page.value = steady(this.page.value, message.page ?? null);
        break;
      case "shown":
        this.shown.value = message.shown;
        break;
      case "look":
        this.look.value = message.look;
        break;
      case "call":
        this.#asked(message.method, message.argument);
        break;
    }
  }

  /** Opened as a page of its own: then the token stays on this origin. */
  #stayAlone(): string | null {
    this.inline.value = true;
    this.shown.value = true;
    try {
      return localStorage.getItem(`rejoinder:${this.site}`);
    } catch {
      return null;
    }
  }

  #keepToken(token: string | null): void {
    try {
      if (token) localStorage.setItem(`rejoinder:${this.site}`, token);
      else localStorage.removeItem(`rejoinder:${this.site}`);
    } catch {
      // Denied: the next visit begins as a new visitor.
    }
  }
}

/** The former one where nothing changed, so that nothing is done anew for it. */
function steady<T>(before: T, now: T): T {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
