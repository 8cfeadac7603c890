import type { ConversationView } from "@rejoinder/client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Item, items, merge } from "../model/timeline.js";
import { now } from "../state/clock.js";
import { query } from "../state/find.js";
import { dayHeading, dayKey, t } from "../state/i18n.js";
import { atNewest } from "../state/presence.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { Message } from "./Message.js";

/** How many entries are made at first, and with each look further back. */
const STEP = 100;
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
  const [shown, setShown] = useState(STEP);
  const newFrom = desk.newFrom.value;
  const entries = merge(view);
  const visible = entries.slice(-shown);
  const list = items(visible, desk.me.value, newFrom, dayKey);
  const { below, toNewest, onScroll } = useEnd(scroller, view, entries.length, newFrom !== null);
  const [quiet, hush] = useQuiet();
  useWidened(shown);
  useFound(entries.map((entry) => entry.message.id), shown, setShown);
  const height = useRef(0);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && height.current > 0) {
      element.scrollTop += element.scrollHeight - height.current;
      height.current = 0;
      if (entries.length <= shown) {
        // The button that was pressed is gone.
        element.focus({ preventScroll: true });
      }
    }
  }, [shown]);
  return (
    <div class="timeline-frame">
      <div class="timeline" role="log" aria-label={words.log} ref={scroller} onScroll={onScroll}
        aria-live={quiet ? "off" : "polite"} {...REACHABLE}>
        {entries.length > shown && (
          <button type="button" class="button earlier" onClick={() => {
            height.current = scroller.current?.scrollHeight ?? 0;
            hush();
            setShown(shown + STEP);
          }}>
            {words.earlier}
          </button>
        )}
        {entries.length === 0 && <p class="empty small">{words.empty}</p>}
        {list.map((item) => <ItemView key={item.key} item={item} view={view} />)}
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

function ItemView({ item, view }: { item: Item; view: ConversationView }) {
  switch (item.type) {
    case "day": return <p class="day"><span>{dayHeading(item.at, now.value)}</span></p>;
    case "new": return <p class="new-line" id="new"><span>{t.value.conversation.newLine}</span></p>;
    case "message":
      return <Message entry={item.entry} mine={item.mine} follows={item.follows} view={view} />;
  }
}

/** Words of all that is shown are asked for; again after a time without connection. */
function useWidened(shown: number): void {
  const desk = useDesk();
  const live = desk.connection.value === "live";
  useEffect(() => {
    void desk.current.peek()?.widen(shown).catch(() => undefined);
  }, [shown, live]);
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

/** What was found is brought into sight, and made first where it stands further back. */
function useFound(ids: string[], shown: number, show: (count: number) => void): void {
  const desk = useDesk();
  const found = query.value === null ? null : desk.finder.current;
  useLayoutEffect(() => {
    if (found === null) {
      return;
    }
    const fromEnd = ids.length - ids.indexOf(found);
    if (fromEnd > shown) {
      show(fromEnd + STEP / 2);
      return;
    }
    document.querySelector(`[data-message="${found}"]`)?.scrollIntoView({ block: "center" });
  }, [found, shown]);
}

/** Stays at the end while somebody is there; somebody who reads further up is left alone. */
function useEnd(
  scroller: { current: HTMLDivElement | null }, view: ConversationView, count: number,
  hasNew: boolean,
) {
  const [seen, setSeen] = useState(count);
  const toNewest = () => {
    const element = scroller.current;
    if (element) {
      element.scrollTop = element.scrollHeight;
    }
  };
  const onScroll = () => {
    const element = scroller.current;
    if (element) {
      const below = element.scrollHeight - element.scrollTop - element.clientHeight;
      atNewest.value = below < NEAR_PIXELS;
    }
    if (atNewest.peek()) {
      setSeen(count);
    }
  };
  useLayoutEffect(() => {
    toNewest();
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
      toNewest();
      setSeen(count);
    }
    // Words that come in make a message higher, as new messages do.
  }, [view]);
  useEffect(() => {
    const element = scroller.current;
    if (!element) {
      return undefined;
    }
    const observer = new ResizeObserver(() => {
      if (atNewest.peek()) {
        toNewest();
      }
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { below: Math.max(0, count - seen), toNewest, onScroll };
}
