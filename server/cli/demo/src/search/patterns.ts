/** A word in every shape in which a program might have left it. The server's search does the same. */

/** Characters of base64 that are looked for at least: fewer stand in sealed words by chance. */
const BASE64_SHORTEST = 8;

/** UTF-8 and UTF-16 in both byte orders; each raw, and in base64 at all three alignments. */
export function patterns(word: string): Uint8Array[] {
  const raw = [new TextEncoder().encode(word), utf16(word, true), utf16(word, false)];
  const encoded = raw.flatMap((bytes) =>
    [0, 1, 2].flatMap((shift) => {
      // Only whole groups of three bytes encode to the same four characters wherever they stand.
      const inner = bytes.subarray((3 - shift) % 3);
      const whole = inner.subarray(0, inner.length - (inner.length % 3));
      const text = btoa(String.fromCharCode(...whole));
      return [text, text.replaceAll("+", "-").replaceAll("/", "_")];
    }),
  );
  const long = encoded.filter((text) => text.length >= BASE64_SHORTEST);
  return [...raw, ...long.map((text) => new TextEncoder().encode(text))];
}

function utf16(word: string, littleEndian: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(word.length * 2));
  for (let index = 0; index < word.length; index += 1) {
    bytes.setUint16(index * 2, word.charCodeAt(index), littleEndian);
  }
  return new Uint8Array(bytes.buffer);
}

export function holds(bytes: Uint8Array, all: Uint8Array[]): boolean {
  return all.some((pattern) => stands(bytes, pattern));
}

function stands(bytes: Uint8Array, pattern: Uint8Array): boolean {
  const first = pattern[0];
  if (first === undefined) {
    return false;
  }
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (pattern.every((byte, index) => bytes[at + index] === byte)) {
      return true;
    }
  }
  return false;
}
