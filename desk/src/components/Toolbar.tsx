/** The composer's buttons for bold, lists, links and so on: they write Markdown. */

import type { RefObject } from "preact";
import { FORMATS, type Format, format } from "../model/format.js";
import { t } from "../state/i18n.js";
import { Icon, type IconName } from "./Icon.js";

type Area = RefObject<HTMLTextAreaElement | null>;

const ICONS: Record<Format, IconName> = {
  bold: "bold", italic: "italic", strike: "strike", code: "code", bullets: "bullets",
  numbers: "numbers", quote: "quote", link: "link",
};
/** By the key's place, with Ctrl or Cmd. */
const KEYS: Record<string, Format> = { KeyB: "bold", KeyI: "italic", KeyE: "code" };
const SHIFTED: Record<string, Format> = {
  KeyX: "strike", Digit8: "bullets", Digit7: "numbers", Digit9: "quote", KeyU: "link",
};

export function Toolbar({ area }: { area: Area }) {
  const words = t.value.format;
  return (
    <div class="format" role="toolbar" aria-label={words.label} onKeyDown={walk}>
      {FORMATS.map((id, i) => (
        <button key={id} type="button" class="icon-button" aria-label={words[id]}
          title={`${words[id]} · ${hint(id)}`} tabIndex={i === 0 ? 0 : -1}
          onClick={() => apply(area.current, id)}>
          <Icon name={ICONS[id]} size={16} />
        </button>
      ))}
    </div>
  );
}

function hint(id: Format): string {
  const plain = Object.entries(KEYS).find(([, how]) => how === id);
  const [code = ""] = plain ?? Object.entries(SHIFTED).find(([, how]) => how === id) ?? [];
  return `Ctrl+${plain ? "" : "Shift+"}${code.replace(/^Key|^Digit/, "")}`;
}

/** A toolbar is one stop for Tab; its buttons are reached by the arrows. */
function walk(event: KeyboardEvent): void {
  const bar = event.currentTarget;
  if (!(bar instanceof HTMLElement) || !["ArrowLeft", "ArrowRight"].includes(event.key)) {
    return;
  }
  const all = [...bar.querySelectorAll<HTMLElement>("button")];
  const forward = (event.key === "ArrowRight") !== (document.documentElement.dir === "rtl");
  const from = all.findIndex((button) => button.matches(":focus"));
  const to = all[(from + (forward ? 1 : -1) + all.length) % all.length];
  for (const button of all) {
    button.tabIndex = button === to ? 0 : -1;
  }
  event.preventDefault();
  to?.focus();
}

/** True where the key is one of the composer's own. */
export function formatByKey(event: KeyboardEvent, area: HTMLTextAreaElement | null): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) {
    return false;
  }
  const how = (event.shiftKey ? SHIFTED : KEYS)[event.code];
  if (how) {
    event.preventDefault();
    apply(area, how);
  }
  return how !== undefined;
}

function apply(area: HTMLTextAreaElement | null, how: Format): void {
  if (!area) {
    return;
  }
  const { value: text, selectionStart, selectionEnd } = area;
  const { from, to, insert, start, end } =
    format({ text, start: selectionStart, end: selectionEnd }, how);
  put(area, from, to, insert);
  area.setSelectionRange(start, end);
}

/** As if it had been typed: the browser's own undo takes it back, and `input` tells of it. */
export function put(area: HTMLTextAreaElement, from: number, to: number, insert: string): void {
  area.focus();
  area.setSelectionRange(from, to);
  const command = insert === "" ? "delete" : "insertText";
  if ((from === to && insert === "") || document.execCommand(command, false, insert)) {
    return;
  }
  area.setRangeText(insert, from, to, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
