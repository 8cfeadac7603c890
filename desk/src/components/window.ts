/** Which rows of a long list are on the screen; only those are made. */

import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Rows beyond each edge, so that scrolling meets no hole. */
const SPARE = 8;

export function useWindow(
  scroller: RefObject<HTMLElement | null>, count: number, rowPixels: number, keepInSight: number,
): { from: number; to: number; onScroll: () => void } {
  const [range, setRange] = useState({ from: 0, to: 40 });
  const measure = () => {
    const element = scroller.current;
    if (!element) {
      return;
    }
    const first = Math.floor(element.scrollTop / rowPixels);
    const visible = Math.ceil(element.clientHeight / rowPixels);
    const next = { from: Math.max(0, first - SPARE), to: first + visible + SPARE };
    setRange((now) => now.from === next.from && now.to === next.to ? now : next);
  };
  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    if (scroller.current) {
      observer.observe(scroller.current);
    }
    return () => observer.disconnect();
  }, [count]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || keepInSight < 0) {
      return;
    }
    const top = keepInSight * rowPixels;
    if (top < element.scrollTop) {
      element.scrollTop = top;
    } else if (top + rowPixels > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowPixels - element.clientHeight;
    }
  }, [keepInSight]);
  return {
    from: Math.min(range.from, Math.max(0, count - 1)), to: Math.min(range.to, count),
    onScroll: measure,
  };
}
