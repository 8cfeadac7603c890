/** Tickets: what is to be done after a chat, or without one. */

import type { Priority, SiteId } from "@rejoinder/client";
import { useEffect, useMemo } from "preact/hooks";
import { signal } from "@preact/signals";
import { Cached } from "../api/cached.js";
import { tickets as ask } from "../api/endpoints.js";
import type { Waiting } from "../api/outbox.js";
import {
  type NewTicket, type Page, type Ticket, type TicketChange, TICKET_STATUSES, type TicketStatus,
} from "../api/shapes.js";
import { useDesk } from "../components/context.js";
import { failureText } from "../components/Failure.js";
import { Icon } from "../components/Icon.js";
import { PRIORITIES } from "../model/inbox.js";
import { siteName } from "../model/names.js";
import { now } from "../state/clock.js";
import type { Desk } from "../state/desk.js";
import { agoOf, fullTimeOf, t } from "../state/i18n.js";
import { go, route } from "../state/route.js";
import { openTicketDialog, ticketDrafts } from "../state/tickets.js";
import { Choice, PageHead, Standing } from "./parts.js";
import { TicketPanel } from "./TicketPanel.js";
import { p } from "./words/index.js";

interface Which {
  status: TicketStatus | "";
  priority: Priority | "";
  assignee: string;
  site: SiteId | "";
}
/** Stays as it was while one goes to a chat and comes back. */
const which = signal<Which>({ status: "open", priority: "", assignee: "", site: "" });
const lists = new WeakMap<Desk, Map<string, Cached<Page<Ticket>>>>();

/** One list for each way to narrow, kept while the desk is open. */
function listOf(desk: Desk, wish: Which): Cached<Page<Ticket>> {
  const all = lists.get(desk) ?? new Map<string, Cached<Page<Ticket>>>();
  lists.set(desk, all);
  const key = JSON.stringify(wish);
  const found = all.get(key) ?? new Cached<Page<Ticket>>({
    ask: () => ask(desk.directory.requests, wish as Parameters<typeof ask>[1]),
  });
  all.set(key, found);
  return found;
}

export function Tickets() {
  const desk = useDesk();
  const words = p.value.tickets;
  const list = listOf(desk, which.value);
  const known = list.state.value;
  const open = route.value.page === "tickets" ? route.value.ticket : null;
  useEffect(() => void list.refresh(), [list]);
  useEffect(() => desk.directory.onArrival(({ kind }) => {
    if (kind.startsWith("ticket")) {
      void listOf(desk, which.peek()).refresh();
    }
  }), [desk]);
  const waiting = desk.directory.outbox.all.value;
  const isListed = (id: string) => known.value?.rows.some((one) => one.id === id) ?? false;
  const made = waiting.filter(({ kind, about }) => kind === "ticket" && !isListed(about));
  // What is about something that this agent sees no more is told here, and nowhere else.
  const lost = waiting.filter(({ kind, about, refused }) => kind !== "ticket" && refused !== null
    && !isListed(about));
  const rows = useMemo(() => (known.value?.rows ?? []).map((one) => changed(one, waiting)),
    [known.value, waiting]);
  const shown = rows.find(({ id }) => id === open) ?? null;
  const total = rows.length + made.length + lost.length;
  return (
    <main class={`column page${shown ? " has-panel" : ""}`} aria-label={words.title}>
      <div class="page-main">
        <PageHead title={words.title} whole>
          <button type="button" class="button primary"
            onClick={() => openTicketDialog({ conversation: null, site: null })}>
            {words.new}
          </button>
        </PageHead>
        <Filters />
        <Standing of={known} again={() => void list.refresh()} empty={words.empty} icon="ticket"
          count={total} />
        <ul class="list" aria-label={words.title}>
          {made.map((one) => <MadeRow key={one.id} waiting={one} />)}
          {lost.map((one) => <LostRow key={one.id} waiting={one} />)}
          {rows.map((ticket) => (
            <Row key={ticket.id} ticket={ticket} open={ticket.id === open}
              waits={waiting.some(({ about }) => about === ticket.id)} />
          ))}
        </ul>
        {known.value?.next && <More list={list} />}
      </div>
      {shown && <TicketPanel key={shown.id} ticket={shown} />}
    </main>
  );
}

/** What was changed here and has not arrived is shown as changed. */
function changed(ticket: Ticket, waiting: Waiting[]): Ticket {
  const changes = waiting.filter(({ kind, about, refused }) => kind === "ticket change"
    && about === ticket.id && refused === null).map(({ body }) => body as TicketChange);
  return Object.assign({ ...ticket }, ...changes, { version: ticket.version });
}

function Filters() {
  const desk = useDesk();
  const words = p.value.tickets;
  const wish = which.value;
  const set = (part: Partial<Which>) => {
    which.value = { ...wish, ...part };
  };
  const any = { id: "" as const, label: p.value.any };
  return (
    <div class="page-filters">
      <Choice<Which["status"]> label={t.value.details.status} value={wish.status}
        options={[any, ...TICKET_STATUSES.map((id) => ({ id, label: words.statuses[id] }))]}
        pick={(status) => set({ status })} />
      <Choice label={t.value.details.assignee} value={wish.assignee}
        options={[any, { id: "none", label: t.value.details.nobody },
          ...desk.people.value.agents.map(({ id, name }) => ({
            id, label: desk.me.value.has(id) ? t.value.who.you : name,
          }))]}
        pick={(assignee) => set({ assignee })} />
      <Choice<Which["priority"]> label={t.value.details.priority} value={wish.priority}
        options={[any, ...PRIORITIES.map((id) => ({ id, label: t.value.priority[id] }))]}
        pick={(priority) => set({ priority })} />
      <Choice label={t.value.details.site} value={wish.site}
        options={[any, ...desk.people.value.sites.map(({ id, name }) => ({ id, label: name }))]}
        pick={(site) => set({ site })} />
    </div>
  );
}

function Row({ ticket, open, waits }: { ticket: Ticket; open: boolean; waits: boolean }) {
  const desk = useDesk();
  const words = p.value.tickets;
  return (
    <li>
      <button type="button" class="list-row" aria-current={open ? "true" : undefined}
        onClick={() => go({ page: "tickets", ticket: ticket.id })}>
        <span class="list-main">
          <strong dir="auto">{ticket.subject || words.erased}</strong>
          <span class="faint">
            {siteName(desk.people.value, ticket.site) ?? ""}
            {ticket.conversation && <> · <Icon name="inbox" size={14} /> {words.linked}</>}
          </span>
        </span>
        {waits && <span class="chip chip-waiting_for_human">{t.value.details.waitsToBeSent}</span>}
        <span class={`chip chip-priority-${ticket.priority}`}>
          {t.value.priority[ticket.priority]}
        </span>
        <span class={`chip chip-ticket-${ticket.status}`}>{words.statuses[ticket.status]}</span>
        <span class="list-who">
          {ticket.assignee ? desk.nameOf(ticket.assignee, null) : t.value.details.nobody}
        </span>
        <time class="faint" dateTime={new Date(ticket.updated_at).toISOString()}
          title={fullTimeOf(ticket.updated_at)}>
          {agoOf(ticket.updated_at, now.value)}
        </time>
      </button>
    </li>
  );
}

/** Made here and not on the server yet: it waits, or was refused, and is kept either way. */
function MadeRow({ waiting }: { waiting: Waiting }) {
  const desk = useDesk();
  const words = p.value.tickets;
  const body = waiting.body as NewTicket;
  const { outbox } = desk.directory;
  const again = async () => {
    const { conversation, subject, description, priority, assignee, site } = body;
    ticketDrafts.set(conversation, {
      subject, description, priority, assignee: assignee ?? "", site,
    });
    await outbox.discard(waiting.id);
    openTicketDialog({ conversation, site: conversation ? site : null });
  };
  return (
    <li class="list-row is-waiting">
      <span class="list-main">
        <strong dir="auto">{body.subject}</strong>
        <span class={waiting.refused ? "bad" : "warn"} role="status">
          {waiting.refused ? failureText(waiting.refused) : t.value.details.waitsToBeSent}
        </span>
      </span>
      {waiting.refused && (
        <>
          <button type="button" class="button" onClick={() => void again()}>{words.mend}</button>
          <button type="button" class="button danger-quiet"
            onClick={() => void outbox.discard(waiting.id)}>{t.value.message.discard}</button>
        </>
      )}
    </li>
  );
}

/** A change that was refused, with what was typed: it can be copied, and is given up by a person. */
function LostRow({ waiting }: { waiting: Waiting }) {
  const desk = useDesk();
  const words = p.value.tickets;
  const texts = Object.values(waiting.body as Record<string, unknown>)
    .filter((value) => typeof value === "string");
  return (
    <li class="list-row is-waiting">
      <span class="list-main">
        <strong>{waiting.kind === "visitor" ? words.lostVisitor : words.lostChange}</strong>
        {texts.map((text) => <span key={text} class="lost-text" dir="auto">{text}</span>)}
        <span class="bad" role="status">{waiting.refused && failureText(waiting.refused)}</span>
      </span>
      <button type="button" class="button danger-quiet"
        onClick={() => void desk.directory.outbox.discard(waiting.id)}>
        {t.value.message.discard}
      </button>
    </li>
  );
}

function More({ list }: { list: Cached<Page<Ticket>> }) {
  const desk = useDesk();
  const known = list.state.value;
  const more = async () => {
    const next = await ask(desk.directory.requests,
      { ...which.peek(), cursor: known.value?.next ?? null } as Parameters<typeof ask>[1]);
    list.set((page) => ({ rows: [...page?.rows ?? [], ...next.rows], next: next.next }));
  };
  return (
    <button type="button" class="button more" onClick={() => void more().catch(() => list.refresh())}>
      {p.value.more}
    </button>
  );
}
