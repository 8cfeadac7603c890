/** The list above the composer: canned responses after `/`, teammates after `@`. */

import type { ConversationView } from "@rejoinder/client";
import { useState } from "preact/hooks";
import { composes } from "../model/keys.js";
import { plain } from "@rejoinder/client/markdown";
import {
  cannedFor, matchingCanned, matchingPeople, mentionToken, type Trigger, trigger,
} from "../model/trigger.js";
import { moveToNote } from "../state/composing.js";
import type { Desk } from "../state/desk.js";
import type { Place } from "../state/drafts.js";
import { t } from "../state/i18n.js";
import { useDesk } from "./context.js";
import { put } from "./Toolbar.js";

type Area = { current: HTMLTextAreaElement | null };
interface Offered {
  id: string;
  label: string;
  hint: string;
  choose: () => void;
}
export interface Suggestions {
  list: Offered[];
  at: number;
  label: string;
  /** Why the list is empty, where somebody should know. */
  empty: string | null;
  /** True where the key was the list's. */
  key: (event: KeyboardEvent) => boolean;
  /** Looks again: after a key, a click, or a text that changed. */
  look: () => void;
  hover: (at: number) => void;
}

export function useSuggestions(area: Area, view: ConversationView, place: Place): Suggestions {
  const desk = useDesk();
  const [open, setOpen] = useState<Trigger | null>(null);
  const [at, setAt] = useState(0);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const look = () => {
    const field = area.current;
    const typed = field && field.selectionStart === field.selectionEnd
      ? trigger(field.value, field.selectionStart) : null;
    const found = typed?.kind === "canned" && !desk.directory.isThere.peek() ? null : typed;
    setDismissed(found?.from === dismissed ? dismissed : null);
    const shown = found?.from === dismissed ? null : found;
    if (shown?.from !== open?.from || shown?.query !== open?.query) {
      setAt(0);
    }
    setOpen(shown);
  };
  const close = () => {
    setDismissed(open?.from ?? null);
    setOpen(null);
  };
  const list = open ? offered(desk, area, view, place, open, close) : [];
  const key = (event: KeyboardEvent): boolean => {
    if (!open || composes(event) || event.altKey || event.ctrlKey || event.metaKey) {
      return false;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      close();
    } else if (list.length === 0) {
      return false;
    } else if (step) {
      setAt((at + step + list.length) % list.length);
    } else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
      list[at]?.choose();
    } else {
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const words = t.value.suggest;
  return {
    list, at: Math.min(at, Math.max(0, list.length - 1)), key, look, hover: setAt,
    label: open?.kind === "mention" ? words.people : words.canned,
    empty: open && list.length === 0 && open.query === "" ? emptyReason(open, desk) : null,
  };
}

function emptyReason(open: Trigger, desk: Desk): string {
  const words = t.value.suggest;
  if (open.kind === "mention") {
    return words.noPeople;
  }
  return desk.directory.canned.state.value.at === null ? words.cannedUnknown : words.noCanned;
}

function offered(
  desk: Desk, area: Area, view: ConversationView, place: Place, open: Trigger, close: () => void,
): Offered[] {
  const take = (insert: string) => () => {
    const field = area.current;
    if (field) {
      close();
      put(field, open.from, field.selectionStart, insert);
    }
  };
  if (open.kind === "canned") {
    const all = cannedFor(desk.directory.canned.state.value.value ?? [], view.row?.site ?? null);
    return matchingCanned(all, open.query).map((one) => ({
      id: one.id, label: `/${one.shortcut}`, hint: plain(one.text), choose: take(one.text),
    }));
  }
  const people = matchingPeople(mentionable(desk, view), open.query);
  const words = t.value.suggest;
  return people.map(({ id, name, online }) => {
    const token = mentionToken(id, name);
    return place.kind === "team"
      ? { id, label: name, hint: online ? words.online : "", choose: take(token) }
      : { id, label: name, hint: words.inNote, choose: () => {
        // The reply loses what was typed of the name; the note begins with the person.
        take("")();
        moveToNote(view.timeline.conversation, token);
      } };
  });
}

/** Enabled agents of the conversation's site; before the server told of them, all that are known. */
function mentionable(desk: Desk, view: ConversationView) {
  const site = view.row ? desk.directory.site(view.row.site).state.value.value : null;
  const known = site?.agents ?? desk.people.value.agents;
  return known.filter(({ id }) => !desk.me.value.has(id))
    .toSorted((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name));
}

export function SuggestList({ from }: { from: Suggestions }) {
  const { list, at, label, empty, hover } = from;
  if (list.length === 0 && empty === null) {
    return null;
  }
  return (
    <div class="suggest">
      {empty !== null && <p class="faint small" role="status">{empty}</p>}
      <div id="suggest-list" role="listbox" aria-label={label}>
        {list.map((one, i) => (
          <button key={one.id} id={`suggest-${i}`} type="button" role="option" tabIndex={-1}
            class="suggestion" aria-selected={i === at} onPointerMove={() => hover(i)}
            onMouseDown={(event) => event.preventDefault()} onClick={one.choose}>
            <b>{one.label}</b><span class="faint" dir="auto">{one.hint}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
