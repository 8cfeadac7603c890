import type { InboxRow } from "@rejoinder/client";
import { waitsForHuman } from "../model/inbox.js";
import { plain } from "@rejoinder/client/markdown";
import { siteName } from "../model/names.js";
import { now } from "../state/clock.js";
import type { Desk } from "../state/desk.js";
import { agoOf, fullTimeOf, t } from "../state/i18n.js";
import { go, selected } from "../state/route.js";
import { Avatar } from "./Avatar.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { StatusChip } from "./StatusChip.js";

/** One height for every row, as the styles have it: what is in a row never moves the next. */
export const ROW_PIXELS = 88;

type Props = {
  row: InboxRow;
  place: number;
  of: number;
  /** How many rows before it are not made, for which it leaves room. */
  before: number;
};

export function InboxRowView({ row, place, of, before }: Props) {
  const desk = useDesk();
  const words = t.value;
  const visitor = row.row?.visitor ?? row.conversation;
  const chosen = selected.value === row.conversation;
  return (
    <li class={`row${row.unread > 0 ? " row-unread" : ""}`} aria-posinset={place} aria-setsize={of}
      style={{ marginBlockStart: `${before * ROW_PIXELS}px` }}>
      <button type="button" class="row-button" aria-current={chosen ? "true" : undefined}
        data-conversation={row.conversation}
        onClick={() => go({ page: "inbox", conversation: row.conversation })}>
        <Avatar id={visitor} name={desk.directory.names.known(visitor)} />
        <span class="row-main">
          <span class="row-line">
            <strong class="row-name">{desk.visitorName(visitor)}</strong>
            <span class="row-site">{siteName(desk.people.value, row.row?.site ?? "") ?? ""}</span>
            <time class="row-time" dateTime={new Date(row.at).toISOString()}
              title={fullTimeOf(row.at)}>
              {agoOf(row.at, now.value)}
            </time>
          </span>
          <span class="row-line">
            {preview(desk, row)}
            <Marks row={row} />
          </span>
          <span class="row-line row-foot">
            <StatusChip status={row.status} closed={row.closed} />
            <PriorityMark row={row} />
            <span class="row-assignee">
              {row.assignee ? desk.nameOf(row.assignee, null) : words.inbox.unassigned}
            </span>
          </span>
        </span>
      </button>
    </li>
  );
}

/** Only what stands out: most conversations are of no special urgency. */
function PriorityMark({ row }: { row: InboxRow }) {
  const priority = row.row?.team?.priority ?? null;
  if (priority !== "urgent" && priority !== "high") {
    return null;
  }
  const words = t.value;
  return (
    <span class={`chip chip-priority-${priority}`}>
      <span class="hidden">{words.details.priority}: </span>{words.priority[priority]}
    </span>
  );
}

function Marks({ row }: { row: InboxRow }) {
  const words = t.value.inbox;
  return (
    <span class="row-marks">
      {row.attention > 0 && (
        <span class="mark-attention" title={words.attention}>
          <Icon name="alert" size={16} /><span class="hidden">{words.attention}</span>
        </span>
      )}
      {row.waiting > 0 && (
        <span class="mark-waiting" title={words.waitingToSend(row.waiting)}>
          <Icon name="clock" size={16} />
          <span class="hidden">{words.waitingToSend(row.waiting)}</span>
        </span>
      )}
      {waitsForHuman(row) && row.unread === 0 && (
        <span class="mark-human" title={words.waits}>
          <span class="hidden">{words.waits}</span>
        </span>
      )}
      {row.unread > 0 && (
        <b class="unread">
          {row.unread > 99 ? "99+" : row.unread}
          <span class="hidden">{words.unread(row.unread)}</span>
        </b>
      )}
    </span>
  );
}

/** Words only where they are known to stand still; else what is the matter with them. */
function preview(desk: Desk, row: InboxRow) {
  const words = t.value;
  const newest = row.preview;
  if (newest === null) {
    return <span class="row-preview faint">{words.inbox.noWords}</span>;
  }
  if (newest.words !== "said") {
    return <em class="row-preview faint">{words.inbox[newest.words]}</em>;
  }
  if (!desk.previews.value) {
    return <span class="row-preview faint">{words.inbox.previewHidden}</span>;
  }
  return (
    <>
      <span class="row-source">{words.who.source[newest.source]}:</span>
      {newest.text === "" ? <em class="row-preview">{words.files.preview}</em>
        : <span class="row-preview" dir="auto">{plain(newest.text)}</span>}
    </>
  );
}
