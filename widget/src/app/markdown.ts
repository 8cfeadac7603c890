/**
 * Words as a tree: a small part of Markdown, and links. Nothing here makes HTML, so pasted HTML
 * stays the text that it is.
 */

export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "strong" | "em" | "del"; children: Inline[] }
  | { type: "link"; href: string; text: string }
  | { type: "break" };

export type Block =
  | { type: "paragraph"; children: Inline[] }
  | { type: "code"; text: string }
  | { type: "quote"; children: Block[] }
  | { type: "list"; ordered: boolean; start: number; items: Inline[][] };

/** Quotes within quotes, and marks within marks; deeper ones stay text. */
const DEPTH_MAX = 6;

/** Overrides, embeddings and isolates can make a text, and above all a link, look like another. */
const BIDI_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g;

export function parse(text: string): Block[] {
  return blocks(text.replace(BIDI_CONTROLS, "").replace(/\r\n?/g, "\n").split("\n"), 0);
}

const QUOTE = /^ {0,3}> ?/;
const BULLET = /^ {0,3}[-*+] +(?=\S)/;
const NUMBER = /^ {0,3}(\d{1,9})[.)] +(?=\S)/;
const FENCE = /^ {0,3}```[\w+-]*\s*$/;

function blocks(lines: string[], depth: number): Block[] {
  const found: Block[] = [];
  let at = 0;
  const take = (test: (line: string) => boolean): string[] => {
    const start = at;
    while (at < lines.length && test(lines[at] ?? "")) at += 1;
    return lines.slice(start, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const number = NUMBER.exec(line);
    if (line.trim() === "") {
      at += 1;
    } else if (FENCE.test(line)) {
      at += 1;
      const code = take((next) => !FENCE.test(next));
      at += 1;
      found.push({ type: "code", text: code.join("\n") });
    } else if (QUOTE.test(line) && depth < DEPTH_MAX) {
      const quoted = take((next) => QUOTE.test(next)).map((next) => next.replace(QUOTE, ""));
      found.push({ type: "quote", children: blocks(quoted, depth + 1) });
    } else if (BULLET.test(line) || number) {
      const mark = number ? NUMBER : BULLET;
      const items = take((next) => mark.test(next)).map((next) => inline(next.replace(mark, "")));
      found.push({ type: "list", ordered: !!number, start: Number(number?.[1] ?? 1), items });
    } else {
      const start = at;
      at += 1;
      take((next) => next.trim() !== "" && !beginsBlock(next));
      found.push({ type: "paragraph", children: inline(lines.slice(start, at).join("\n")) });
    }
  }
  return found;
}

function beginsBlock(line: string): boolean {
  return [QUOTE, BULLET, NUMBER, FENCE].some((mark) => mark.test(line));
}

const MARKS = [
  ["**", "strong"],
  ["__", "strong"],
  ["~~", "del"],
  ["*", "em"],
  ["_", "em"],
] as const;
const LINK = /(?:https?:\/\/|mailto:)[^\s<>"`]+/iy;
const WORD = /[\p{L}\p{N}]/u;

export function inline(source: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  /** Marks that were looked for and have no end: so that a row of stars is read once. */
  const endless = new Set<string>();
  let plain = "";
  let at = 0;
  const flush = (): void => {
    if (plain) found.push({ type: "text", text: plain });
    plain = "";
  };
  const put = (node: Inline, next: number): void => {
    flush();
    found.push(node);
    at = next;
  };
  while (at < source.length) {
    const letter = source[at] ?? "";
    const link = "hHmM".includes(letter) ? linkAt(source, at) : null;
    const code = letter === "`" ? source.indexOf("`", at + 1) : -1;
    const marked = "*_~".includes(letter) ? markAt(source, at, depth, endless) : null;
    if (letter === "\n") put({ type: "break" }, at + 1);
    else if (link) put(link, at + link.text.length);
    else if (code > at + 1) put({ type: "code", text: source.slice(at + 1, code) }, code + 1);
    else if (marked) put(marked.node, marked.next);
    else {
      plain += letter;
      at += 1;
    }
  }
  flush();
  return found;
}

function markAt(source: string, at: number, depth: number, endless: Set<string>) {
  if (depth >= DEPTH_MAX) return null;
  const mark = MARKS.find(([sign]) => source.startsWith(sign, at));
  if (!mark || endless.has(mark[0])) return null;
  const [sign, type] = mark;
  const start = at + sign.length;
  // `snake_case` and `2 * 3` are no marks.
  if (/\s/.test(source[start] ?? " ")) return null;
  if (sign[0] === "_" && WORD.test(source[at - 1] ?? "")) return null;
  for (let end = source.indexOf(sign, start + 1); end > 0; end = source.indexOf(sign, end + 1)) {
    const after = source[end + sign.length] ?? "";
    const opens = /\s/.test(source[end - 1] ?? "");
    const longer = sign.length === 1 && (after === sign || source[end - 1] === sign);
    if (opens || longer || (sign[0] === "_" && WORD.test(after))) continue;
    const children = inline(source.slice(start, end), depth + 1);
    return { node: { type, children } as Inline, next: end + sign.length };
  }
  endless.add(sign);
  return null;
}

const PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

function linkAt(source: string, at: number): { type: "link"; href: string; text: string } | null {
  if (WORD.test(source[at - 1] ?? "")) return null;
  LINK.lastIndex = at;
  const found = LINK.exec(source)?.[0] ?? "";
  let end = found.length;
  let unopened = count(found, ")") - count(found, "(");
  // What ends a sentence, or a bracket around the link, is not part of it.
  for (; end > 0; end -= 1) {
    const last = found[end - 1] ?? "";
    if (last === ")" && unopened > 0) unopened -= 1;
    else if (!".,;:!?'*_~]}".includes(last)) break;
  }
  const text = found.slice(0, end);
  const url = URL.canParse(text) ? new URL(text) : null;
  const somewhere = url && (url.host || url.protocol === "mailto:");
  if (!url || !somewhere || !PROTOCOLS.has(url.protocol)) return null;
  return { type: "link", href: url.href, text };
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}
