import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { agentName } from "../model/names.js";
import { made, SHOWN, SORTS, TABS } from "../model/inbox.js";
import { listed, t } from "../state/i18n.js";
import type { InboxList } from "../state/list.js";
import { go, isPortal, selected } from "../state/route.js";
import { change, settings } from "../state/settings.js";
import { AvailabilitySwitch } from "./Availability.js";
import { ConnectionPill } from "./ConnectionPill.js";
import { useDesk } from "./context.js";
import { FilteredLine, FilterMenu } from "./Filters.js";
import { Icon } from "./Icon.js";
import { InboxRowView, ROW_PIXELS } from "./InboxRow.js";
import { Menu } from "./Menu.js";
import { useWindow } from "./window.js";

export function Inbox() {
  const words = t.value.inbox;
  return (
    <section class="column inbox" aria-label={words.title}>
      <header class="inbox-head">
        <div class="inbox-title">
          <h1>{words.title}</h1>
          <ConnectionPill />
        </div>
        <div class="inbox-tools"><AvailabilitySwitch /><Colleagues /><FilterMenu /><SortMenu /></div>
        <Tabs />
        <FilteredLine />
        <LostLine />
        <RefusedLine />
      </header>
      <List />
    </section>
  );
}

/** Who of the others is online, at the top. */
function Colleagues() {
  const desk = useDesk();
  const { people, me } = desk;
  const online = people.value.agents.filter((agent) => agent.online && !me.value.has(agent.id));
  const words = t.value.inbox;
  const names = online.map((agent) => agentName(people.value, agent.id) ?? "");
  // Without a connection it is not known; the line keeps its height.
  const known = desk.connection.value === "live";
  const text = !known ? "\u00a0" : names.length > 0 ? words.online(listed(names))
    : words.nobodyOnline;
  return <p class="colleagues" title={text}>{text}</p>;
}

function Tabs() {
  const desk = useDesk();
  const words = t.value.inbox;
  const { tab } = settings.value;
  const counts = desk.counts.value;
  const keys = (event: KeyboardEvent) => {
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const step = event.key === forward ? 1 : TABS.length - 1;
      const next = TABS[(TABS.indexOf(tab) + step) % TABS.length] ?? "mine";
      change({ tab: next });
      document.getElementById(`tab-${next}`)?.focus();
    }
  };
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ inline: "nearest",
      block: "nearest" });
  }, [tab]);
  return (
    <div class="tabs" role="tablist" aria-label={words.conversations} onKeyDown={keys} ref={list}>
      {TABS.map((id) => (
        <button key={id} id={`tab-${id}`} type="button" role="tab" class="tab"
          aria-selected={tab === id} aria-controls="inbox-list" tabIndex={tab === id ? 0 : -1}
          onClick={() => change({ tab: id })}>
          {words.tabs[id]}{counts[id] > 0 && <span class="count">{counts[id]}</span>}
        </button>
      ))}
    </div>
  );
}

/** What was not taken stands where its conversation was, which has no row any more. */
function LostLine() {
  const words = t.value.inbox;
  const [first, ...others] = useDesk().lost.all.value;
  return first === undefined ? null : (
    <p class="filtered lost" role="status">
      <span>{words.lost(others.length + 1)}</span>
      <button type="button" class="link"
        onClick={() => go({ page: "inbox", conversation: first })}>{words.lookAtLost}</button>
    </p>
  );
}

/** The portal has no page of tickets, which tells elsewhere what the server did not take. */
function RefusedLine() {
  const { outbox } = useDesk().directory;
  const words = t.value.inbox;
  const refused = outbox.all.value.filter((one) => one.refused !== null).length;
  return refused === 0 || !isPortal ? null : (
    <p class="filtered lost" role="status">
      <span>{words.refused(refused)}</span>
      <a href="/desk#/tickets">{words.lookAtLost}</a>
    </p>
  );
}

function SortMenu() {
  const words = t.value.inbox;
  const { sort, shown } = settings.value;
  const sorts = SORTS.map((id) => ({
    ...(id === "activity" ? { heading: words.sort } : {}), label: words.sorts[id],
    checked: sort === id, run: () => change({ sort: id }),
  }));
  const shows = SHOWN.map((id) => ({
    ...(id === "open" ? { heading: words.shown } : {}), label: words.shows[id],
    checked: shown === id, run: () => change({ shown: id }),
  }));
  return (
    <Menu label={`${words.sort}, ${words.shown}`} class="sort" title={words.sort}
      actions={isPortal ? sorts : [...sorts, ...shows]}>
      <Icon name="sort" />
    </Menu>
  );
}

function List() {
  const desk = useDesk();
  const words = t.value.inbox;
  const { rows, newcomers } = desk.list.shown.value;
  const scroller = useRef<HTMLDivElement>(null);
  const { from, to, onScroll } = useWindow(scroller, rows.length, ROW_PIXELS, selectedAt(rows));
  const [focused, held] = useHeld(desk.list);
  return (
    <div class="inbox-list" id="inbox-list" role="tabpanel" ref={scroller} onScroll={onScroll}
      {...held} aria-labelledby={`tab-${settings.value.tab}`} tabIndex={-1}>
      {newcomers > 0 && (
        <button type="button" class="newcomers" onClick={() => desk.list.refresh()}>
          {words.newcomers(newcomers)}
        </button>
      )}
      {rows.length === 0 && <Empty />}
      <div class="rows" style={{ blockSize: `${rows.length * ROW_PIXELS}px` }}>
        <ul>
          {made(rows, from, to, focused).map(({ row, place, before }) => (
            <InboxRowView key={row.conversation} row={row} place={place + 1} before={before}
              of={rows.length} />
          ))}
        </ul>
      </div>
    </div>
  );
}

/**
 * Places hold while the mouse is over the list, and while the keyboard is in it: a row that moved
 * would lose the focus. A row that was clicked has it too, and holds nothing.
 */
function useHeld(list: InboxList) {
  const [focused, setFocused] = useState<string | null>(null);
  const by = useRef({ mouse: false, keyboard: false });
  const hold = (part: Partial<typeof by.current>) => {
    Object.assign(by.current, part);
    if (by.current.mouse || by.current.keyboard) {
      list.hold();
    } else {
      list.release();
    }
  };
  return [focused, {
    onPointerEnter: ({ pointerType }: PointerEvent) => hold({ mouse: pointerType === "mouse" }),
    onPointerLeave: () => hold({ mouse: false }),
    onFocusIn: ({ target }: FocusEvent) => {
      if (target instanceof HTMLElement) {
        setFocused(target.dataset.conversation ?? null);
        hold({ keyboard: target.matches(":focus-visible") });
      }
    },
    onFocusOut: ({ currentTarget, relatedTarget }: FocusEvent) => {
      const stays = currentTarget instanceof Node && relatedTarget instanceof Node
        && currentTarget.contains(relatedTarget);
      if (!stays) {
        setFocused(null);
        hold({ keyboard: false });
      }
    },
  }] as const;
}

function selectedAt(rows: { conversation: string }[]): number {
  return rows.findIndex((row) => row.conversation === selected.value);
}

/** An empty list says why, and how to see what is hidden. */
function Empty() {
  const desk = useDesk();
  const words = t.value.inbox;
  const hidden = desk.list.hidden.value;
  return (
    <div class="empty small">
      <Icon name="inbox" size={28} />
      <p>{words.empty[settings.value.tab]}</p>
      {hidden > 0 && !isPortal && (
        <button type="button" class="link" onClick={() => change({ shown: "any" })}>
          {words.emptyElsewhere(hidden)}
        </button>
      )}
    </div>
  );
}
