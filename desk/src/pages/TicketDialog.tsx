/** Makes a ticket, also without a network. No word of a chat is ever put into it. */

import { useState } from "preact/hooks";
import type { Priority } from "@rejoinder/client";
import { newTicket } from "../api/endpoints.js";
import { Modal } from "../components/Asking.js";
import { useDesk } from "../components/context.js";
import { PRIORITIES } from "../model/inbox.js";
import { tell } from "../state/ask.js";
import { t } from "../state/i18n.js";
import {
  closeTicketDialog, type TicketAbout, type TicketDraft, ticketDialog, ticketDrafts,
} from "../state/tickets.js";
import { Choice, Field, FormFailure, focusWrong, tied, type Wrong } from "./parts.js";
import { p } from "./words/index.js";

const SUBJECT_LONGEST = 200;
const FIELDS = ["ticket-subject", "ticket-description"] as const;

export function TicketDialog() {
  const about = ticketDialog.value;
  return about ? <Form key={about.conversation ?? ""} about={about} /> : null;
}

function Form({ about }: { about: TicketAbout }) {
  const desk = useDesk();
  const words = p.value.tickets;
  const { sites } = desk.people.value;
  const [draft, setDraft] = useState<TicketDraft>(ticketDrafts.get(about.conversation) ?? {
    subject: "", description: "", priority: "medium", assignee: "",
    site: about.site ?? sites[0]?.id ?? "",
  });
  const [wrong, setWrong] = useState<Wrong>(null);
  const change = (part: Partial<TicketDraft>) => {
    const next = { ...draft, ...part };
    ticketDrafts.set(about.conversation, next);
    setDraft(next);
  };
  const create = async (event: Event) => {
    event.preventDefault();
    const found = check(draft);
    setWrong(found);
    if (found) {
      focusWrong(found.field);
      return;
    }
    const { subject, description, priority, assignee, site } = draft;
    const id = crypto.randomUUID();
    // Said once it is true: the server may refuse it, and then the tickets' page says why.
    const stop = desk.directory.onArrival((arrived) => {
      if (arrived.about === id) {
        stop();
        tell(words.created);
      }
    });
    await desk.directory.outbox.add(newTicket(id, {
      site, subject: subject.trim(), description: description.trim(), priority,
      assignee: assignee || null, conversation: about.conversation,
    }));
    ticketDrafts.delete(about.conversation);
    closeTicketDialog();
    if (desk.connection.peek() !== "live") {
      tell(words.createdOffline);
    }
  };
  return (
    <Modal title={words.new} class="ticket-dialog" close={closeTicketDialog}>
      <p>{about.conversation ? words.linkedLead : words.newLead}</p>
      <form class="form" noValidate onSubmit={(event) => void create(event)}>
        <Field id="ticket-subject" label={words.subject} wrong={wrong}>
          <input class="picker" dir="auto" value={draft.subject} {...tied("ticket-subject", wrong)}
            onInput={(event) => change({ subject: event.currentTarget.value })} />
        </Field>
        <Field id="ticket-description" label={words.description} wrong={wrong}>
          <textarea class="picker pinned-field" dir="auto" rows={5} value={draft.description}
            {...tied("ticket-description", wrong)}
            onInput={(event) => change({ description: event.currentTarget.value })} />
        </Field>
        <div class="choices">
          <Choice<Priority> label={t.value.details.priority} value={draft.priority}
            options={PRIORITIES.map((id) => ({ id, label: t.value.priority[id] }))}
            pick={(priority) => change({ priority })} />
          <Choice label={t.value.details.assignee} value={draft.assignee}
            options={[{ id: "", label: t.value.details.nobody },
              ...desk.people.value.agents.map(({ id, name }) => ({ id, label: name }))]}
            pick={(assignee) => change({ assignee })} />
          {about.site === null && (
            <Choice label={t.value.details.site} value={draft.site}
              options={sites.map(({ id, name }) => ({ id, label: name }))}
              pick={(site) => change({ site })} />
          )}
        </div>
        <FormFailure wrong={wrong} fields={FIELDS} />
        <div class="modal-actions">
          <button type="button" class="button" onClick={closeTicketDialog}>
            {t.value.dialog.cancel}
          </button>
          <button type="submit" class="button primary">{words.create}</button>
        </div>
      </form>
    </Modal>
  );
}

function check({ subject, description, site }: TicketDraft): Wrong {
  const words = p.value.tickets;
  const length = [...subject.trim()].length;
  if (length === 0) {
    return { field: "ticket-subject", text: words.noSubject };
  }
  if (length > SUBJECT_LONGEST) {
    return { field: "ticket-subject", text: words.longSubject };
  }
  if ([...description].length > 10_000) {
    return { field: "ticket-description", text: words.longDescription };
  }
  return site === "" ? { field: null, text: words.noSite } : null;
}
