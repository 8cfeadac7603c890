import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Chat, useChat } from "../chat";
import { type Item, reached } from "../items";
import { dayName, strings } from "../language";
import { Icon } from "./icons";
import { Message, rowOf } from "./message";
import { Start } from "./start";
import { usePlace } from "./place";

export function Timeline() {
  const chat = useChat();
  const words = strings.value;
  const items = chat.items.value;
  const { scroller, content, away, toEnd } = usePlace(items, chat.checking.value);
  const unread = chat.thread.view.value?.unread ?? 0;
  const waiting = chat.expecting.value || items.some((item) => item.type === "skeleton");
  // Words of theirs, of the store's and of the server's: all that is not said just now.
  const settled = !waiting && !chat.checking.value && chat.session.client.value !== null;
  const quiet = useQuiet(settled, chat.window.value + chat.thread.reach.value);
  useSeen(away);
  useOlder(scroller);
  const earlier = chat.hidden.value > 0 || chat.thread.more.value > 0;
  return (
    <div class="timeline">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys */}
      <section class="scroller" ref={scroller} tabIndex={0} aria-label={words.messages}>
        <div
          class="content"
          ref={content}
          role="log"
          aria-label={words.messages}
          aria-live={quiet ? "off" : "polite"}
          aria-relevant="additions"
          aria-busy={chat.checking.value}
        >
          {earlier ? (
            <button type="button" class="pill earlier" onClick={() => chat.earlier()}>
              {words.earlier}
            </button>
          ) : (
            !waiting && <Start />
          )}
          {chat.expecting.value && <Skeleton />}
          {items.map((item) => (
            <Row key={item.key} item={item} />
          ))}
        </div>
      </section>
      {away && items.length > 0 && (
        <button type="button" class="pill to-end" onClick={toEnd}>
          {words.toNewest(unread)}
          <Icon name="down" />
        </button>
      )}
      <p class="typing" role="status">
        {chat.typists.value && (
          <>
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {chat.typists.value}
          </>
        )}
      </p>
    </div>
  );
}

function Row({ item }: { item: Item }) {
  const chat = useChat();
  const words = strings.value;
  switch (item.type) {
    case "day":
      return <p class="rule">{dayName(item.at, chat.session.site.now())}</p>;
    case "ended":
      return <p class="rule">{words.ended}</p>;
    case "unread":
      return <p class="rule unread">{words.unread}</p>;
    case "skeleton":
      return <Skeleton />;
    case "notice":
      return <p class="said">{noticeOf(chat, item)}</p>;
    case "message":
      return <Message row={item} />;
    case "queued":
      return <Message row={rowOf(item.queued)} queued={item.queued} />;
  }
}

function noticeOf(chat: Chat, item: Extract<Item, { type: "notice" }>): string {
  const words = strings.value;
  const name = chat.nameOf(item.subject) ?? words.agent;
  switch (item.notice) {
    case "claimed":
      return words.claimed(name);
    case "released":
      return words.released(name);
    case "closed":
      return words.closedBy;
    case "closing":
      return words.closing;
    case "restored_to_ai":
      return words.restored;
  }
}

function Skeleton() {
  return (
    <div class="skeleton">
      <span class="hidden">{strings.value.checking}</span>
      <i class="other" />
      <i class="other short" />
      <i class="own" />
      <i class="other" />
    </div>
  );
}

/** How long what came with a timeline may still change after it is there. */
const SETTLING_MILLIS = 500;

/** A whole timeline, and older parts of one, are not read out; what comes after them is. */
function useQuiet(settled: boolean, reach: number): boolean {
  const [spoken, setSpoken] = useState<number | null>(null);
  useEffect(() => {
    setSpoken(null);
    if (!settled) return undefined;
    const timer = setTimeout(() => setSpoken(reach), SETTLING_MILLIS);
    return () => clearTimeout(timer);
  }, [settled, reach]);
  // At once, not after the effect: the rows come with this very rendering.
  return !settled || spoken !== reach;
}

/** Seen is what stood on a screen that somebody looked at, down to its end. */
function useSeen(away: boolean): void {
  const chat = useChat();
  const marked = useRef(new Map<string, number>());
  const mark = () => {
    const looked = chat.session.host.shown.value && document.visibilityState === "visible";
    const sections = chat.thread.sections.value;
    if (!looked || away) return;
    for (const { conversation, view } of sections) {
      if (view?.freshness !== "live" || !view.unread) continue;
      const { seq } = view.timeline;
      if ((marked.current.get(conversation) ?? 0) >= seq) continue;
      marked.current.set(conversation, seq);
      const handle = chat.session.client.value?.conversation(conversation);
      handle?.markSeen(seq).catch(() => marked.current.delete(conversation));
    }
  };
  useSignalEffect(mark);
  useEffect(() => {
    mark();
    document.addEventListener("visibilitychange", mark);
    return () => document.removeEventListener("visibilitychange", mark);
  }, [away]);
}

/** Asks for the words of older messages once they are shown and scrolled to. */
function useOlder(scroller: { current: HTMLElement | null }): void {
  const chat = useChat();
  const widened = useRef(new Map<string, number>());
  useLayoutEffect(() => {
    const element = scroller.current;
    const look = () => {
      if (!element || !lacksNearby(element)) return;
      const sections = chat.thread.sections.value;
      const counts = reached(sections, chat.window.value);
      sections.forEach(({ conversation, view }, place) => {
        const messages = view?.timeline.messages ?? [];
        const shown = counts[place] ?? 0;
        const absent = messages
          .slice(messages.length - shown)
          .some((message) => message.words === "absent");
        if (!absent || (widened.current.get(conversation) ?? 0) >= shown) return;
        widened.current.set(conversation, shown);
        chat.session.client.value
          ?.conversation(conversation)
          .widen(shown)
          .catch(() => {
            widened.current.delete(conversation);
          });
      });
    };
    look();
    element?.addEventListener("scroll", look, { passive: true });
    return () => element?.removeEventListener("scroll", look);
  }, [chat.items.value]);
}

/** Whether words are lacking in what is in sight, or a screen above it. */
function lacksNearby(scroller: HTMLElement): boolean {
  const from = scroller.getBoundingClientRect().top - scroller.clientHeight;
  const lacking = [...scroller.querySelectorAll("[data-absent]")];
  return lacking.some((one) => one.getBoundingClientRect().bottom > from);
}
