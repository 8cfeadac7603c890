/** Line icons, drawn as a tree. They are decoration: what they mean stands beside them. */

const PATHS = {
  inbox: "M4 13l3-8h10l3 8v6H4zM4 13h5l1.5 2.5h3L15 13h5",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  checks: "M2.5 12.5l4.5 4.5 8-9.5M11.5 16l1 1 9-10",
  clock: "M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  alert: "M12 8v5M12 16.5v.01M12 3l9.5 17h-19z",
  panel: "M4 5h16v14H4zM15 5v14",
  send: "M5 12h13M12 5l7 7-7 7",
  note: "M5 4h14v10l-5 6H5zM14 20v-6h5",
  removed: "M6 6l12 12M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c1-3.5 4-5 7.5-5s6.5 1.5 7.5 5",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"
    + "M12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  down: "M12 5v14M6 13l6 6 6-6",
  help: "M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5v.01"
    + "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  sort: "M5 7h14M7.5 12h9M10 17h4",
  edit: "M5 19l1-4L16 5l3 3L9 18z",
  copy: "M9 9h10v11H9zM5 15V4h10",
  chart: "M5 19V11M12 19V5M19 19v-5",
  pulse: "M3 12h4l2.5-6 4.5 12 2.5-6H21",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  ticket: "M4 7h16v3.5a1.5 1.5 0 0 0 0 3V17H4v-3.500a1.5 1.5 0 0 0 0-3zM14 7.500v9",
  gear: "M4 7h9M17 7h3M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM4 17h3M11 17h9"
    + "M9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18",
  tag: "M4 4h8l8 8-8 8-8-8zM8.5 8.500v.01",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.500h4",
  filter: "M4 5h16l-6 7.5V19l-4-2v-4.5z",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5",
  up: "M12 19V5M6 11l6-6 6 6",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  bold: "M7 5h6a3.5 3.5 0 0 1 0 7H7zM7 12h7a3.5 3.5 0 0 1 0 7H7z",
  italic: "M10 5h7M7 19h7M14 5l-4 14",
  strike: "M5 12h14M16 8c0-2-1.8-3-4-3-2.5 0-4 1.2-4 3M8 16c0 2 1.8 3 4 3 2.5 0 4-1.2 4-3",
  clip: "M19 11.500l-7.5 7.500a4.5 4.5 0 0 1-6.4-6.400l8-8a3 3 0 0 1 4.300 4.300l-8 8"
    + "a1.5 1.5 0 0 1-2.100-2.100l7-7",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  picture: "M4 5h16v14H4zM4 16l4.5-5 4 4 3-3 4.5 4.500M15 9v.01",
  code: "M8 8l-4.5 4L8 16M16 8l4.5 4-4.5 4",
  bullets: "M9 6h11M9 12h11M9 18h11M4.5 6v.01M4.5 12v.01M4.5 18v.01",
  numbers: "M10 6h10M10 12h10M10 18h10M4 4.500l1.5-.5v4.500M4 14.500c0-1.5 2.5-1.5 2.5 0 0 1-2.5 2-2.5 3h2.5",
  quote: "M5 6v12M9 8h11M9 12h11M9 16h7",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.700l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.700l1-1",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" data-icon={name} width={size} height={size} viewBox="0 0 24 24"
      aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
