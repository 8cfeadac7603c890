import type { ConversationView } from "@rejoinder/client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Item, items, merge } from "../model/timeline.js";
import { now } from "../state/clock.js";
import { dayHeading, dayKey, t } from "../state/i18n.js";
import { atNewest } from "../state/presence.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { Message } from "./Message.js";

/** How many entries are made at first, and with each look further back. */
const STEP = 100;
/** Within this of the end, the newest counts as on the screen. */
const NEAR_PIXELS = 48;
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
  const { below, toNewest, onScroll } = useEnd(scroller, entries.length, newFrom !== null);
  const earlier = () => {
    setShown(shown + STEP);
    void desk.current.peek()?.widen(shown + STEP).catch(() => undefined);
  };
  const height = useRef(0);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && height.current > 0) {
      element.scrollTop += element.scrollHeight - height.current;
      height.current = 0;
    }
  }, [shown]);
  return (
    <div class="timeline-frame">
      <div class="timeline" role="log" aria-label={words.log} ref={scroller} onScroll={onScroll}
        {...REACHABLE}>
        {entries.length > shown && (
          <button type="button" class="button earlier" onClick={() => {
            height.current = scroller.current?.scrollHeight ?? 0;
            earlier();
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

/** Stays at the end while somebody is there; somebody who reads further up is left alone. */
function useEnd(scroller: { current: HTMLDivElement | null }, count: number, hasNew: boolean) {
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
  }, [count]);
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
