/** Conversations of every status, by pages from the server: more than a desk holds. */

import { signal } from "@preact/signals";
import type { SiteId, Status } from "@rejoinder/client";
import { useEffect } from "preact/hooks";
import { Cached } from "../api/cached.js";
import { conversations as ask } from "../api/endpoints.js";
import type { Page, Past, WhichPast } from "../api/shapes.js";
import { Avatar } from "../components/Avatar.js";
import { useDesk } from "../components/context.js";
import { StatusChip } from "../components/StatusChip.js";
import { STATUSES } from "../model/inbox.js";
import { siteName } from "../model/names.js";
import { takeOver } from "../state/actions.js";
import { now } from "../state/clock.js";
import type { Desk } from "../state/desk.js";
import { fullTimeOf, momentOf, t } from "../state/i18n.js";
import { go } from "../state/route.js";
import { Choice, PageHead, Standing } from "./parts.js";
import { p } from "./words/index.js";

interface Which {
  status: Status | "closed" | "";
  assignee: string;
  site: SiteId | "";
}
const which = signal<Which>({ status: "", assignee: "", site: "" });
const lists = new WeakMap<Desk, Map<string, Cached<Page<Past, number>>>>();

function listOf(desk: Desk, wish: Which): Cached<Page<Past, number>> {
  const all = lists.get(desk) ?? new Map<string, Cached<Page<Past, number>>>();
  lists.set(desk, all);
  const key = JSON.stringify(wish);
  const found = all.get(key) ?? new Cached<Page<Past, number>>({
    ask: () => ask(desk.directory.requests, narrowed(wish)),
  });
  all.set(key, found);
  return found;
}

function narrowed({ status, assignee, site }: Which): WhichPast {
  return {
    assignee: assignee || null, site: site || null,
    ...(status === "closed" ? { closed: true } : status ? { status, closed: false } : {}),
  };
}

export function History() {
  const desk = useDesk();
  const words = p.value.history;
  const list = listOf(desk, which.value);
  const known = list.state.value;
  const rows = known.value?.rows ?? [];
  useEffect(() => void list.refresh(), [list]);
  return (
    <main class="column page" aria-label={words.title}>
      <div class="page-main">
        <PageHead title={words.title} lead={words.lead} whole />
        <Filters />
        <Standing of={known} again={() => void list.refresh()} empty={words.empty} icon="clock"
          count={rows.length} />
        <ul class="list" aria-label={words.title}>
          {rows.map((row) => <Row key={row.conversation} row={row} />)}
        </ul>
        {known.value?.next && <More list={list} />}
      </div>
    </main>
  );
}

function Filters() {
  const desk = useDesk();
  const wish = which.value;
  const set = (part: Partial<Which>) => {
    which.value = { ...wish, ...part };
  };
  const any = { id: "" as const, label: p.value.any };
  return (
    <div class="page-filters">
      <Choice<Which["status"]> label={t.value.details.status} value={wish.status}
        options={[any, ...[...STATUSES, "closed" as const]
          .map((id) => ({ id, label: t.value.status[id] }))]}
        pick={(status) => set({ status })} />
      <Choice label={t.value.details.assignee} value={wish.assignee}
        options={[any, { id: "none", label: t.value.details.nobody },
          ...desk.people.value.agents.map(({ id, name }) => ({
            id, label: desk.me.value.has(id) ? t.value.who.you : name,
          }))]}
        pick={(assignee) => set({ assignee })} />
      <Choice label={t.value.details.site} value={wish.site}
        options={[any, ...desk.people.value.sites.map(({ id, name }) => ({ id, label: name }))]}
        pick={(site) => set({ site })} />
    </div>
  );
}

function Row({ row }: { row: Past }) {
  const desk = useDesk();
  const words = p.value.history;
  const { conversation } = row;
  const open = () => go({ page: "inbox", conversation });
  return (
    <li class="list-item">
      <button type="button" class="list-row" onClick={open}>
        <Avatar id={row.visitor} name={desk.directory.names.label(row.visitor)} />
        <span class="list-main">
          <strong>{desk.visitorName(row.visitor)}</strong>
          <span class="faint">{siteName(desk.people.value, row.site) ?? ""}</span>
        </span>
        <StatusChip status={row.status} closed={row.closed} />
        <span class="list-who">
          {row.assignee ? desk.nameOf(row.assignee, null) : t.value.details.nobody}
        </span>
        <time class="faint" dateTime={new Date(row.at).toISOString()} title={fullTimeOf(row.at)}>
          {momentOf(row.at, now.value)}
        </time>
      </button>
      {!row.closed && row.status === "active_ai" && (
        <button type="button" class="button" onClick={() => void takeOver(desk, conversation)}>
          {words.takeOver}
        </button>
      )}
    </li>
  );
}

function More({ list }: { list: Cached<Page<Past, number>> }) {
  const desk = useDesk();
  const more = async () => {
    const before = list.value?.next ?? null;
    const next = await ask(desk.directory.requests, { ...narrowed(which.peek()), before });
    list.set((page) => ({ rows: [...page?.rows ?? [], ...next.rows], next: next.next }));
  };
  return (
    <button type="button" class="button more"
      onClick={() => void more().catch(() => list.refresh())}>{p.value.more}</button>
  );
}
