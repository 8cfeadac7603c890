import type { ConversationView, FeedRow, Priority, Status } from "@rejoinder/client";
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { shortId, siteName } from "../model/names.js";
import { attempt } from "../state/ask.js";
import { now } from "../state/clock.js";
import { momentOf, t } from "../state/i18n.js";
import { isWide, setDetails } from "../state/layout.js";
import { mayAssign } from "../state/rights.js";
import { go } from "../state/route.js";
import { useDesk } from "./context.js";
import { Icon, type IconName } from "./Icon.js";
import { StatusChip } from "./StatusChip.js";

const TABS = ["details", "analysis", "shortcuts"] as const;
const tab = signal<(typeof TABS)[number]>("details");
/** Where an agent may move a conversation to; closing is a thing of its own. */
const STATUSES: Status[] = ["active_human", "waiting_for_human", "active_ai"];
const PRIORITIES: Priority[] = ["low", "medium", "high", "urgent"];

export function Details() {
  const desk = useDesk();
  const words = t.value.details;
  const view = desk.view.value;
  const panel = useRef<HTMLElement>(null);
  const drawer = !isWide.value;
  useEffect(() => {
    if (!drawer) {
      return undefined;
    }
    const before = document.activeElement;
    panel.current?.focus();
    return () => {
      if (before instanceof HTMLElement) {
        before.focus();
      }
    };
  }, [drawer]);
  return (
    <aside class="column details" aria-label={words.panel} ref={panel} tabIndex={-1}
      onKeyDown={(event) => {
        if (drawer && event.key === "Escape") {
          setDetails(false);
        }
      }}>
      <header class="details-head">
        <div class="tabs" role="tablist" aria-label={words.panel}>
          {TABS.map((id) => (
            <button key={id} type="button" role="tab" class="tab" aria-selected={tab.value === id}
              onClick={() => {
                tab.value = id;
              }}>
              {words.tabs[id]}
            </button>
          ))}
        </div>
        {drawer && (
          <button type="button" class="icon-button" aria-label={words.close}
            onClick={() => setDetails(false)}>
            <Icon name="close" />
          </button>
        )}
      </header>
      <div class="details-body" role="tabpanel" aria-label={words.tabs[tab.value]}>
        {tab.value === "details" && view && <Facts view={view} />}
        {tab.value === "analysis" && (
          <Nothing icon="chart" title={words.analysisEmpty} lead={words.analysisLead} />
        )}
        {tab.value === "shortcuts" && (
          <Nothing icon="bolt" title={words.shortcutsEmpty} lead={words.shortcutsLead} />
        )}
      </div>
    </aside>
  );
}

function Nothing({ icon, title, lead }: { icon: IconName; title: string; lead: string }) {
  return <div class="empty small"><Icon name={icon} size={28} /><h3>{title}</h3><p>{lead}</p></div>;
}

function Facts({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.details;
  const collaborators = view.team?.collaborators ?? [];
  return (
    <>
      <dl class="facts">
        <Fact label={words.status}><StatusPicker view={view} /></Fact>
        <Fact label={words.priority}><PriorityPicker view={view} /></Fact>
        <Fact label={words.assignee}><AssigneePicker view={view} /></Fact>
        <Fact label={words.collaborators}>
          {collaborators.length > 0 ? collaborators.map((id) => desk.nameOf(id, null)).join(", ")
            : <span class="faint">{words.noCollaborators}</span>}
        </Fact>
      </dl>
      {view.row && <Origin row={view.row} />}
    </>
  );
}

/** Who came, and whence. */
function Origin({ row }: { row: FeedRow }) {
  const desk = useDesk();
  const words = t.value.details;
  return (
    <dl class="facts">
      <Fact label={words.visitor}>{t.value.who.visitor(shortId(row.visitor))}</Fact>
      <Fact label={words.site}>{siteName(desk.people.value, row.site) ?? "–"}</Fact>
      <Fact label={words.channel}>{words.web}</Fact>
      <Fact label={words.began}>{momentOf(row.at, now.value)}</Fact>
      {row.follows && <Followed id={row.follows} />}
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="fact"><dt>{label}</dt><dd>{children}</dd></div>;
}

function Followed({ id }: { id: string }) {
  const words = t.value.details;
  return (
    <Fact label={words.follows}>
      <button type="button" class="link"
        onClick={() => go({ page: "inbox", conversation: id })}>{words.openFollowed}</button>
    </Fact>
  );
}

function StatusPicker({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const { status, closed } = view.timeline;
  if (closed) {
    return <StatusChip status={status} closed />;
  }
  const options = STATUSES.includes(status) ? STATUSES : [status, ...STATUSES];
  return (
    <Picker label={t.value.details.status} value={status}
      options={options.map((id) => ({ id, label: t.value.status[id] }))}
      pick={(id) => desk.current.peek()?.setStatus(id)} />
  );
}

function PriorityPicker({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.priority;
  const current = view.team?.priority ?? null;
  const options = PRIORITIES.map((id) => ({ id, label: words[id] }));
  return (
    <Picker<Priority | ""> label={t.value.details.priority} value={current ?? ""}
      options={current === null ? [{ id: "", label: words.none }, ...options] : options}
      pick={(id) => id === "" ? undefined : desk.current.peek()?.setPriority(id)} />
  );
}

function AssigneePicker({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.details;
  const { assignee } = view.timeline;
  const agents = desk.people.value.agents
    .toSorted((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name));
  if (!mayAssign(desk, view)) {
    return (
      <>
        {assignee ? desk.nameOf(assignee, null) : words.nobody}
        {!view.timeline.closed && <small class="faint block">{words.cannotAssign}</small>}
      </>
    );
  }
  const known = agents.map((agent) => ({ id: agent.id, label: agent.name }));
  const options = [{ id: "", label: words.nobody }, ...known];
  if (assignee && !agents.some((agent) => agent.id === assignee)) {
    options.push({ id: assignee, label: desk.nameOf(assignee, null) });
  }
  return (
    <Picker label={words.assignee} value={assignee ?? ""} options={options}
      pick={(id) => desk.current.peek()?.assign(id === "" ? null : id)} />
  );
}

function Picker<T extends string>({ label, value, options, pick }: {
  label: string; value: T; options: { id: T; label: string }[];
  pick: (id: T) => Promise<unknown> | undefined;
}) {
  return (
    <select class="picker" aria-label={label} value={value} onChange={(event) => {
      const chosen = options.find((option) => option.id === event.currentTarget.value);
      if (chosen) {
        void attempt(async () => pick(chosen.id));
      }
    }}>
      {options.map((option) => <option key={option.id} value={option.id}>{option.label}</option>)}
    </select>
  );
}
