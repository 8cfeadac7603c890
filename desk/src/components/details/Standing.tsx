/** How a conversation stands, and whose it is: each is changed in its place. */

import type { ConversationView, Priority, Status } from "@rejoinder/client";
import { PRIORITIES } from "../../model/inbox.js";
import { t } from "../../state/i18n.js";
import { mayAssign, mayCategorise } from "../../state/rights.js";
import { useDesk } from "../context.js";
import { StatusChip } from "../StatusChip.js";
import { Collaborators } from "./Collaborators.js";
import { Fact, Picker } from "./Picker.js";

/** Where an agent may move a conversation to; closing is a thing of its own. */
const MOVES: Status[] = ["active_human", "waiting_for_human", "active_ai"];

export function Standing({ view }: { view: ConversationView }) {
  const words = t.value.details;
  return (
    <dl class="facts">
      <Fact label={words.status}><StatusPicker view={view} /></Fact>
      <Fact label={words.priority}><PriorityPicker view={view} /></Fact>
      <Fact label={words.assignee}><AssigneePicker view={view} /></Fact>
      <CategoryFact view={view} />
      <Fact label={words.collaborators}><Collaborators view={view} /></Fact>
    </dl>
  );
}

function StatusPicker({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const { status, closed } = view.timeline;
  if (closed) {
    return <StatusChip status={status} closed />;
  }
  const options = MOVES.includes(status) ? MOVES : [status, ...MOVES];
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

/** Only where the site has categories; which stay choosable after closing, for statistics. */
function CategoryFact({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.details;
  const current = view.team?.category ?? null;
  const all = (desk.directory.categories.state.value.value ?? [])
    .filter(({ site }) => site === view.row?.site);
  if (all.length === 0) {
    return null;
  }
  const known = all.map(({ id, name }) => ({ id, label: name }));
  if (!mayCategorise(desk)) {
    const name = all.find(({ id }) => id === current)?.name;
    return <Fact label={words.category}>{name ?? words.noCategory}</Fact>;
  }
  const options = [{ id: "", label: words.noCategory }, ...known];
  if (current !== null && !all.some(({ id }) => id === current)) {
    options.push({ id: current, label: words.goneCategory });
  }
  return (
    <Fact label={words.category}>
      <Picker label={words.category} value={current ?? ""} options={options}
        pick={(id) => desk.current.peek()?.setCategory(id === "" ? null : id)} />
    </Fact>
  );
}

function AssigneePicker({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.details;
  const { assignee } = view.timeline;
  if (!mayAssign(desk, view)) {
    const why = desk.role.value === "support_agent" ? words.cannotAssign : words.assignOwnOnly;
    return (
      <>
        {assignee ? desk.nameOf(assignee, null) : words.nobody}
        {!view.timeline.closed && <small class="faint block">{why}</small>}
      </>
    );
  }
  const known = desk.teammates.value.map((agent) => ({
    id: agent.id, label: agent.online ? words.onlineNow(agent.name) : agent.name,
  }));
  const options = [{ id: "", label: words.nobody }, ...known];
  if (assignee && !known.some(({ id }) => id === assignee)) {
    options.push({ id: assignee, label: desk.nameOf(assignee, null) });
  }
  return (
    <Picker label={words.assignee} value={assignee ?? ""} options={options}
      pick={(id) => desk.current.peek()?.assign(id === "" ? null : id)} />
  );
}
