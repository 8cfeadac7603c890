/** Where an agent is logged in, and ending that: one's own, or as an admin somebody else's. */

import type { ParticipantId } from "@rejoinder/client";
import { useEffect, useMemo } from "preact/hooks";
import { Cached } from "../../api/cached.js";
import { endOtherSessions, revokeToken, tokens } from "../../api/endpoints.js";
import type { Token } from "../../api/shapes.js";
import { useDesk } from "../../components/context.js";
import { Icon } from "../../components/Icon.js";
import { confirm, tell } from "../../state/ask.js";
import { now } from "../../state/clock.js";
import { momentOf, t } from "../../state/i18n.js";
import { Standing, wrongOf } from "../parts.js";
import { p } from "../words/index.js";

export function Sessions({ agent }: { agent: ParticipantId }) {
  const desk = useDesk();
  const words = p.value.sessions;
  const { requests } = desk.directory;
  const list = useMemo(() => new Cached({ ask: () => tokens(requests, agent) }),
    [requests, agent]);
  useEffect(() => void list.refresh(), [list]);
  const known = list.state.value;
  const rows = known.value ?? [];
  const end = async (one: Token) => {
    if (!await confirm(words.endQuestion, words.endLead, words.end, "danger")) {
      return;
    }
    try {
      await revokeToken(requests, one.id);
      list.set((all) => (all ?? []).filter(({ id }) => id !== one.id));
      tell(words.ended);
    } catch (error) {
      tell(wrongOf(error)?.text ?? t.value.api.codes.other, "bad");
    }
  };
  const others = rows.filter(({ current, kind }) => !current && kind === "session");
  const endOthers = async () => {
    if (!await confirm(words.endAllQuestion, words.endLead, words.endAll, "danger")) {
      return;
    }
    try {
      await endOtherSessions(requests, agent);
      tell(words.ended);
    } catch (error) {
      tell(wrongOf(error)?.text ?? t.value.api.codes.other, "bad");
    }
    await list.refresh();
  };
  return (
    <section class="block-of" aria-labelledby="sessions">
      <h3 id="sessions">{words.title}</h3>
      <p class="muted small">{desk.me.value.has(agent) ? words.lead : words.leadOther}</p>
      <Standing of={known} again={() => void list.refresh()} empty={words.empty} icon="user"
        count={rows.length} />
      <ul class="list">
        {rows.map((one) => <Row key={one.id} one={one} end={() => void end(one)} />)}
      </ul>
      {others.length > 1 && (
        <button type="button" class="button danger-quiet end-all" onClick={() => void endOthers()}>
          {words.endAll}
        </button>
      )}
    </section>
  );
}

function Row({ one, end }: { one: Token; end: () => void }) {
  const words = p.value.sessions;
  const heard = one.heard_at === null || one.connected ? null : momentOf(one.heard_at, now.value);
  return (
    <li class="list-item session">
      <Icon name={one.kind === "program" ? "code" : "user"} />
      <span class="list-main">
        <strong>
          {words.kinds[one.kind]} <span class="faint" dir="ltr">{one.id.slice(0, 6)}</span>
        </strong>
        <span class="faint">
          {words.since(momentOf(one.created_at, now.value))}
          {heard && <> · {words.heard(heard)}</>}
        </span>
      </span>
      {one.current && <span class="chip">{words.current}</span>}
      {one.connected && <span class="chip chip-active_human">{words.connected}</span>}
      {!one.current && (
        <button type="button" class="button danger-quiet" onClick={end}>{words.end}</button>
      )}
    </li>
  );
}
