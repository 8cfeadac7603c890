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
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
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
