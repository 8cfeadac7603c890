/** The pane that says where a word stands, and who could still read it. */

import { element, find, plural } from "./dom.js";
import { type BrowserSearch, searchBrowser } from "./search/browser.js";
import type { Readable } from "./search/readable.js";
import { NotSearched, type ServerSearch, searchServer } from "./search/server.js";
import type { Side } from "./side.js";

/** Shorter words stand in sealed ones by chance. */
const SHORTEST = 5;

/** How long after something crossed a word is looked for again: with what came in its wake. */
const WAKE_MILLIS = 700;

interface Found {
  server: ServerSearch | NotSearched;
  browser: BrowserSearch;
  visitor: Readable | null;
  agent: Readable | null;
}

type Tone = "gone" | "sealed" | "plain" | "unknown";

export class Stored {
  readonly #input: HTMLInputElement;
  readonly #found: HTMLElement;
  readonly #verdict: HTMLElement;
  readonly #places: HTMLElement;
  readonly #fine: HTMLElement;
  readonly #visitor: Side;
  readonly #agent: Side;
  #word: string | null = null;
  #waits = false;
  #looks = false;
  #again = false;

  constructor(place: HTMLElement, visitor: Side, agent: Side) {
    this.#input = find("#word", HTMLInputElement, place);
    this.#found = find(".found", HTMLElement, place);
    this.#verdict = find(".verdict", HTMLElement, place);
    this.#places = find(".places", HTMLElement, place);
    this.#fine = find(".fine", HTMLElement, place);
    this.#visitor = visitor;
    this.#agent = agent;
    find("form", HTMLFormElement, place).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask(this.#input.value.trim());
    });
  }

  /** Something crossed: what was found may be otherwise now. */
  changed(): void {
    if (this.#word === null || this.#waits) {
      return;
    }
    this.#waits = true;
    window.setTimeout(() => {
      this.#waits = false;
      void this.#look();
    }, WAKE_MILLIS);
  }

  #ask(word: string): void {
    this.#found.hidden = false;
    if ([...word].length < SHORTEST) {
      this.#word = null;
      this.#say(
        "unknown",
        `Choose a word of at least ${SHORTEST} characters: a shorter one stands ` +
          "in sealed words by chance.",
      );
      this.#places.replaceChildren();
      this.#fine.textContent = "";
      return;
    }
    this.#word = word;
    this.#say("unknown", `Looking for “${word}” …`);
    void this.#look();
  }

  /** One after the other: a chat that is lively must not keep each from being shown. */
  async #look(): Promise<void> {
    if (this.#looks) {
      this.#again = true;
      return;
    }
    this.#looks = true;
    do {
      this.#again = false;
      const word = this.#word;
      if (word !== null) {
        const found = await this.#search(word);
        if (word === this.#word) {
          this.#show(word, found);
        }
      }
    } while (this.#again);
    this.#looks = false;
  }

  async #search(word: string): Promise<Found> {
    // A client that ends meanwhile shows nothing any more.
    const client = async ({ reader }: Side) => reader?.search(word).catch(() => null) ?? null;
    const [server, browser, visitor, agent] = await Promise.all([
      searchServer(word).catch((error: unknown) =>
        error instanceof NotSearched ? error : new NotSearched(String(error)),
      ),
      searchBrowser(word),
      client(this.#visitor),
      client(this.#agent),
    ]);
    return { server, browser, visitor, agent };
  }

  #show(word: string, found: Found): void {
    const { server, browser, visitor, agent } = found;
    const searched = server instanceof NotSearched ? null : server;
    const traces = [
      ...(searched?.traces ?? []).map((file) => `the server’s ${file}`),
      ...browser.traces,
    ];
    const copies =
      (searched?.messages.holding ?? 0) + (visitor?.holding ?? 0) + (agent?.holding ?? 0);
    if (traces.length > 0) {
      this.#say("plain", `“${word}” stands in plain text in ${traces.join(", ")}.`);
    } else if (copies > 0) {
      this.#say(
        "sealed",
        `“${word}” stands nowhere in plain text. ` +
          `${plural(copies, "sealed copy", "sealed copies")} can still be opened.`,
      );
    } else if (searched === null) {
      this.#say("unknown", "The server’s files were not searched.");
    } else if (browser.unread.length > 0) {
      this.#say("unknown", `“${word}” was found nowhere, but not everything could be read.`);
    } else {
      this.#say("gone", `“${word}” was found nowhere, and no key opens anything that holds it.`);
    }
    this.#places.replaceChildren(
      ...row(
        "Server",
        server instanceof NotSearched ? server.message : serverSays(server),
        searched?.messages.holding ?? 0,
      ),
      ...row("Visitor", clientSays(visitor, "The chat is not open."), visitor?.holding ?? 0),
      ...row("Agent", clientSays(agent, "Nobody is logged in."), agent?.holding ?? 0),
      ...row("This browser", browserSays(browser), 0),
    );
    const now = new Date().toLocaleTimeString("en-GB");
    this.#fine.textContent =
      `Looked at ${now}, in UTF-8, UTF-16 and base64; again by itself ` +
      "whenever something crosses.";
  }

  #say(tone: Tone, text: string): void {
    this.#verdict.dataset.tone = tone;
    if (this.#verdict.textContent !== text) {
      this.#verdict.textContent = text;
    }
  }
}

function row(name: string, text: string, holding: number): HTMLElement[] {
  const mark = holding > 0 ? element("b", { class: "holding" }, `${holding}`) : null;
  return [element("dt", {}, name, mark), element("dd", {}, text)];
}

function serverSays(server: ServerSearch): string {
  const { readable, holding, recalled, superseded } = server.messages;
  const former =
    superseded > 0
      ? ` Of ${plural(superseded, "edit", "edits")} the former words were shredded.`
      : "";
  return (
    `Plain text: ${places(server.traces, `${plural(server.files, "file", "files")}`)}. ` +
    `${plural(readable, "message", "messages")} can be unsealed, ` +
    `${holding === 0 ? "none" : holding} of them with the word; ` +
    `${recalled === 0 ? "none" : recalled} ${recalled > 1 ? "were" : "was"} shredded.${former}`
  );
}

function clientSays(client: Readable | null, missing: string): string {
  if (client === null) {
    return missing;
  }
  const { readable, holding, recalled } = client;
  return (
    `${plural(readable, "message", "messages")} can be read there, ` +
    `${holding === 0 ? "none" : holding} with the word; ` +
    `${recalled === 0 ? "none" : recalled} ${recalled > 1 ? "show" : "shows"} as recalled.`
  );
}

function browserSays(browser: BrowserSearch): string {
  const { databases, values, files, traces, unread } = browser;
  const looked =
    `${plural(databases, "database", "databases")} with ` +
    `${plural(values, "value", "values")} and ${plural(files, "file", "files")}`;
  const left = unread.length > 0 ? ` Not readable: ${unread.join(", ")}.` : "";
  return `Plain text: ${places(traces, looked)}.${left}`;
}

function places(traces: string[], looked: string): string {
  return traces.length > 0 ? `found in ${traces.join(", ")}` : `nowhere in ${looked}`;
}
