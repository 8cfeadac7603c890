/** How it is at this moment. It is asked for only while somebody can see it. */

import { signal } from "@preact/signals";
import type { SiteId } from "@rejoinder/client";
import { useEffect, useMemo } from "preact/hooks";
import { Cached } from "../../api/cached.js";
import { live } from "../../api/endpoints.js";
import type { Live as Answer, LiveAgent, LiveStanding } from "../../api/shapes.js";
import { Avatar } from "../../components/Avatar.js";
import { useDesk } from "../../components/context.js";
import { durationOf, t, timeWithSecondsOf } from "../../state/i18n.js";
import { Choice, PageHead, Standing } from "../parts.js";
import { p } from "../words/index.js";
import { Scroll } from "./Scroll.js";
import { Figure, spread } from "./Figure.js";

const EVERY_MILLIS = 5_000;
const site = signal<SiteId | "">("");

export function Live() {
  const desk = useDesk();
  const words = p.value.live;
  const { requests } = desk.directory;
  const chosen = site.value;
  const board = useMemo(() => new Cached({ ask: () => live(requests, chosen || null) }),
    [requests, chosen]);
  const isConnected = desk.connection.value === "live";
  useEffect(() => whileSeen(() => void board.refresh()), [board, isConnected]);
  const known = board.state.value;
  const { sites } = desk.people.value;
  return (
    <main class="column page" aria-label={words.title}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys */}
      <div class="page-main" tabIndex={0}>
        <PageHead title={words.title} lead={words.lead} whole />
        <div class="page-filters">
          {sites.length > 1 && (
            <Choice label={words.site} value={chosen} pick={(id) => {
              site.value = id;
            }} options={[{ id: "", label: p.value.any },
              ...sites.map(({ id, name }) => ({ id, label: name }))]} />
          )}
          <p class="faint small as-of-line">
            {known.at !== null && words.asOf(timeWithSecondsOf(known.at))}
          </p>
        </div>
        <Standing of={known} again={() => void board.refresh()} empty="" icon="chart"
          count={known.value ? 1 : 0} />
        {known.value && <Board now={known.value} />}
      </div>
    </main>
  );
}

/** At once, then every few seconds while it is shown; a page in the background asks nothing. */
function whileSeen(ask: () => void): () => void {
  const look = () => {
    if (document.visibilityState === "visible") {
      ask();
    }
  };
  look();
  const timer = setInterval(look, EVERY_MILLIS);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

function Board({ now: { at, total, sites, agents } }: { now: Answer }) {
  const words = p.value.live;
  return (
    <>
      <Figures at={at} total={total} />
      {sites.length > 1 && (
        <section aria-labelledby="live-sites">
          <h2 id="live-sites">{words.sites}</h2>
          <Scroll label={words.sites}><table>
            <thead><tr>
              <th scope="col">{words.site}</th><th scope="col">{words.availability}</th>
              <th scope="col">{words.waiting}</th><th scope="col">{words.human}</th>
              <th scope="col">{words.answered}</th>
            </tr></thead>
            <tbody>{sites.map(({ site: id, name, online, standing }) => (
              <tr key={id}>
                <th scope="row" dir="auto">{name}</th>
                <td>{online ? words.online : words.offline}</td>
                <td>{standing.waiting}</td>
                <td>{standing.active_human}</td>
                <td>{spread(standing.first_response).value}</td>
              </tr>
            ))}</tbody>
          </table></Scroll>
        </section>
      )}
      <section aria-labelledby="live-agents">
        <h2 id="live-agents">{words.agents}</h2>
        {agents.length === 0 ? <p class="faint small">{words.nobody}</p> : (
          <Scroll label={words.agents}><table>
            <thead><tr>
              <th scope="col">{words.agent}</th><th scope="col">{words.availability}</th>
              <th scope="col">{words.chats}</th>
            </tr></thead>
            <tbody>{agents.map((agent) => (
              <AgentRow key={agent.agent} agent={agent} at={at} />
            ))}</tbody>
          </table></Scroll>
        )}
      </section>
    </>
  );
}

function Figures({ at, total }: { at: number; total: LiveStanding }) {
  const words = p.value.live;
  const since = total.waiting_since;
  return (
    <dl class="figures">
      <Figure label={words.waiting} value={String(total.waiting)}
        tone={total.waiting > 0 ? "warn" : null}
        note={since === null ? words.nobodyWaits : words.longest(durationOf(at - since))} />
      <Figure label={words.human} value={String(total.active_human)} />
      <Figure label={words.ai} value={String(total.active_ai)} />
      <Figure label={words.info} value={String(total.awaiting_offline_info)} />
      <Figure label={words.taken} {...spread(total.waiting_time)} />
      <Figure label={words.answered} {...spread(total.first_response)} />
    </dl>
  );
}

function AgentRow({ agent, at }: { agent: LiveAgent; at: number }) {
  const words = p.value.live;
  // Who is not there is offline, whatever they chose.
  const state = agent.online ? agent.availability : "offline";
  return (
    <tr>
      <th scope="row">
        <span class="who">
          <Avatar id={agent.agent} size="small" name={agent.name} />
          <span dir="auto">{agent.name}</span>
          <span class="faint">{p.value.agents.roles[agent.role]}</span>
        </span>
      </th>
      <td>
        <span class={`chip ${agent.available ? "chip-active_human" : ""}`}>
          {t.value.availability.states[state]}
        </span>{" "}
        <span class="faint">
          {agent.online && agent.since > 0 && words.since(durationOf(at - agent.since))}
        </span>
      </td>
      <td>
        <meter class="load" min={0} max={Math.max(1, agent.limit)} value={agent.active}
          aria-label={words.chats} />
        {words.of(agent.active, agent.limit)}
      </td>
    </tr>
  );
}
