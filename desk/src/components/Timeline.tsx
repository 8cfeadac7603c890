import type { ConversationView } from "@rejoinder/client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { around, earlier, later, NEWEST, type Part, range, STEP } from "../model/made.js";
import { type Item, items, merge } from "../model/timeline.js";
import { now } from "../state/clock.js";
import { editing } from "../state/composing.js";
import { query } from "../state/find.js";
import { dayHeading, dayKey, t } from "../state/i18n.js";
import { atNewest } from "../state/presence.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { Message } from "./Message.js";

/** Within this of the end, the newest counts as on the screen. */
const NEAR_PIXELS = 48;
/** How long older messages, and their words after them, may take to come in. */
const QUIET_MILLIS = 3_000;
/** What scrolls is reached by the keyboard as well. */
const REACHABLE = { tabIndex: 0 };

export function Timeline({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.conversation;
  const scroller = useRef<HTMLDivElement>(null);
  const newFrom = desk.newFrom.value;
  const entries = merge(view);
  const ids = entries.map((entry) => entry.message.id);
  const [part, setPart] = useState(NEWEST);
  const { from, to } = range(ids, part);
  const atEnd = to === entries.length;
  const list = items(entries.slice(from, to), desk.me.value, newFrom, dayKey);
  const { below, toNewest, onScroll } = useEnd(scroller, view, entries.length, {
    hasNew: newFrom !== null, atEnd, showNewest: () => setPart(NEWEST),
  });
  const [quiet, hush] = useQuiet();
  const hold = useHeldPlace(scroller, part);
  const look = (next: Part) => {
    hold();
    hush();
    setPart(next);
  };
  useWidened(entries.length - from);
  useFound(ids, part, setPart);
  return (
    <div class="timeline-frame">
      <div class="timeline" role="log" aria-label={words.log} ref={scroller} onScroll={onScroll}
        aria-live={quiet ? "off" : "polite"} {...REACHABLE}>
        {from > 0 && (
          <button key="earlier" type="button" class="button earlier"
            onClick={() => look(earlier(ids, part))}>{words.earlier}</button>
        )}
        {entries.length === 0 && <p class="empty small">{words.empty}</p>}
        <Items list={list} view={view} />
        {!atEnd && (
          <button key="later" type="button" class="button earlier"
            onClick={() => look(later(ids, part))}>{words.later}</button>
        )}
      </div>
      {!atNewest.value && (
        <button type="button" class="to-newest" onClick={toNewest}>
          <Icon name="down" size={16} />
          {below > 0 ? words.newBelow(below) : words.toNewest}
        </button>
      )}
    </div>
  );
}

/** What is the same for all is looked at once, and each is given only what concerns it. */
function Items({ list, view }: { list: Item[]; view: ConversationView }) {
  const desk = useDesk();
  const { conversation } = view.timeline;
  const visitor = view.row?.visitor ?? null;
  const edited = editing.value?.message ?? null;
  const looked = query.value;
  const hits = looked === null ? null : new Set(desk.finder.hits.value);
  const found = looked === null ? null : desk.finder.current;
  const said = ({ key, entry: { message, kind }, mine, follows }: Item & { type: "message" }) => (
    <Message key={key} message={message} kind={kind} conversation={conversation} visitor={visitor}
      mine={mine} follows={follows} isEdited={edited === message.id}
      isFound={found === message.id} find={hits?.has(message.id) ? looked ?? "" : ""}
      progress={message.words !== "recalled" ? null
        : view.recalls.find((one) => one.message === message.id) ?? null} />
  );
  return (
    <>
      {list.map((item) => item.type === "message" ? said(item)
        : <Line key={item.key} item={item} />)}
    </>
  );
}

function Line({ item }: { item: Item & { type: "day" | "new" } }) {
  return item.type === "day"
    ? <p class="day"><span>{dayHeading(item.at, now.value)}</span></p>
    : <p class="new-line" id="new"><span>{t.value.conversation.newLine}</span></p>;
}

/** Words of all that is shown are asked for; again after a time without connection. */
function useWidened(shown: number): void {
  const desk = useDesk();
  const live = desk.connection.value === "live";
  useEffect(() => {
    void desk.current.peek()?.widen(shown).catch(() => undefined);
  }, [Math.ceil(shown / STEP), live]);
}

/** What somebody reads stays where it is while more is made before or behind it. */
function useHeldPlace(scroller: { current: HTMLDivElement | null }, part: Part): () => void {
  const held = useRef<{ message: string; top: number } | null>(null);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || held.current === null) {
      return;
    }
    const { message, top } = held.current;
    held.current = null;
    const now = element.querySelector(`[data-message="${message}"]`);
    element.scrollTop += (now?.getBoundingClientRect().top ?? top) - top;
    if (!element.contains(document.activeElement)) {
      // The button that was pressed is gone.
      element.focus({ preventScroll: true });
    }
  }, [part]);
  return () => {
    const edge = scroller.current?.getBoundingClientRect().top ?? 0;
    const all = [...scroller.current?.querySelectorAll<HTMLElement>("[data-message]") ?? []];
    const first = all.find((one) => one.getBoundingClientRect().bottom > edge);
    const message = first?.dataset.message;
    held.current = first && message ? { message, top: first.getBoundingClientRect().top } : null;
  };
}

/** What comes in further back was said long ago: it is not read out like what is said now. */
function useQuiet(): [boolean, () => void] {
  const [since, setSince] = useState<number | null>(Date.now);
  useEffect(() => {
    const timer = since === null ? undefined : setTimeout(() => setSince(null), QUIET_MILLIS);
    return () => clearTimeout(timer);
  }, [since]);
  return [since !== null, () => setSince(Date.now())];
}

/** What was found is brought into sight, and made first where it stands elsewhere. */
function useFound(ids: string[], part: Part, show: (part: Part) => void): void {
  const desk = useDesk();
  const found = query.value === null ? null : desk.finder.current;
  useLayoutEffect(() => {
    if (found === null) {
      return;
    }
    const next = around(ids, part, found);
    if (next !== part) {
      show(next);
      return;
    }
    document.querySelector(`[data-message="${found}"]`)?.scrollIntoView({ block: "center" });
  }, [found, part]);
}

/** Stays at the end while somebody is there; somebody who reads further up is left alone. */
function useEnd(
  scroller: { current: HTMLDivElement | null }, view: ConversationView, count: number,
  { hasNew, atEnd, showNewest }: { hasNew: boolean; atEnd: boolean; showNewest: () => void },
) {
  const [seen, setSeen] = useState(count);
  const toEnd = () => {
    const element = scroller.current;
    if (element) {
      element.scrollTop = element.scrollHeight;
    }
  };
  const toNewest = () => {
    if (!atEnd) {
      atNewest.value = true;
      showNewest();
    }
    toEnd();
  };
  const onScroll = () => {
    const element = scroller.current;
    if (element) {
      const below = element.scrollHeight - element.scrollTop - element.clientHeight;
      atNewest.value = atEnd && below < NEAR_PIXELS;
    }
    if (atNewest.peek()) {
      setSeen(count);
    }
  };
  useLayoutEffect(() => {
    toEnd();
    const line = hasNew ? scroller.current?.querySelector("#new") : null;
    if (line instanceof HTMLElement && scroller.current) {
      const top = line.offsetTop - scroller.current.clientHeight / 3;
      scroller.current.scrollTop = Math.min(scroller.current.scrollTop, top);
    }
    onScroll();
    return () => {
      atNewest.value = true;
    };
  }, []);
  useLayoutEffect(() => {
    if (atNewest.peek()) {
      toEnd();
      setSeen(count);
    }
    // Words that come in make a message higher, as new messages do.
  }, [view, atEnd]);
  useEffect(() => {
    const element = scroller.current;
    if (!element) {
      return undefined;
    }
    const observer = new ResizeObserver(() => {
      if (atNewest.peek()) {
        toEnd();
      }
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { below: Math.max(0, count - seen), toNewest, onScroll };
}
