import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import { isComposing } from "./keys";

export type MenuEntry = {
  icon: "edit" | "recall" | "copy" | "close" | "alert";
  label: string;
  run: () => void;
};

/** A button with a menu: arrows move, Esc leaves and gives the focus back. */
export function Menu({ label, entries }: { label: string; entries: MenuEntry[] }) {
  const [open, setOpen] = useState<string | null>(null);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    root.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const leave = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(null);
    };
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, [open]);
  const show = () => {
    const box = button.current?.getBoundingClientRect();
    // Towards the middle, where there is room for it.
    const up = (box?.top ?? 0) > window.innerHeight / 2 ? "up" : "down";
    const right = (box?.left ?? 0) > window.innerWidth / 2 ? "leftwards" : "rightwards";
    setOpen(open ? null : `${up} ${right}`);
  };
  const keys = (event: KeyboardEvent) => {
    const items = [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (isComposing(event)) return;
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      setOpen(null);
      button.current?.focus();
    } else if (step && items.length) {
      event.preventDefault();
      const at = items.indexOf(document.activeElement as HTMLElement);
      items[(at + step + items.length) % items.length]?.focus();
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to what is within
    <div class={`menu ${open ? "open" : ""}`} ref={root} onKeyDown={keys}>
      <button
        type="button"
        class="round"
        ref={button}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open !== null}
        onClick={show}
      >
        <Icon name="more" />
      </button>
      {open && (
        <div class={`entries ${open}`} role="menu">
          {entries.map((entry) => (
            <button
              key={entry.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              onClick={() => {
                setOpen(null);
                button.current?.focus();
                entry.run();
              }}
            >
              <Icon name={entry.icon} />
              {entry.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
