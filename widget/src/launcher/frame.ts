import type { Envelope, ToApp, ToHost } from "../bridge";
import { make } from "./dom";

/** After `load` the app's script has run and said hello, or it never will. */
const GRACE_MILLIS = 1_500;
/** A server that does not even answer. */
const PATIENCE_MILLIS = 20_000;

/** The iframe that the app lives in, and the only way to talk with it. */
export class Frame {
  readonly element: HTMLIFrameElement;
  readonly #nonce = crypto.getRandomValues(new Uint32Array(4)).join("-");
  readonly #server: string;
  readonly #said: (message: ToHost) => void;
  readonly #failed: () => void;
  #timer = 0;
  /** Whether the app is there, and takes calls. */
  isThere = false;

  constructor(
    server: string,
    site: string,
    title: string,
    said: (message: ToHost) => void,
    failed: () => void,
  ) {
    this.#server = server;
    this.#said = said;
    this.#failed = failed;
    const about = `n=${this.#nonce}&o=${location.origin}`;
    this.element = make("iframe", {
      title,
      allow: "clipboard-write",
      src: `${server}/widget/app?site=${encodeURIComponent(site)}#${about}`,
    });
    addEventListener("message", this.#hear);
    this.element.addEventListener("load", () => this.#expect(GRACE_MILLIS));
    this.#expect(PATIENCE_MILLIS);
  }

  say(message: ToApp): void {
    const envelope: Envelope<ToApp> = { rejoinder: this.#nonce, message };
    if (this.isThere) this.element.contentWindow?.postMessage(envelope, this.#server);
  }

  end(): void {
    clearTimeout(this.#timer);
    removeEventListener("message", this.#hear);
    this.element.remove();
  }

  #hear = (event: MessageEvent<Envelope<ToHost> | undefined>): void => {
    if (event.source !== this.element.contentWindow || event.origin !== this.#server) return;
    if (event.data?.rejoinder !== this.#nonce) return;
    if (event.data.message.type === "hello") {
      this.isThere = true;
      clearTimeout(this.#timer);
    }
    this.#said(event.data.message);
  };

  #expect(millis: number): void {
    clearTimeout(this.#timer);
    if (this.isThere) return;
    this.#timer = window.setTimeout(this.#failed, millis);
  }
}
