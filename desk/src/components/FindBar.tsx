import { useEffect, useRef } from "preact/hooks";
import { composes } from "../model/keys.js";
import { focusComposer } from "../state/composing.js";
import { closeFind, look, query } from "../state/find.js";
import { t } from "../state/i18n.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";

/** Searches the words that are here; Enter goes to the one before, as reading back does. */
export function FindBar() {
  const typed = query.value;
  return typed === null ? null : <Bar typed={typed} />;
}

function Bar({ typed }: { typed: string }) {
  const { finder } = useDesk();
  const words = t.value.find;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const close = () => {
    closeFind();
    focusComposer();
  };
  const keys = (event: KeyboardEvent) => {
    if (composes(event)) {
      return;
    }
    if (event.key === "Enter") {
      event.preventDefault();
      finder.go(event.shiftKey ? 1 : -1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  };
  const { value: hits } = finder.hits;
  const place = finder.place.value;
  const none = hits.length === 0;
  return (
    <search class="find-bar">
      <Icon name="search" size={16} />
      <input ref={field} type="search" autoComplete="off" name="find" value={typed} dir="auto"
        aria-label={words.label} placeholder={words.label} aria-describedby="find-said"
        onInput={(event) => look(event.currentTarget.value)} onKeyDown={keys} />
      <span id="find-said" class="find-said" role="status">
        {typed.trim() === "" ? "" : place === null ? words.none
          : words.place(hits.length - place, hits.length)}
      </span>
      <button type="button" class="icon-button" aria-label={words.previous} title={words.previous}
        aria-disabled={none} onClick={() => finder.go(-1)}>
        <Icon name="up" size={16} />
      </button>
      <button type="button" class="icon-button" aria-label={words.next} title={words.next}
        aria-disabled={none} onClick={() => finder.go(1)}>
        <Icon name="down" size={16} />
      </button>
      <button type="button" class="icon-button" aria-label={words.close} onClick={close}>
        <Icon name="close" size={16} />
      </button>
    </search>
  );
}
