/** What the composer's buttons do to a text in Markdown: each marks what is chosen, or unmarks. */

export interface Chosen {
  text: string;
  start: number;
  end: number;
}

export const FORMATS = [
  "bold", "italic", "strike", "code", "bullets", "numbers", "quote", "link",
] as const;
export type Format = (typeof FORMATS)[number];

/** Puts `insert` in the place of a range, and chooses another. */
export interface Replacement {
  from: number;
  to: number;
  insert: string;
  start: number;
  end: number;
}

const MARKS = { bold: "**", italic: "*", strike: "~~", code: "`" } as const;
const LINE_MARKS = {
  bullets: /^- /, numbers: /^\d{1,4}\. /, quote: /^> /,
} as const;
const ANY_LIST_MARK = /^(?:[-*+] |\d{1,4}[.)] )/;

export function format(chosen: Chosen, how: Format): Replacement {
  switch (how) {
    case "bold":
    case "italic":
    case "strike": return around(chosen, MARKS[how]);
    case "code": return hasBreak(chosen) ? fence(chosen) : around(chosen, MARKS.code);
    case "bullets":
    case "numbers":
    case "quote": return lines(chosen, how);
    case "link": return link(chosen);
  }
}

function hasBreak({ text, start, end }: Chosen): boolean {
  return text.slice(start, end).includes("\n");
}

/** Spaces at the edges stay outside: a mark before a space is a character like any other. */
function trimmed({ text, start, end }: Chosen): { start: number; end: number } {
  const part = text.slice(start, end);
  if (part.trim() === "") {
    return { start, end: start };
  }
  return {
    start: start + part.length - part.trimStart().length,
    end: end - (part.length - part.trimEnd().length),
  };
}

function around(chosen: Chosen, mark: string): Replacement {
  const { text } = chosen;
  const { start, end } = trimmed(chosen);
  const part = text.slice(start, end);
  const long = mark.length;
  if (marked(text, start, end, mark)) {
    return { from: start - long, to: end + long, insert: part, start: start - long,
      end: end - long };
  }
  if (part.length > 2 * long && marked(text, start + long, end - long, mark)) {
    const inner = part.slice(long, -long);
    return { from: start, to: end, insert: inner, start, end: start + inner.length };
  }
  return { from: start, to: end, insert: `${mark}${part}${mark}`, start: start + long,
    end: end + long };
}

/** Whether exactly this mark stands on both sides; `**` is not `*` twice. */
function marked(text: string, start: number, end: number, mark: string): boolean {
  const long = mark.length;
  const sides = text.slice(start - long, start) === mark && text.slice(end, end + long) === mark;
  if (!sides || start < long || mark !== "*") {
    return sides && start >= long;
  }
  const before = /\*+$/.exec(text.slice(0, start))?.[0].length ?? 0;
  return before % 2 === 1;
}

function fence({ text, start, end }: Chosen): Replacement {
  const before = start === 0 || text[start - 1] === "\n" ? "" : "\n";
  const after = end === text.length || text[end] === "\n" ? "" : "\n";
  const opening = `${before}\`\`\`\n`;
  const part = text.slice(start, end);
  return {
    from: start, to: end, insert: `${opening}${part}\n\`\`\`${after}`,
    start: start + opening.length, end: start + opening.length + part.length,
  };
}

function lines({ text, start, end }: Chosen, how: keyof typeof LINE_MARKS): Replacement {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", Math.max(end, from));
  const to = next === -1 ? text.length : next;
  const all = text.slice(from, to).split("\n");
  const off = all.every((line) => LINE_MARKS[how].test(line));
  const insert = all.map((line, i) => {
    if (off) {
      return line.replace(LINE_MARKS[how], "");
    }
    const bare = how === "quote" ? line : line.replace(ANY_LIST_MARK, "");
    return `${{ bullets: "- ", numbers: `${i + 1}. `, quote: "> " }[how]}${bare}`;
  }).join("\n");
  const point = start === end;
  return { from, to, insert, start: point ? from + insert.length : from, end: from + insert.length };
}

/** The place of the address is chosen, or that of the words where the address was chosen. */
function link(chosen: Chosen): Replacement {
  const { start, end } = trimmed(chosen);
  const part = chosen.text.slice(start, end).replaceAll("\n", " ");
  if (/^https?:\/\/\S+$/.test(part)) {
    return { from: start, to: end, insert: `[](${part})`, start: start + 1, end: start + 1 };
  }
  const insert = `[${part}](https://)`;
  const address = start + part.length + 3;
  return part === "" ? { from: start, to: end, insert, start: start + 1, end: start + 1 }
    : { from: start, to: end, insert, start: address, end: address + "https://".length };
}
