import type {
  ConversationId, DocumentKind, MessageView, ParticipantId, Progress,
} from "@rejoinder/client";
import { agentName } from "../model/names.js";
import { isPinned } from "../model/pinned.js";
import { report } from "../model/progress.js";
import { type Entry, shownAt, textOf, writtenFarApart } from "../model/timeline.js";
import { copy, edit, recall } from "../state/actions.js";
import { now } from "../state/clock.js";
import type { Desk } from "../state/desk.js";
import { formerOf, hasFormer } from "../state/former.js";
import { dayOf, fullTimeOf, momentOf, t, timeOf } from "../state/i18n.js";
import { mayEdit, mayRecall } from "../state/rights.js";
import { Attachments } from "./Attachments.js";
import { Avatar } from "./Avatar.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { memo } from "./memo.js";
import { type Action, Menu } from "./Menu.js";
import { Words } from "./Words.js";

type Props = {
  message: MessageView;
  kind: DocumentKind;
  conversation: ConversationId;
  visitor: ParticipantId | null;
  mine: boolean;
  /** Whether it goes on under the heading of the one before. */
  follows: boolean;
  isEdited: boolean;
  /** Whether the search stands at it. */
  isFound: boolean;
  /** What is looked for, where this holds it. */
  find: string;
  /** How far its recall is carried out, as far as told. */
  progress: Progress | null;
};

/** Made again only when something of itself changed: there are many, and one changes at a time. */
export const Message = memo(({ ...props }: Props) => {
  const { message, kind, conversation, visitor, follows } = props;
  if (message.source === "system") {
    return <SystemLine message={message} visitor={visitor} />;
  }
  const side = message.source === "visitor" ? "start" : "end";
  const classes = ["message", `from-${message.source}`, `side-${side}`, follows && "follows",
    message.words === "recalled" && "is-recalled", props.isEdited && "is-edited",
    props.isFound && "is-found", message.delivery === "waiting" && "is-waiting"]
    .filter(Boolean).join(" ");
  return (
    <article class={classes} data-message={message.id}>
      {!follows && <Heading message={message} visitor={visitor} />}
      <div class="message-row">
        <div class="bubble">
          {isPinned(textOf(message) ?? "") && <PinnedMark />}
          <Said message={message} conversation={conversation} find={props.find} />
        </div>
        {message.words !== "recalled" && <Actions entry={{ kind, message }} />}
      </div>
      <Foot {...props} />
    </article>
  );
});

function PinnedMark() {
  return <p class="pinned-mark"><Icon name="pin" size={14} />{t.value.pinned.mark}</p>;
}

type OfSomebody = { message: MessageView; visitor: ParticipantId | null };

function Heading({ message, visitor }: OfSomebody) {
  const desk = useDesk();
  const { source } = message;
  const person = source === "agent" || source === "note";
  const name = desk.nameOf(message.author, source === "visitor" ? message.author : visitor);
  return (
    <header class="message-head">
      <Avatar id={message.author} size="small"
        name={person ? agentName(desk.people.value, message.author)
          : desk.directory.names.known(message.author)} />
      {source !== "assistant" && <strong>{name}</strong>}
      {source !== "visitor" && (
        <span class={`label label-${source}`}>{t.value.who.source[source]}</span>
      )}
    </header>
  );
}

function Said({ message, conversation, find }: {
  message: MessageView; conversation: ConversationId; find: string;
}) {
  const desk = useDesk();
  const words = t.value.conversation;
  const { words: said } = message;
  if (said === "recalled") {
    return <p class="notice"><Icon name="removed" size={15} />{words.recalled}</p>;
  }
  if (typeof said === "string" || "system" in said) {
    const coming = desk.connection.value === "live";
    return <p class="notice">{coming ? words.fetching : words.absent}</p>;
  }
  const { text, attachments = [] } = said.said;
  const kind = message.source === "note" ? "team" : "timeline";
  return (
    <>
      {text !== "" && (
        <Words text={text} find={find} mentions={message.source === "note"} />
      )}
      {attachments.length > 0 && (
        <Attachments at={{ conversation, kind, message: message.id }} since={message.at}
          files={attachments} isAll={text === ""} />
      )}
    </>
  );
}

/** Time, edit, and what became of it: small, under the words, and always one line high. */
function Foot({ message, kind, conversation, mine, progress }: Props) {
  const words = t.value.conversation;
  const at = shownAt(message);
  const recalled = message.words === "recalled";
  return (
    <footer class="message-foot">
      <time dateTime={new Date(at).toISOString()} title={fullTimeOf(at)}>
        {writtenFarApart(message)
          ? words.written(momentOf(message.composed_at, at), timeOf(at)) : timeOf(at)}
      </time>
      {message.edited_at !== null && !recalled && (
        <Edited message={message} kind={kind} conversation={conversation} />
      )}
      {recalled ? <RecallReport message={message} told={progress} />
        : mine && <State message={message} note={kind === "team"} />}
    </footer>
  );
}

/** Leads to what it said before, where that is kept. */
function Edited({ message, kind, conversation }: Pick<Props, "message" | "kind" | "conversation">) {
  const desk = useDesk();
  const edited = message.edited_at ?? 0;
  const text = t.value.conversation.edited(momentOf(edited, shownAt(message)));
  return hasFormer(desk, desk.view.value, message) ? (
    <button type="button" class="link edited" aria-haspopup="dialog"
      title={`${fullTimeOf(edited)} · ${t.value.message.former}`}
      onClick={() => {
        formerOf.value = { conversation, kind, message: message.id };
      }}>
      {text}
    </button>
  ) : <span class="edited" title={fullTimeOf(edited)}>{text}</span>;
}

/** What became of one's own message; notes are seen by no visitor, so they are only sent. */
function State({ message, note }: { message: MessageView; note: boolean }) {
  const words = t.value.message;
  const { delivery, change } = message;
  if (change === "waiting") {
    return <span class="state"><Icon name="clock" size={14} />{words.editWaiting}</span>;
  }
  if (typeof delivery === "object") {
    return (
      <span class="state bad">
        <Icon name="alert" size={14} />{"refused" in delivery ? words.refused : words.collided}
      </span>
    );
  }
  const state = note && delivery === "seen" ? "sent" : delivery;
  const icon = { waiting: "clock", sent: "check", seen: "checks" } as const;
  return (
    <span class={`state state-${state}`} data-state={state}>
      <Icon name={icon[state]} size={14} />{words[state]}
    </span>
  );
}

function RecallReport({ message, told }: { message: MessageView; told: Progress | null }) {
  const found = report(message, told, now.value);
  if (!found) {
    return null;
  }
  const words = t.value.recall;
  const done = found.state === "everywhere";
  const text = found.state !== "to_go" ? words[found.state]
    : found.away_since === null ? words.toGo(found.devices)
      : words.awaySince(found.devices, dayOf(found.away_since, now.value));
  return (
    <span class={`state report report-${found.state}`} role="status" data-report={found.state}>
      <Icon name={done ? "check" : "clock"} size={14} />{text}
    </span>
  );
}

function SystemLine({ message, visitor }: OfSomebody) {
  const desk = useDesk();
  const { words } = message;
  if (typeof words !== "object" || !("system" in words)) {
    return null;
  }
  const { notice, subject } = words.system;
  const who = subject ? desk.nameOf(subject, visitor) : t.value.who.somebody;
  const bySystem = notice === "closed" && subject === null;
  const wording = t.value.notice[bySystem ? "closed_by_system" : notice];
  return (
    <p class="system-line">
      <span class="hidden">{t.value.who.source.system}: </span>
      {typeof wording === "string" ? wording : wording(who)} · {timeOf(shownAt(message))}
    </p>
  );
}

function Actions({ entry }: { entry: Entry }) {
  const desk = useDesk();
  const label = t.value.message.menu;
  return (
    <Menu label={label} title={label} class="message-menu" actions={() => actions(desk, entry)}>
      <Icon name="more" size={16} />
    </Menu>
  );
}

/** What may not be done is shown with its reason, so that nobody has to guess. */
function actions(desk: Desk, entry: Entry): Action[] {
  const view = desk.view.value;
  if (view === null) {
    return [];
  }
  const words = t.value.message;
  const editable = mayEdit(desk, view, entry);
  const said = (textOf(entry.message) ?? "") !== "";
  return [
    {
      label: words.edit, icon: "edit", disabled: editable === "yes" ? null : words.reason[editable],
      run: () => edit(desk, entry),
    },
    ...(said ? [{
      label: words.copy, icon: "copy" as const, run: () => void copy(entry),
    }] : []),
    ...(hasFormer(desk, view, entry.message) ? [{
      label: words.former, icon: "clock" as const,
      run: () => {
        const { conversation } = view.timeline;
        formerOf.value = { conversation, kind: entry.kind, message: entry.message.id };
      },
    }] : []),
    {
      label: words.recall, icon: "removed", danger: true,
      disabled: mayRecall(desk, view, entry.message) ? null : words.reason.recallMine,
      run: () => void recall(desk, entry),
    },
  ];
}
