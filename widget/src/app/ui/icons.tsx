const PATHS = {
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M5 12h13M12.5 6l6 6-6 6",
  save: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 7v5l3 2M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z",
  sent: "M5 12.5l4.5 4.5L19 7.5",
  seen: "M2 12.5l4.5 4.5L16 7.5M11.5 16.5l.5.5 9.5-9.5",
  alert: "M12 8v5M12 16.5h.01M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z",
  down: "M6 10l6 6 6-6",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  recall: "M9 7L4 12l5 5M4 12h10a5 5 0 010 10",
  copy: "M9 9h10v11H9zM6 15H5V4h10v2",
  clip: "M19 11.5l-7.5 7.5a4.5 4.5 0 01-6.4-6.4l8-8a3 3 0 014.3 4.3l-7.8 7.8a1.5 1.5 0 01-2.1-2.1l7-7",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
