import { useEffect } from "preact/hooks";
import { audit as ask } from "../../api/endpoints.js";
import type { AuditEntry } from "../../api/shapes.js";
import { useDesk } from "../../components/context.js";
import { siteName } from "../../model/names.js";
import { now } from "../../state/clock.js";
import { fullTimeOf, listed, momentOf } from "../../state/i18n.js";
import { go } from "../../state/route.js";
import { PageHead, Standing } from "../parts.js";
import { p } from "../words/index.js";
import { listsOf } from "./lists.js";

export function Audit() {
  const desk = useDesk();
  const words = p.value.audit;
  const { audit } = listsOf(desk);
  const known = audit.state.value;
  useEffect(() => void audit.refresh(), [audit]);
  const rows = known.value?.rows ?? [];
  const next = known.value?.next ?? null;
  const more = async () => {
    const page = await ask(desk.directory.requests, next);
    audit.set((all) => ({ rows: [...all?.rows ?? [], ...page.rows], next: page.next }));
  };
  return (
    <>
      <PageHead title={p.value.settings.sections.audit} lead={words.lead} />
      <Standing of={known} again={() => void audit.refresh()} empty={words.empty} icon="note"
        count={rows.length} />
      <ul class="list">
        {rows.map((entry, i) => <Entry key={`${entry.at} ${i}`} entry={entry} />)}
      </ul>
      {next && (
        <button type="button" class="button more"
          onClick={() => void more().catch(() => audit.refresh())}>{p.value.more}</button>
      )}
    </>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const desk = useDesk();
  const words = p.value.audit;
  // A newer server may name others.
  const fields: Readonly<Record<string, string>> = words.fields;
  const { recalled, by, subject } = entry;
  const agent = desk.people.value.agents.find(({ id }) => id === subject)?.name;
  return (
    <li class="list-item audit-row">
      <span class="list-main">
        <span>
          <strong>{by ? desk.nameOf(by, null) : words.commandLine}</strong>{" "}
          {words.actions[entry.action]}
          {recalled && (
            <>
              {" "}
              <button type="button" class="link" onClick={() =>
                go({ page: "inbox", conversation: recalled.conversation })}>
                {words.message(words.documents[recalled.document])}
              </button>
            </>
          )}
          {agent && <>: {agent}</>}
        </span>
        <span class="faint">
          {[
            ...(entry.site ? [siteName(desk.people.value, entry.site) ?? entry.site] : []),
            ...(entry.fields.length > 0
              ? [listed(entry.fields.map((field) => fields[field] ?? field))] : []),
          ].join(" · ")}
        </span>
      </span>
      <time class="faint" dateTime={new Date(entry.at).toISOString()} title={fullTimeOf(entry.at)}>
        {momentOf(entry.at, now.value)}
      </time>
    </li>
  );
}
