/** What happened on some days: drawn, in numbers, and as a file for a spreadsheet. */

import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Cached } from "../../api/cached.js";
import { report, reportFile } from "../../api/endpoints.js";
import type { Figures, Report, WhichReport } from "../../api/shapes.js";
import { useDesk } from "../../components/context.js";
import { Icon } from "../../components/Icon.js";
import { tell } from "../../state/ask.js";
import { durationOf, numberOf, t } from "../../state/i18n.js";
import { saveFile } from "../files.js";
import { Choice, PageHead, Standing, wrongOf } from "../parts.js";
import { p } from "../words/index.js";
import { Scroll } from "./Scroll.js";
import { Chart } from "./Chart.js";
import { Figure, spread } from "./Figure.js";

const DAY_MILLIS = 86_400_000;
const LONGEST_DAYS = 366;
const RANGES = ["7", "30", "90", "own"] as const;
type Range = (typeof RANGES)[number];

interface Wish {
  range: Range;
  from: string;
  to: string;
  site: string;
  agent: string;
}
const wish = signal<Wish>({ range: "30", ...lastDays(30), site: "", agent: "" });

/** A day of this person's own calendar. */
function dayOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function lastDays(days: number): { from: string; to: string } {
  const first = new Date();
  first.setDate(first.getDate() - days + 1);
  return { from: dayOf(first), to: dayOf(new Date()) };
}

function whichOf({ from, to, site, agent }: Wish): WhichReport | null {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MILLIS + 1;
  return days >= 1 && days <= LONGEST_DAYS ? {
    from, to, site: site || null, agent: agent || null,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  } : null;
}

export function Reports() {
  const desk = useDesk();
  const words = p.value.reports;
  const { requests } = desk.directory;
  const which = whichOf(wish.value);
  const key = JSON.stringify(which);
  const answer = useMemo(() => which && new Cached({ ask: () => report(requests, which) }), [key]);
  useEffect(() => void answer?.refresh(), [answer]);
  const known = answer?.state.value;
  const save = async () => {
    try {
      if (which) {
        saveFile(await reportFile(requests, which), `report-${which.from}-${which.to}.csv`);
        tell(words.saved);
      }
    } catch (error) {
      tell(wrongOf(error)?.text ?? t.value.api.codes.other, "bad");
    }
  };
  return (
    <main class="column page" aria-label={words.title}>
      <div class="page-main">
        <PageHead title={words.title} lead={words.lead} whole>
          <button type="button" class="button" aria-disabled={!which} onClick={() => void save()}>
            <Icon name="down" size={16} />{words.csv}
          </button>
        </PageHead>
        <Filters />
        {!which && <p class="wrong" id="wrong-range" role="alert">{words.badRange}</p>}
        {known && (
          <Standing of={known} again={() => void answer?.refresh()} empty="" icon="chart"
            count={known.value ? 1 : 0} />
        )}
        {known?.value && <Shown of={known.value} />}
      </div>
    </main>
  );
}

function Filters() {
  const desk = useDesk();
  const words = p.value.reports;
  const now = wish.value;
  const set = (part: Partial<Wish>) => {
    wish.value = { ...now, ...part };
  };
  const pick = (range: Range) =>
    set({ range, ...(range === "own" ? {} : lastDays(Number(range))) });
  const any = { id: "", label: p.value.any };
  const day = (name: "from" | "to") => (
    <label class="choice">
      <span>{words[name]}</span>
      <input type="date" class="picker" value={now[name]} max={dayOf(new Date())}
        onChange={(event) => set({ [name]: event.currentTarget.value })} />
    </label>
  );
  return (
    <div class="page-filters">
      <Choice<Range> label={words.range} value={now.range} pick={pick}
        options={RANGES.map((id) => ({ id, label: words.ranges[id] }))} />
      {now.range === "own" && <>{day("from")}{day("to")}</>}
      <Choice label={t.value.details.site} value={now.site} pick={(site) => set({ site })}
        options={[any, ...desk.people.value.sites.map(({ id, name }) => ({ id, label: name }))]} />
      <Choice label={p.value.live.agent} value={now.agent} pick={(agent) => set({ agent })}
        options={[any, ...desk.people.value.agents.map(({ id, name }) => ({ id, label: name }))]} />
    </div>
  );
}

function Shown({ of: { total, days, agents, sites } }: { of: Report }) {
  const words = p.value.reports;
  const names = days.map(({ day }) => day);
  const counted = (name: "begun" | "closed" | "edits" | "recalls") => ({
    name: words[name], values: days.map(({ figures }) => figures[name]),
  });
  return (
    <>
      <dl class="figures">
        <Figure label={words.begun} value={numberOf(total.begun)} />
        <Figure label={words.closed} value={numberOf(total.closed)} />
        <Figure label={words.response} {...spread(total.first_response)} />
        <Figure label={words.resolution} {...spread(total.resolution)} />
        <Figure label={words.edits} value={numberOf(total.edits)} />
        <Figure label={words.recalls} value={numberOf(total.recalls)} />
      </dl>
      <Chart title={words.conversations} days={names} show={numberOf}
        series={[counted("begun"), counted("closed")]} />
      <Chart title={words.times} days={names} show={(seconds) => durationOf(seconds * 1000)}
        series={[{ name: words.response, values: days.map(({ figures }) =>
          figures.first_response ? Math.ceil(figures.first_response.median / 1000) : null) }]} />
      <Chart title={words.changes} days={names} show={numberOf}
        series={[counted("edits"), counted("recalls")]} />
      <Table title={words.byAgent} head={p.value.live.agent}
        rows={agents.map(({ agent, name, figures }) => ({ id: agent, name, figures }))} />
      {sites.length > 1 && (
        <Table title={words.bySite} head={p.value.live.site}
          rows={sites.map(({ site, name, figures }) => ({ id: site, name, figures }))} />
      )}
    </>
  );
}

const COUNTS = ["begun", "closed", "messages", "notes", "edits", "recalls"] as const;

function Table({ title, head, rows }: {
  title: string; head: string; rows: { id: string; name: string; figures: Figures }[];
}) {
  const words = p.value.reports;
  const time = (of: Figures["waiting"]) => of ? durationOf(of.median) : "–";
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {rows.length === 0 ? <p class="faint small">{words.nothing}</p> : (
        <Scroll label={title}><table>
          <thead><tr>
            <th scope="col">{head}</th>
            {COUNTS.map((id) => <th key={id} scope="col">{words[id]}</th>)}
            <th scope="col">{words.response}</th><th scope="col">{words.resolution}</th>
          </tr></thead>
          <tbody>{rows.map(({ id, name, figures }) => (
            <tr key={id}>
              <th scope="row" dir="auto">{name}</th>
              {COUNTS.map((one) => <td key={one}>{numberOf(figures[one])}</td>)}
              <td>{time(figures.first_response)}</td><td>{time(figures.resolution)}</td>
            </tr>
          ))}</tbody>
        </table></Scroll>
      )}
    </section>
  );
}
