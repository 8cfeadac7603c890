import type { Delivery, MessageView } from "@rejoinder/client";
import { useChat } from "../chat";
import { type Item, type Queued, timeOf } from "../items";
import { clockTime, moment, strings } from "../language";
import { Attached } from "./attached";
import { Icon } from "./icons";
import { Menu, type MenuEntry } from "./menu";
import { Trouble } from "./trouble";
import { Words } from "./words";

/** A message that took longer to arrive was written without a network. */
const OFFLINE_MILLIS = 5 * 60_000;

type Row = Extract<Item, { type: "message" }>;

/** A message, or, with `queued`, what is to be one: the same row, so that it is read out once. */
export function Message({ row, queued }: { row: Row; queued?: Queued }) {
  const chat = useChat();
  const { message, own, first, last } = row;
  const words = strings.value;
  const author = queued ? words.you : chat.authorOf(message);
  const failed = typeof message.delivery === "object" || (queued?.failed ?? null) !== null;
  const recalled = message.words === "recalled";
  const side = own ? "own" : message.source === "assistant" ? "assistant" : "other";
  return (
    <div class={`row ${side} ${first ? "first" : ""} ${last ? "last" : ""}`} data-key={row.key}>
      {!own && (
        <span class="avatar" aria-hidden="true">
          {last ? initials(author) : ""}
        </span>
      )}
      <div class="stack">
        {first && !own && <p class="author">{author}</p>}
        <div class={`bubble ${recalled ? "recalled" : ""}`}>
          <span class="hidden">{words.says(author)} </span>
          <Said row={row} />
          <Meta row={row} failed={failed} />
        </div>
        {queued ? <NotTaken queued={queued} /> : <Trouble row={row} />}
      </div>
      {own && !recalled && !queued && <Actions row={row} />}
    </div>
  );
}

function Said({ row }: { row: Row }) {
  const chat = useChat();
  const { message, conversation, own } = row;
  const words = strings.value;
  if (message.words === "recalled") {
    const waits = message.change === "waiting";
    return <p class="notice-words">{waits ? words.removing : words.removed}</p>;
  }
  if (message.words === "absent") {
    const offline = chat.session.connection.value === "offline";
    return (
      <p class="notice-words" data-absent>
        {offline ? words.absent : words.absentAsking}
      </p>
    );
  }
  if (!("said" in message.words)) return null;
  const { said } = message.words;
  const isMore = said.text !== "" || (said.attachments ?? []).length > 1;
  return (
    <>
      {said.text.trim() && <Words body={said} />}
      {said.attachments?.map((file) => (
        <Attached
          key={file.id}
          file={file}
          conversation={conversation}
          message={message.id}
          at={message.at}
          own={own}
          mayDetach={isMore && chat.mayEdit(row)}
        />
      ))}
    </>
  );
}

function Meta({ row, failed }: { row: Row; failed: boolean }) {
  const chat = useChat();
  const { message, own } = row;
  const words = strings.value;
  const now = chat.session.site.now();
  const at = timeOf(message, now);
  const edited = message.edited_at !== null && message.words !== "recalled";
  const written = writtenBefore(message, own ? chat.session.site.clockOff : 0);
  return (
    <p class="meta">
      {edited && (
        <span title={words.editedAt(moment(message.edited_at ?? at, now))}>{words.edited}</span>
      )}
      {own && message.change === "waiting" && message.words !== "recalled" && (
        <span>{words.changing}</span>
      )}
      {written && <span>{words.written(moment(written, now))}</span>}
      <time dateTime={new Date(at).toISOString()} title={moment(at, now)}>
        {clockTime(at)}
      </time>
      {own && <State delivery={failed ? null : message.delivery} />}
    </p>
  );
}

/** When it was composed, where that was long before it arrived: without a network. */
function writtenBefore({ at, composed_at }: MessageView, clockOff: number): number | null {
  const composed = composed_at + clockOff;
  return at !== null && at - composed > OFFLINE_MILLIS ? composed : null;
}

const MARKS = { waiting: "clock", sent: "sent", seen: "seen" } as const;

/** Null: it was not taken. */
function State({ delivery }: { delivery: Delivery | null }) {
  const words = strings.value;
  if (typeof delivery === "object")
    return (
      <span class="state bad">
        <Icon name="alert" />
      </span>
    );
  return (
    <span class={`state ${delivery}`} title={words[delivery]}>
      <Icon name={MARKS[delivery]} />
      <span class="hidden">{words[delivery]}</span>
    </span>
  );
}

function Actions({ row }: { row: Row }) {
  const chat = useChat();
  const words = strings.value;
  const { message, conversation } = row;
  if (typeof message.words !== "object" || !("said" in message.words)) return null;
  const { text } = message.words.said;
  const entries: MenuEntry[] = [
    { icon: "copy", label: words.copy, run: () => void navigator.clipboard?.writeText(text) },
  ];
  if (chat.mayRecall(row)) {
    entries.push({
      icon: "recall",
      label: words.recall,
      run: () => {
        chat.asking.value = { what: "recall", conversation, message: message.id };
      },
    });
  }
  if (chat.mayEdit(row)) {
    entries.unshift({
      icon: "edit",
      label: words.edit,
      run: () => chat.composing.edit(conversation, message),
    });
  }
  return <Menu label={words.actions} entries={entries} />;
}

/** Typed, and in no conversation yet: it waits in this page, as a row among the others. */
export function rowOf({ key, at, text, files }: Queued): Row {
  const attachments = files.map(({ name, size }, place) => {
    return { id: `${key} ${place}`, name, media_type: "", bytes: size, digest: [] };
  });
  const message: MessageView = {
    id: key,
    author: "",
    source: "visitor",
    composed_at: at,
    at: null,
    seq: null,
    words: { said: { text, attachments } },
    edited_at: null,
    delivery: "waiting",
    change: null,
  };
  const alone = { own: true, closed: false, first: true, last: true };
  return { type: "message", key, conversation: "", message, ...alone };
}

function NotTaken({ queued }: { queued: Queued }) {
  const { thread } = useChat();
  const words = strings.value;
  if (queued.failed === null) return null;
  return (
    <div class="trouble" role="alert">
      <p>{queued.failed}</p>
      <p class="buttons">
        <button type="button" onClick={() => thread.again(queued.key)}>
          {words.sendAgain}
        </button>
        <button type="button" onClick={() => thread.discard(queued.key)}>
          {words.discard}
        </button>
      </p>
    </div>
  );
}

export function initials(name: string): string {
  const parts = name.trim().split(/\s+/);
  const letters = [parts[0], parts.length > 1 ? parts.at(-1) : ""];
  return letters
    .map((part) => [...(part ?? "")][0] ?? "")
    .join("")
    .toLocaleUpperCase();
}
