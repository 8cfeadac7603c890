import type { ConversationView } from "@rejoinder/client";
import { siteName } from "../model/names.js";
import { closeConversation, handBack, restoreToAi, take } from "../state/actions.js";
import { sheet } from "../state/ask.js";
import type { Desk } from "../state/desk.js";
import { openTicketDialog } from "../state/tickets.js";
import { mayWriteOut } from "../state/rights.js";
import { openFind } from "../state/find.js";
import { listed, t } from "../state/i18n.js";
import { detailsOpen, setDetails } from "../state/layout.js";
import { Avatar } from "./Avatar.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { backToInbox } from "./keys.js";
import { Menu } from "./Menu.js";
import { StatusChip } from "./StatusChip.js";

export function ConversationHeader({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value;
  const { status, closed, assignee } = view.timeline;
  const visitor = view.row?.visitor ?? view.timeline.conversation;
  const site = siteName(desk.people.value, view.row?.site ?? "");
  const who = assignee ? desk.nameOf(assignee, null) : words.inbox.unassigned;
  return (
    <header class="conversation-head">
      <button type="button" class="icon-button back" aria-label={words.conversation.back}
        onClick={backToInbox}>
        <Icon name="back" />
      </button>
      <Avatar id={visitor} name={desk.directory.names.known(visitor)} />
      <div class="conversation-who">
        <h2>{desk.visitorName(visitor)}</h2>
        <p>
          {site && <span>{site}</span>}
          <StatusChip status={status} closed={closed} />
          <span class="assignee" title={words.details.assignee}>
            <Icon name="user" size={14} />{who}
          </span>
          <Viewers view={view} />
        </p>
      </div>
      <Actions view={view} />
      <button type="button" class="icon-button" aria-label={words.conversation.details}
        title={words.conversation.details} aria-expanded={detailsOpen.value}
        onClick={() => setDetails(!detailsOpen.value)}>
        <Icon name="panel" />
      </button>
    </header>
  );
}

/** Other agents who look at the same conversation, or type in it. */
function Viewers({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const visitor = view.row?.visitor ?? null;
  const names = view.active.filter(({ participant, signal }) =>
    (signal === "viewing" || signal === "typing") && participant !== visitor
      && !desk.me.value.has(participant))
    .map(({ participant }) => desk.nameOf(participant, visitor));
  if (names.length === 0) {
    return null;
  }
  const text = t.value.conversation.viewing(listed(names), names.length);
  return (
    <span class="viewers" title={text}><Icon name="eye" size={14} /><span>{text}</span></span>
  );
}

function Actions({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.conversation;
  const { status, closed, assignee } = view.timeline;
  const find = { label: words.find, icon: "search" as const, run: openFind };
  const ticket = desk.directory.isThere.value
    ? [{ label: words.newTicket, icon: "ticket" as const, run: () => openTicketDialog({
      conversation: view.timeline.conversation, site: view.row?.site ?? null,
    }) }]
    : [];
  const writeOut = {
    label: words.transcript, icon: "down" as const,
    disabled: !mayWriteOut(desk, view) ? words.cannotWriteOut
      : desk.connection.value === "offline" ? t.value.availability.needsNetwork : null,
    run: () => {
      sheet.value = "transcript";
    },
  };
  const tools = [find, ...ticket, ...(desk.directory.isThere.value ? [writeOut] : [])];
  if (closed) {
    return (
      <div class="conversation-actions">
        <Menu label={words.more} title={words.more} actions={tools}><Icon name="more" /></Menu>
      </div>
    );
  }
  const mine = assignee !== null && desk.me.value.has(assignee);
  return (
    <div class="conversation-actions">
      {assignee === null && (
        <button type="button" class="button primary" onClick={() => void take(desk)}>
          {status === "active_ai" ? words.takeOver : words.take}
        </button>
      )}
      <button type="button" class="button head-close" title="Alt+E"
        onClick={() => void closeConversation(desk)}>
        {words.close}
      </button>
      <Menu label={words.more} title={words.more} actions={[
        ...tools,
        { label: words.handBack, disabled: mine ? null : words.notYours,
          run: () => void handBack(desk) },
        { label: words.restoreToAi, disabled: hasAssistant(desk, view) ? null : words.noAssistant,
          run: () => void restoreToAi(desk) },
        { label: words.close, danger: true, run: () => void closeConversation(desk) },
      ]}>
        <Icon name="more" />
      </Menu>
    </div>
  );
}

/** Known from what everybody may know of a site, kept for when there is no network. */
function hasAssistant(desk: Desk, view: ConversationView): boolean {
  const site = view.row ? desk.directory.site(view.row.site).state.value.value : null;
  return site !== null && site.mode !== "live_chat" && view.timeline.status !== "active_ai";
}
