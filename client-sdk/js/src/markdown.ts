/**
 * Words as a tree: a small subset of Markdown, and never HTML. What is not understood stays as
 * it was typed. Time is linear in the text's length, whatever the text. Desk and widget show words
 * from it, so that what an agent formats is what a visitor sees.
 */

export type Inline =
  | { type: "text"; text: string }
  | { type: "break" }
  | { type: "code"; text: string }
  | { type: "link"; href: string; children: Inline[] }
  | { type: "mention"; id: string; name: string }
  | { type: "bold" | "italic" | "strike"; children: Inline[] };
export type Block =
  | { type: "paragraph"; children: Inline[] }
  | { type: "quote"; children: Block[] }
  | { type: "code"; text: string }
  | { type: "list"; start: number | null; items: Inline[][] };

/** Overrides, embeddings and isolates: they can make an address read as another one. */
const BIDI_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g;
/** Marks that words may need, and names of files do not. */
const BIDI_MARKS = /[\u061C\u200E\u200F]/g;
const FENCE = /^\s{0,3}```[\w+-]*\s*$/;
const BULLET = /^\s{0,3}[-*+]\s+(.*)$/;
const NUMBER = /^\s{0,3}(\d{1,4})[.)]\s+(.*)$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;
/** Quotes within quotes; deeper ones stay text. */
const DEPTH_MAX = 6;
/** How a pinned note begins: a definition, which Markdown shows nowhere. */
export const PINNED = "[pinned]: #\n";

/** A name of somebody else's making, to stand in a sentence of ours: it turns nothing around. */
export function withoutBidi(name: string): string {
  return name.replace(BIDI_CONTROLS, "").replace(BIDI_MARKS, "");
}

export function parse(source: string): Block[] {
  const shown = source.startsWith(PINNED) ? source.slice(PINNED.length) : source;
  return blocks(shown.replace(BIDI_CONTROLS, "").split(/\r\n|\r|\n/), 0);
}

function blocks(lines: string[], depth: number): Block[] {
  const found: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const { block, next } = blockAt(lines, at, depth);
    if (block) found.push(block);
    at = next;
  }
  return found;
}

type Taken = { block: Block | null; next: number };

function blockAt(lines: string[], at: number, depth: number): Taken {
  const line = lines[at] ?? "";
  if (line.trim() === "") {
    return { block: null, next: at + 1 };
  }
  if (FENCE.test(line)) {
    return fence(lines, at);
  }
  const number = NUMBER.exec(line);
  for (const [pattern, start] of [[BULLET, null], [NUMBER, Number(number?.[1] ?? 1)]] as const) {
    if (pattern.test(line)) {
      const { taken, next } = run(lines, at, pattern);
      return { block: { type: "list", start, items: taken.map(inline) }, next };
    }
  }
  if (QUOTE.test(line) && depth < DEPTH_MAX) {
    const { taken, next } = run(lines, at, QUOTE);
    return { block: { type: "quote", children: blocks(taken, depth + 1) }, next };
  }
  let next = at + 1;
  while (next < lines.length && continues(lines[next] ?? "")) {
    next += 1;
  }
  return { block: { type: "paragraph", children: inline(lines.slice(at, next).join("\n")) }, next };
}

function continues(line: string): boolean {
  return line.trim() !== ""
    && ![FENCE, BULLET, NUMBER, QUOTE].some((pattern) => pattern.test(line));
}

/** Without its end a fence goes to the end of the text, as in Markdown. */
function fence(lines: string[], at: number): { block: Block; next: number } {
  let end = at + 1;
  while (end < lines.length && !FENCE.test(lines[end] ?? "")) {
    end += 1;
  }
  return { block: { type: "code", text: lines.slice(at + 1, end).join("\n") }, next: end + 1 };
}

function run(lines: string[], at: number, pattern: RegExp): { taken: string[]; next: number } {
  const taken: string[] = [];
  let next = at;
  for (; next < lines.length; next++) {
    const match = pattern.exec(lines[next] ?? "");
    if (!match) {
      break;
    }
    taken.push(match.at(-1) ?? "");
  }
  return { taken, next };
}

const MARKS = { "**": "bold", "__": "bold", "*": "italic", "_": "italic", "~~": "strike" } as const;
type Mark = keyof typeof MARKS;
type Frame = { mark: Mark | null; children: Inline[] };

const LETTER = /[\p{L}\p{N}]/u;
const TOKEN = new RegExp([
  /\\([\\`*_~[\]()>#+.!-])/, /`([^`\n]+)`/,
  /@\[([^[\]\n]{1,100})\]\(participant:([0-9a-f-]{36})\)/,
  /\[([^[\]\n]{1,500})\]\((https?:\/\/[^\s()]{1,2000}|mailto:[^\s()]{1,500})\)/,
  /(?<![\p{L}\p{N}])((?:https?:\/\/|mailto:)[^\s<>"]{1,2000})/u, /(\*\*|__|~~|\*|_)/, /(\n)/,
].map((part) => part.source).join("|"), "giu");

export function inline(text: string): Inline[] {
  const stack: Frame[] = [{ mark: null, children: [] }];
  const add = (node: Inline) => stack.at(-1)?.children.push(node);
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    const plain = text.slice(last, match.index);
    if (plain) {
      add({ type: "text", text: plain });
    }
    last = match.index + match[0].length;
    const [whole, escaped, code, name, id, label, target, bare, mark] = match;
    if (escaped !== undefined) {
      add({ type: "text", text: escaped });
    } else if (code !== undefined) {
      add({ type: "code", text: code });
    } else if (name !== undefined && id !== undefined) {
      add({ type: "mention", id, name });
    } else if (target !== undefined) {
      add(link(target, [{ type: "text", text: honest(label ?? "", target) }]));
    } else if (bare !== undefined) {
      const end = addressEnd(bare);
      add(link(bare.slice(0, end), [{ type: "text", text: bare.slice(0, end) }]));
      if (end < bare.length) {
        add({ type: "text", text: bare.slice(end) });
      }
    } else if (mark !== undefined) {
      emphasise(stack, mark as Mark, text[match.index - 1] ?? " ", text[last] ?? " ");
    } else if (whole === "\n") {
      add({ type: "break" });
    }
  }
  if (last < text.length) {
    add({ type: "text", text: text.slice(last) });
  }
  while (stack.length > 1) {
    unfold(stack);
  }
  return joined(stack[0]?.children ?? []);
}

/** A mark opens before a word and closes after one; in the middle of a word `_` is a letter. */
function emphasise(stack: Frame[], mark: Mark, before: string, after: string): void {
  const inWord = mark.startsWith("_") && LETTER.test(before) && LETTER.test(after);
  const open = stack.findLastIndex((frame) => frame.mark === mark);
  if (!inWord && open > 0 && !/\s/.test(before)) {
    while (stack.length - 1 > open) {
      unfold(stack);
    }
    const frame = stack.pop();
    if (frame && frame.children.length > 0) {
      stack.at(-1)?.children.push({ type: MARKS[mark], children: joined(frame.children) });
      return;
    }
    stack.at(-1)?.children.push({ type: "text", text: mark + mark });
    return;
  }
  if (!inWord && open === -1 && !/\s/.test(after)) {
    stack.push({ mark, children: [] });
    return;
  }
  stack.at(-1)?.children.push({ type: "text", text: mark });
}

/** A mark that nothing closed is a character like any other. */
function unfold(stack: Frame[]): void {
  const frame = stack.pop();
  if (frame) {
    stack.at(-1)?.children.push({ type: "text", text: frame.mark ?? "" }, ...frame.children);
  }
}

function joined(nodes: Inline[]): Inline[] {
  const result: Inline[] = [];
  for (const node of nodes) {
    const before = result.at(-1);
    if (node.type === "text" && before?.type === "text") {
      result[result.length - 1] = { type: "text", text: before.text + node.text };
    } else {
      result.push(node);
    }
  }
  return result;
}

/** What ends a sentence is no part of the address that the sentence ends with. */
function addressEnd(address: string): number {
  const end = address.replace(/[.,;:!?'")\]}*_~]+$/, "").length;
  return address[end] === ")" && address.slice(0, end).includes("(") ? end + 1 : end;
}

/** What reads as the place that an address leads to, after the name of whoever is asked for. */
const PLACE = /(?:[^\s/@]+@)?([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)/gu;

/**
 * A label says where it leads: the host stands beside it, unless it names that very host, and the
 * whole address where it reads as that of another place.
 */
function honest(label: string, target: string): string {
  if (!URL.canParse(target)) {
    return label;
  }
  const url = new URL(target);
  const real = bare(url.hostname || (url.pathname.split("@").at(-1) ?? ""));
  const claimed = [...label.matchAll(PLACE)].map(([, place = ""]) => bare(place));
  if (claimed.length === 0) {
    return `${label} (${url.host || url.pathname})`;
  }
  return claimed.every((place) => place === real) ? label : `${label} (${url.href})`;
}

function bare(place: string): string {
  const address = `https://${place}`;
  return (URL.canParse(address) ? new URL(address).hostname : place).replace(/^www\./, "");
}

/** Only addresses that a click may open; anything else is text. */
function link(target: string, children: Inline[]): Inline {
  const url = URL.canParse(target) ? new URL(target) : null;
  const allowed = url !== null && ["http:", "https:", "mailto:"].includes(url.protocol);
  return allowed ? { type: "link", href: url.href, children }
    : { type: "text", text: children.map((child) => "text" in child ? child.text : "").join("") };
}

/** The words alone, on one line: what a list has room for. */
export function plain(source: string): string {
  const words = (nodes: Inline[]): string => nodes.map((node) => {
    if ("children" in node) {
      return words(node.children);
    }
    switch (node.type) {
      case "break": return " ";
      case "mention": return `@${node.name}`;
      default: return node.text;
    }
  }).join("");
  const line = (block: Block): string => {
    switch (block.type) {
      case "code": return block.text;
      case "list": return block.items.map(words).join(" ");
      case "paragraph": return words(block.children);
      case "quote": return block.children.map(line).join(" ");
    }
  };
  return parse(source.slice(0, 400)).map(line).join(" ").replace(/\s+/g, " ").trim();
}
