/** Bars by day: drawn, told in a sentence, and there as a table for whoever wants the numbers. */

import { plot, type Series } from "../../model/chart.js";
import { localeId } from "../../state/i18n.js";
import { isPhone } from "../../state/layout.js";
import { p } from "../words/index.js";
import { Scroll } from "./Scroll.js";

/** On a phone the same letters need more of the room. */
const WIDTH = { phone: 340, wide: 760 };
const HEIGHT = 160;
const SIDE = 52;
const HEAD = 8;
const FOOT = 22;

export function Chart({ title, days, series, show, tick = show }: {
  title: string; days: string[]; series: Series[];
  show: (value: number) => string;
  /** The same for the scale, where there is less room. */
  tick?: (value: number) => string;
}) {
  const words = p.value.reports;
  const fromRight = document.documentElement.dir === "rtl";
  const width = isPhone() ? WIDTH.phone : WIDTH.wide;
  const drawn = plot(series, { width, height: HEIGHT, side: SIDE, fromRight });
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {series.map(({ name }, i) => <li key={name} class={`tone-${i}`}>{name}</li>)}
        </ul>
      </figcaption>
      <svg viewBox={`0 ${-HEAD} ${width} ${HEAD + HEIGHT + FOOT}`} role="img"
        aria-label={`${title}. ${summary(days, series, show)}`}>
        {drawn.ticks.map(({ value, y }) => (
          <g key={value} class="tick">
            <line x1={fromRight ? 0 : SIDE} x2={fromRight ? width - SIDE : width} y1={y} y2={y} />
            <text x={fromRight ? width - SIDE + 8 : SIDE - 8} y={y} text-anchor="end"
              dominant-baseline="middle">{tick(value)}</text>
          </g>
        ))}
        {drawn.bars.map((bar) => (
          <rect key={`${bar.series} ${bar.at}`} class={`bar tone-${bar.series}`} x={bar.x} y={bar.y}
            width={bar.width} height={bar.height} rx={Math.min(2, bar.width / 2)}>
            <title>{`${dayName(days[bar.at])}: ${series[bar.series]?.name} ${
              show(series[bar.series]?.values[bar.at] ?? 0)}`}</title>
          </rect>
        ))}
        {drawn.names.map(({ at, x }) => (
          <text key={at} class="name" x={x} y={HEIGHT + FOOT - 6} text-anchor="middle">
            {dayName(days[at])}
          </text>
        ))}
      </svg>
      <details>
        <summary>{words.asTable}</summary>
        <Scroll label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.day}</th>
                {series.map(({ name }) => <th key={name} scope="col">{name}</th>)}
              </tr>
            </thead>
            <tbody>
              {days.map((day, at) => (
                <tr key={day}>
                  <th scope="row">{dayName(day)}</th>
                  {series.map(({ name, values }) => (
                    <td key={name}>{values[at] == null ? "–" : show(values[at])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table></Scroll>
      </details>
    </figure>
  );
}

function summary(days: string[], series: Series[], show: (value: number) => string): string {
  const words = p.value.reports;
  const told = series.flatMap(({ name, values }) => {
    const most = Math.max(0, ...values.map((value) => value ?? 0));
    return most === 0 ? [] : [words.peak(name, show(most), dayName(days[values.indexOf(most)]))];
  });
  return told.length > 0 ? told.join(" ") : words.nothing;
}

/** A day is one in every time zone: it is shown as it stands. */
function dayName(day: string | undefined): string {
  return day === undefined ? "" : new Intl.DateTimeFormat(localeId.value, {
    day: "numeric", month: "short", timeZone: "UTC",
  }).format(new Date(`${day}T00:00:00Z`));
}
