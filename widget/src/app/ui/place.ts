import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Item } from "../items";

/** Nearer to the end than this, in CSS pixels, counts as being there. */
const NEAR = 48;

type Place = {
  scroller: RefObject<HTMLElement | null>;
  content: RefObject<HTMLDivElement | null>;
  /** Whether the reader has scrolled away from the end. */
  away: boolean;
  toEnd: () => void;
};

/**
 * Keeps the reader's place. At the end, what comes is scrolled to; elsewhere, the row at the top
 * stays where it is, whatever is added, edited or recalled above or below it.
 */
export function usePlace(items: Item[], frozen: boolean): Place {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ key: string; top: number } | null>(null);
  const atEnd = useRef(true);
  const [away, setAway] = useState(false);

  const still = useRef(frozen);
  still.current = frozen;

  const settle = () => {
    const box = scroller.current;
    if (!box || still.current) return;
    if (atEnd.current) {
      box.scrollTop = box.scrollHeight;
      return;
    }
    const held = anchor.current;
    const row = held && rowOf(content.current, held.key);
    if (row && held) box.scrollTop += row.getBoundingClientRect().top - held.top;
  };
  const remember = () => {
    const box = scroller.current;
    if (!box) return;
    // A panel that is hidden, and rows that are away while the server is asked, tell nothing of
    // where the reader was.
    if (!box.clientHeight || still.current) return;
    atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    setAway(!atEnd.current);
    const edge = box.getBoundingClientRect().top;
    const rows = [...(content.current?.querySelectorAll<HTMLElement>("[data-key]") ?? [])];
    const row = rows.find((one) => one.getBoundingClientRect().bottom > edge);
    anchor.current = row
      ? { key: row.dataset.key ?? "", top: row.getBoundingClientRect().top }
      : null;
  };
  const toEnd = () => {
    atEnd.current = true;
    setAway(false);
    settle();
  };

  const last = items.at(-1);
  const justWrote = last?.type === "queued" ? last.key : null;
  useLayoutEffect(() => {
    if (justWrote) toEnd();
  }, [justWrote]);
  useLayoutEffect(settle, [items]);
  useEffect(() => {
    const watcher = new ResizeObserver(settle);
    for (const one of [scroller.current, content.current]) if (one) watcher.observe(one);
    const box = scroller.current;
    box?.addEventListener("scroll", remember, { passive: true });
    return () => {
      watcher.disconnect();
      box?.removeEventListener("scroll", remember);
    };
  }, []);
  return { scroller, content, away, toEnd };
}

function rowOf(content: HTMLElement | null, key: string): HTMLElement | null {
  return content?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null;
}
