/** One ticket: changed in its place, and sent by the outbox, so that it works offline too. */

import type { Priority } from "@rejoinder/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { ticketChange } from "../api/endpoints.js";
import { type Ticket, type TicketChange, TICKET_STATUSES, type TicketStatus } from "../api/shapes.js";
import { useDesk } from "../components/context.js";
import { failureText } from "../components/Failure.js";
import { Icon } from "../components/Icon.js";
import { PRIORITIES } from "../model/inbox.js";
import { siteName } from "../model/names.js";
import { now } from "../state/clock.js";
import { momentOf, t } from "../state/i18n.js";
import { go } from "../state/route.js";
import { openTicketDialog } from "../state/tickets.js";
import { Choice, Field, focusWrong, tied, type Wrong } from "./parts.js";
import { p } from "./words/index.js";

export function TicketPanel({ ticket }: { ticket: Ticket }) {
  const desk = useDesk();
  const words = p.value.tickets;
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus(), []);
  const change = (body: TicketChange) =>
    void desk.directory.outbox.add(ticketChange(ticket.id, body));
  const close = () => go({ page: "tickets", ticket: null });
  const made = momentOf(ticket.created_at, now.value);
  return (
    <aside class="page-panel" aria-label={ticket.subject || words.erased} ref={panel} tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          close();
        }
      }}>
      <header>
        <h2 dir="auto">{ticket.subject || words.erased}</h2>
        <button type="button" class="icon-button" aria-label={t.value.dialog.close} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <Refused ticket={ticket} />
      <div class="choices">
        <Choice<TicketStatus> label={t.value.details.status} value={ticket.status}
          options={TICKET_STATUSES.map((id) => ({ id, label: words.statuses[id] }))}
          pick={(status) => change({ status })} />
        <Choice<Priority> label={t.value.details.priority} value={ticket.priority}
          options={PRIORITIES.map((id) => ({ id, label: t.value.priority[id] }))}
          pick={(priority) => change({ priority })} />
        <Choice label={t.value.details.assignee} value={ticket.assignee ?? ""}
          options={[{ id: "", label: t.value.details.nobody },
            ...desk.people.value.agents.map(({ id, name }) => ({ id, label: name }))]}
          pick={(assignee) => change({ assignee: assignee || null })} />
      </div>
      <Texts ticket={ticket} change={change} />
      <Linked ticket={ticket} />
      <p class="faint small">
        {ticket.created_by === null ? words.madeByVisitor(made)
          : words.madeBy(desk.nameOf(ticket.created_by, null), made)}
        {" · "}{siteName(desk.people.value, ticket.site)}
      </p>
    </aside>
  );
}

/** A change that the server did not take is told here, and given up only by a person. */
function Refused({ ticket }: { ticket: Ticket }) {
  const { outbox } = useDesk().directory;
  const refused = outbox.all.value.filter(({ about, refused: why }) => about === ticket.id && why);
  return (
    <>
      {refused.map((one) => one.refused && (
        <p key={one.id} class="banner bad" role="alert">
          {failureText(one.refused)}{" "}
          <button type="button" class="link" onClick={() => void outbox.discard(one.id)}>
            {t.value.message.discard}
          </button>
        </p>
      ))}
    </>
  );
}

function Texts({ ticket, change }: { ticket: Ticket; change: (body: TicketChange) => void }) {
  const words = p.value.tickets;
  const [typed, setTyped] = useState<{ subject?: string; description?: string }>({});
  const { subject, description } = { ...ticket, ...typed };
  const [wrong, setWrong] = useState<Wrong>(null);
  const isChanged = subject !== ticket.subject || description !== ticket.description;
  const save = (event: Event) => {
    event.preventDefault();
    const length = [...subject.trim()].length;
    if (length === 0 || length > 200) {
      setWrong({ field: "subject", text: length === 0 ? words.noSubject : words.longSubject });
      focusWrong("subject");
      return;
    }
    change({
      ...(subject === ticket.subject ? {} : { subject: subject.trim() }),
      ...(description === ticket.description ? {} : { description }),
    });
    setTyped({});
    setWrong(null);
  };
  return (
    <form class="form" noValidate onSubmit={save}>
      <Field id="subject" label={words.subject} wrong={wrong}>
        <input class="picker" dir="auto" value={subject} {...tied("subject", wrong)}
          onInput={(event) => setTyped({ ...typed, subject: event.currentTarget.value })} />
      </Field>
      <Field id="description" label={words.description} wrong={wrong}>
        <textarea class="picker pinned-field" dir="auto" rows={6} value={description}
          {...tied("description", wrong)}
          onInput={(event) => setTyped({ ...typed, description: event.currentTarget.value })} />
      </Field>
      {isChanged && (
        <div class="form-actions">
          <button type="submit" class="button primary">{t.value.shortcuts.save}</button>
          <button type="button" class="button" onClick={() => {
            setTyped({});
            setWrong(null);
          }}>{t.value.dialog.cancel}</button>
        </div>
      )}
    </form>
  );
}

/** The chat it came of. Closed for good, it goes on in another once the visitor writes again. */
function Linked({ ticket }: { ticket: Ticket }) {
  const desk = useDesk();
  const words = p.value.tickets;
  const { conversation, follow_up: followUp, site } = ticket;
  if (conversation === null) {
    return null;
  }
  const row = desk.row(conversation);
  const next = followUp
    ?? desk.inbox.value.find((one) => one.row?.follows === conversation)?.conversation ?? null;
  return (
    <section class="linked" aria-label={words.linked}>
      <button type="button" class="button" onClick={() => go({ page: "inbox", conversation })}>
        <Icon name="inbox" size={16} />{words.openChat}
      </button>
      {next && (
        <button type="button" class="button primary"
          onClick={() => go({ page: "inbox", conversation: next })}>{words.openFollowUp}</button>
      )}
      {row?.closed && !next && (
        <>
          <button type="button" class="button"
            onClick={() => openTicketDialog({ conversation, site })}>{words.startFollowUp}</button>
          <p class="faint small">{words.followUpLead}</p>
        </>
      )}
    </section>
  );
}
