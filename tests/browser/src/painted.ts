import type { BrowserContext } from "@playwright/test";

/** A text that was in a page's document, be it for one moment. */
export interface Painted {
  at: number;
  text: string;
}

/**
 * Every text that was ever in a document of a browser: in nodes and attributes, in every frame,
 * also of pages that are gone. It begins before any script of a page.
 */
export class PaintedLog {
  readonly entries: Painted[] = [];

  static readonly #logs = new WeakMap<BrowserContext, PaintedLog>();

  static async of(context: BrowserContext): Promise<PaintedLog> {
    const known = PaintedLog.#logs.get(context);
    if (known !== undefined) return known;
    const log = new PaintedLog();
    PaintedLog.#logs.set(context, log);
    await context.exposeBinding("paintedHere", (_, entries: Painted[]) => {
      log.entries.push(...entries);
    });
    await context.addInitScript(watch);
    return log;
  }

  /** For browsers that are measured: looking at all that is painted takes its time. */
  static none(): PaintedLog {
    const log = new PaintedLog();
    log.#watches = false;
    return log;
  }

  #watches = true;

  has(words: string): boolean {
    if (!this.#watches) throw new Error("nobody watched what was painted here");
    return this.entries.some(({ text }) => text.includes(words));
  }

  /** When it was first there. */
  at(words: string): number | null {
    return this.entries.find(({ text }) => text.includes(words))?.at ?? null;
  }

  /** Forgets what was painted until now. */
  clear(): void {
    this.entries.length = 0;
  }
}

/** Runs in pages. */
function watch(): void {
  const tell = (globalThis as { paintedHere?: (entries: Painted[]) => void }).paintedHere;
  const seen = (nodes: Iterable<Node>): string[] =>
    [...nodes].flatMap((node) => [
      node.textContent ?? "",
      ...(node instanceof Element ? [node.outerHTML] : []),
    ]);
  const look = (records: MutationRecord[]) => {
    const at = Date.now();
    const texts = records.flatMap((record) => [
      ...seen(record.addedNodes),
      ...seen([record.target].filter((target) => record.type !== "childList" && target !== document)),
    ]);
    texts.push(document.title);
    tell?.([...new Set(texts)].filter((text) => text !== "").map((text) => ({ at, text })));
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  });
}
