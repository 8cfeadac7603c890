/** Where the bars of a chart stand, in units of its drawing; nothing here knows of a page. */

export interface Series {
  name: string;
  /** One for each day; null where there is none. */
  values: (number | null)[];
}
export interface Bar {
  series: number;
  at: number;
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Plot {
  bars: Bar[];
  /** The scale's lines, from 0 up. */
  ticks: { value: number; y: number }[];
  /** Where which day is named. */
  names: { at: number; x: number }[];
}
export interface Room {
  width: number;
  height: number;
  /** Left for the scale's numbers, at the side where reading begins. */
  side: number;
  fromRight: boolean;
}

const TICKS = 4;
const NAMES = 7;
/** What a day leaves empty of its place, and a bar at least takes. */
const GAP = 0.25;
const THIN = 1;

export function plot(series: Series[], room: Room): Plot {
  const days = Math.max(0, ...series.map(({ values }) => values.length));
  const most = niceTop(Math.max(0, ...series.flatMap(({ values }) =>
    values.map((value) => value ?? 0))));
  const step = days === 0 ? 0 : (room.width - room.side) / days;
  const width = Math.max(THIN, step * (1 - GAP) / Math.max(1, series.length));
  const mirrored = (x: number, wide: number) => room.fromRight ? room.width - x - wide : x;
  const start = (at: number) => room.side + at * step + step * GAP / 2;
  const bars = series.flatMap(({ values }, index) => values.flatMap((value, at) => {
    if (value === null || value === 0) {
      return [];
    }
    const height = Math.max(THIN, value / most * room.height);
    const x = mirrored(start(at) + index * width, width);
    return [{ series: index, at, x, y: room.height - height, width, height }];
  }));
  const every = Math.max(1, Math.ceil(days / NAMES));
  const named = Array.from({ length: days }, (_, at) => at).filter((at) => at % every === 0);
  return {
    bars,
    ticks: Array.from({ length: TICKS + 1 }, (_, i) => ({
      value: most / TICKS * i, y: room.height - room.height / TICKS * i,
    })),
    names: named.map((at) => ({ at, x: mirrored(room.side + (at + 0.5) * step, 0) })),
  };
}

/** A scale's top, of whole steps that are easily read. */
export function niceTop(most: number): number {
  const least = Math.max(1, most / TICKS);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= least) ?? least;
  return step * TICKS;
}
