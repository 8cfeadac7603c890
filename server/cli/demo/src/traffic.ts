/** The log of frames: what crossed, how large it was, and what such a frame is for. */

import type { Traffic } from "@rejoinder/client";
import { element, find } from "./dom.js";

/** Lines that are kept. */
const LINES = 200;

/** By a frame's name, in small letters and without what joins its words. */
const MEANINGS: Record<string, string> = {
  hello: "who I am, and how far I got",
  welcome: "who you are, and what to erase first",
  purged: "everything recalled is erased here",
  open: "follow a conversation",
  leave: "no longer follow it",
  push: "what was written here",
  fates: "what became of it",
  want: "asks for words",
  revisions: "the words asked for",
  signal: "typing, viewing, seen",
  signals: "who types, views, has seen",
  feed: "conversations that changed",
  snapshot: "a conversation so far",
  entries: "what was accepted since",
  erasures: "recalled: erase these words",
  progress: "how far a recall is carried out",
  reopen: "open again from where you are",
  retry: "not now: later again",
  refused: "that is not possible",
  wipe: "erase everything",
  logout: "I am leaving for good",
};

export class TrafficLog {
  readonly #list: HTMLOListElement;
  readonly #log: HTMLElement;
  readonly #nothing: HTMLElement;

  constructor(place: HTMLElement) {
    this.#list = find("ol", HTMLOListElement, place);
    this.#log = find(".log", HTMLElement, place);
    this.#nothing = find(".nothing", HTMLElement, place);
    find(".clear", HTMLButtonElement, place).addEventListener("click", () => {
      this.#list.replaceChildren();
      this.#nothing.hidden = false;
    });
  }

  add(who: "visitor" | "agent", traffic: Traffic): void {
    const { at, direction, frame, bytes } = traffic;
    const sent = direction === "sent";
    const meaning = MEANINGS[frame.toLowerCase().replaceAll(/[^a-z]/g, "")] ?? "";
    const time = new Date(at).toLocaleTimeString("en-GB");
    const line = element(
      "li",
      { "data-who": who },
      element("time", {}, time),
      element("b", {}, who === "visitor" ? "Visitor" : "Agent"),
      element("span", { class: "arrow", title: sent ? "sent" : "received" }, sent ? "↑" : "↓"),
      element("code", {}, frame),
      element("span", { class: "meaning" }, meaning),
      element("span", { class: "bytes" }, `${bytes.toLocaleString("en")} B`),
    );
    // Whoever scrolled up reads on there.
    const follows = this.#log.scrollTop + this.#log.clientHeight > this.#log.scrollHeight - 40;
    this.#nothing.hidden = true;
    this.#list.append(line);
    while (this.#list.childElementCount > LINES) {
      this.#list.firstElementChild?.remove();
    }
    if (follows) {
      this.#log.scrollTop = this.#log.scrollHeight;
    }
  }
}
