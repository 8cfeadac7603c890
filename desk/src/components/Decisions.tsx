/** What waits for a decision of this person: never a modal, and nothing is lost by waiting. */

import type { ConversationView, Delivery, MessageView, Pending } from "@rejoinder/client";
import type { ComponentChildren } from "preact";
import { attachmentsOf } from "../model/files.js";
import { withoutBidi } from "@rejoinder/client/markdown";
import { type Entry, isGone, meanwhile, merge, textOf } from "../model/timeline.js";
import { discard, retry, takeBack } from "../state/actions.js";
import { beginEdit, editing } from "../state/composing.js";
import type { Desk } from "../state/desk.js";
import { t, timeOf } from "../state/i18n.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { Words } from "./Words.js";

export function Decisions({ view }: { view: ConversationView }) {
  if (view.freshness === "checking") {
    return null;
  }
  const entries = merge(view);
  // A message that was not sent stands among the messages, with its words.
  return (
    <div class="decisions" aria-live="polite">
      {entries.map((entry) => <MessageDecision key={entry.message.id} entry={entry} view={view} />)}
      {view.outbox.filter(({ what }) => what !== "send").map((pending) => (
        <PendingDecision key={pending.operation} pending={pending} view={view} />
      ))}
      <LostEdits view={view} />
    </div>
  );
}

function MessageDecision({ entry, view }: { entry: Entry; view: ConversationView }) {
  const { delivery } = entry.message;
  if (typeof delivery === "string") {
    return null;
  }
  return "collided" in delivery
    ? <Collision entry={entry} view={view} operation={delivery.collided.operation} />
    : <RefusedMessage entry={entry} operation={delivery.refused.operation}
      why={reason(view, delivery.refused.code)} />;
}

function Card({ title, children, actions }: {
  title: string; children?: ComponentChildren; actions: ComponentChildren;
}) {
  return (
    <section class="decision" aria-label={title}>
      <h3><Icon name="alert" size={16} />{title}</h3>
      {children}
      <div class="decision-actions">{actions}</div>
    </section>
  );
}

function Collision({ entry, view, operation }: {
  entry: Entry; view: ConversationView; operation: string;
}) {
  const desk = useDesk();
  const words = t.value.collision;
  const came = meanwhile(view, entry.message, desk.me.value);
  return (
    <Card title={words.title} actions={(
      <>
        <button type="button" class="button primary"
          onClick={() => void retry(desk, operation, entry.kind)}>{words.send}</button>
        <button type="button" class="button"
          onClick={() => void takeBack(desk, entry, operation)}>{words.edit}</button>
        <button type="button" class="button danger-quiet"
          onClick={() => void discard(desk, operation, entry.kind)}>{words.discard}</button>
      </>
    )}>
      <div class="collision">
        <h4>{words.meanwhile}</h4>
        {came.map((message) => <Quoted key={message.id} message={message} view={view} />)}
        <h4>{words.yours}</h4>
        <Quoted message={entry.message} view={view} />
      </div>
    </Card>
  );
}

function Quoted({ message, view }: { message: MessageView; view: ConversationView }) {
  const desk = useDesk();
  const text = textOf(message);
  return (
    <div class="quoted">
      <p class="quoted-head">
        {desk.nameOf(message.author, view.row?.visitor ?? null)}
        {message.at !== null && ` · ${timeOf(message.at)}`}
      </p>
      {text === null ? <em>{unsaid(message)}</em> : <Whole text={text} message={message} />}
    </div>
  );
}

/** What was written, and the names of its files. */
function Whole({ text, message }: { text: string; message: MessageView }) {
  const files = attachmentsOf(message);
  return (
    <>
      {text !== "" && <Words text={text} />}
      {files.length > 0 && (
        <ul aria-label={t.value.files.list}>
          {files.map(({ id, name }) => (
            <li key={id}><Icon name="clip" size={14} /> <bdi>{withoutBidi(name)}</bdi></li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Words that are not here are not for that reason removed. */
function unsaid({ words }: MessageView): string {
  const { recalled, absent } = t.value.conversation;
  return words === "recalled" ? recalled : absent;
}

function RefusedMessage({ entry, operation, why }: {
  entry: Entry; operation: string; why: string;
}) {
  const desk = useDesk();
  const words = t.value;
  const text = textOf(entry.message);
  return (
    <Card title={words.pending.refused(words.pending.what.send, why)} actions={(
      <>
        <button type="button" class="button primary"
          onClick={() => void retry(desk, operation, entry.kind)}>{words.message.sendAgain}</button>
        <button type="button" class="button"
          onClick={() => void takeBack(desk, entry, operation)}>{words.collision.edit}</button>
        <button type="button" class="button danger-quiet"
          onClick={() => void discard(desk, operation, entry.kind)}>{words.message.discard}</button>
      </>
    )}>
      {text !== null && (
        <div class="quoted"><Whole text={text} message={entry.message} /></div>
      )}
    </Card>
  );
}

function decided(delivery: Delivery): delivery is Exclude<Delivery, string> {
  return typeof delivery === "object";
}

function PendingDecision({ pending, view }: { pending: Pending; view: ConversationView }) {
  const desk = useDesk();
  const { delivery, operation, kind, what } = pending;
  if (!decided(delivery)) {
    return null;
  }
  const words = t.value;
  const leave = (label: string) => (
    <button type="button" class="button" onClick={() => void discard(desk, operation, kind)}>
      {label}
    </button>
  );
  if ("collided" in delivery) {
    const which = what === "close" ? "close" : "other";
    return (
      <Card title={words.collision.action} actions={(
        <>
          <button type="button" class="button danger"
            onClick={() => void retry(desk, operation, kind)}>
            {words.collision.actionAgain[which]}
          </button>
          {leave(words.collision.keep)}
        </>
      )}>
        <p>{words.collision.actionLead[which]}</p>
      </Card>
    );
  }
  return <Card title={refusal(desk, pending, delivery.refused.code, view)}
    actions={leave(words.pending.dismiss)} />;
}

function refusal(
  desk: Desk, pending: Pending, code: keyof typeof t.value.refusal, view: ConversationView,
): string {
  const words = t.value.pending;
  const { assignee } = view.timeline;
  return code === "already_claimed" && assignee !== null
    ? words.takenBy(desk.nameOf(assignee, null))
    : words.refused(words.what[pending.what], reason(view, code));
}

/** Who sees a conversation no more, such as of a site that they were taken off, is told so. */
function reason(view: ConversationView, code: keyof typeof t.value.refusal): string {
  return code === "not_allowed" && view.row === null ? t.value.pending.seenNoMore
    : t.value.refusal[code];
}

/** Words of an edit that is not in place: they lost to a newer one, or were left unfinished. */
function LostEdits({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.lostEdit;
  const drafts = view.drafts.filter((draft) => draft.message !== null && draft.text !== ""
    && draft.message !== view.timeline.conversation
    && !isGone(view, draft.kind, draft.message)
    && draft.message !== editing.value?.message);
  return (
    <>
      {drafts.map(({ kind, message, text }) => message !== null && (
        <Card key={message}
          title={desk.superseded.value.has(message) ? words.title : words.unfinished}
          actions={(
            <>
              <button type="button" class="button primary" onClick={() => beginEdit({
                conversation: view.timeline.conversation, kind, message,
              })}>{words.keep}</button>
              <button type="button" class="button danger-quiet"
                onClick={() => void desk.settleLost(view.timeline.conversation, { kind, message })}>
                {words.discard}
              </button>
            </>
          )}>
          <div class="quoted"><Words text={text} /></div>
        </Card>
      ))}
    </>
  );
}
