/** Searching the words of one conversation that are here. Nothing of it is kept. */

import type { MessageId, MessageView } from "@rejoinder/client";
import { type Block, type Inline, parse } from "@rejoinder/client/markdown";
import { type Entry, textOf } from "./timeline.js";

/** Parts of a text: every second one, from the second on, is what was looked for. */
export function split(text: string, query: string): string[] {
  const wanted = fold(query.trim());
  if (wanted === "") {
    return [text];
  }
  const folded = fold(text);
  // Folding may change a text's length in rare scripts; then nothing can be marked.
  if (folded.length !== text.length) {
    return [text];
  }
  const parts: string[] = [];
  let last = 0;
  for (let at = folded.indexOf(wanted); at !== -1; at = folded.indexOf(wanted, last)) {
    parts.push(text.slice(last, at), text.slice(at, at + wanted.length));
    last = at + wanted.length;
  }
  return [...parts, text.slice(last)];
}

/** Messages that hold what is looked for, as it is shown and not as it was typed. */
export function find(entries: Entry[], query: string): MessageId[] {
  const wanted = fold(query.trim());
  if (wanted === "") {
    return [];
  }
  return entries.filter(({ message }) => folded(message).some((leaf) => leaf.includes(wanted)))
    .map(({ message }) => message.id);
}

/** They go with their message: a recall puts another in its place. */
const known = new WeakMap<MessageView, string[]>();

/** Typing looks through all of them at every key. */
function folded(message: MessageView): string[] {
  const before = known.get(message);
  if (before) {
    return before;
  }
  const text = textOf(message);
  const made = text === null ? [] : leaves(parse(text)).map(fold);
  known.set(message, made);
  return made;
}

function fold(text: string): string {
  return text.toLocaleLowerCase();
}

function leaves(blocks: Block[]): string[] {
  return blocks.flatMap(ofBlock);
}

function ofBlock(block: Block): string[] {
  switch (block.type) {
    case "code": return [block.text];
    case "list": return block.items.flatMap((item) => item.flatMap(ofInline));
    case "paragraph": return block.children.flatMap(ofInline);
    case "quote": return leaves(block.children);
  }
}

function ofInline(node: Inline): string[] {
  switch (node.type) {
    case "break": return [];
    case "text":
    case "code": return [node.text];
    case "mention": return [node.name];
    case "bold":
    case "italic":
    case "strike":
    case "link": return node.children.flatMap(ofInline);
  }
}
