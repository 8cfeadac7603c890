/** A QR code, drawn by one path. What makes it is fetched when the first one is shown. */

import { useEffect, useState } from "preact/hooks";

/** What stands empty around it, so that cameras find it. */
const QUIET = 4;

export function QrCode({ text, label }: { text: string; label: string }) {
  const [dots, setDots] = useState<boolean[][]>([]);
  useEffect(() => {
    let isHere = true;
    import("qr").then(({ default: encode }) => {
      if (isHere) {
        setDots(encode(text, "raw", { border: QUIET }));
      }
    }, () => undefined);
    return () => {
      isHere = false;
    };
  }, [text]);
  const size = dots.length || 1;
  const path = dots.flatMap((row, y) => row.flatMap((isDark, x) =>
    isDark ? [`M${x} ${y}h1v1h-1z`] : [])).join("");
  return (
    <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`}
      shape-rendering="crispEdges" data-ready={dots.length > 0}>
      <path d={path} />
    </svg>
  );
}
