/** A button with a list of actions under it, by pointer and by keyboard. */

import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./Icon.js";

export interface Action {
  /** Begins a part of the list, under this name. */
  heading?: string;
  label: string;
  /** A second, smaller line. */
  detail?: string;
  /** Where labels may be equal. */
  key?: string;
  icon?: IconName;
  /** Why it cannot be done now; the action is then shown, and not carried out. */
  disabled?: string | null;
  danger?: boolean;
  checked?: boolean;
  run: () => void;
}
type Props = {
  label: string;
  class?: string;
  /** As a function, they are worked out when the list is opened. */
  actions: Action[] | (() => Action[]);
  children: ComponentChildren;
  title?: string;
};

/** Room that a list needs below its button, in pixels; without it, it opens upwards. */
const ROOM = 240;

export function Menu({ label, actions, children, class: name = "", title }: Props) {
  const [open, setOpen] = useState(false);
  const [up, setUp] = useState(false);
  const [across, setAcross] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = (focus: boolean) => {
    setOpen(false);
    if (focus) {
      button.current?.focus();
    }
  };
  // Beside a wide message there is room on one side only.
  useLayoutEffect(() => {
    if (open && isCut(root.current)) {
      setAcross(true);
    }
  }, [open]);
  useEffect(() => {
    if (!open) {
      return undefined;
    }
    items(root.current)[0]?.focus();
    const outside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) {
        close(false);
      }
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const toggle = () => {
    const box = button.current?.getBoundingClientRect();
    setUp(box !== undefined && innerHeight - box.bottom < ROOM && box.top > ROOM);
    setAcross(false);
    setOpen(!open);
  };
  const keys = (event: KeyboardEvent) => {
    if (!open) {
      return;
    }
    if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      close(event.key === "Escape");
    } else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
      event.preventDefault();
      step(root.current, event.key);
    }
  };
  return (
    <div class={`menu ${name}`} ref={root}>
      <button type="button" ref={button} class="menu-button" aria-haspopup="menu" title={title}
        aria-expanded={open} aria-label={label} onClick={toggle} onKeyDown={keys}>
        {children}
      </button>
      {open && (
        <div class={`menu-list${up ? " menu-up" : ""}${across ? " menu-across" : ""}`} role="menu"
          aria-label={label} tabIndex={-1} onKeyDown={keys}>
          {(typeof actions === "function" ? actions() : actions).map((action) => (
            <Fragment key={action.key ?? action.label}>
              {action.heading && <p class="menu-heading" role="presentation">{action.heading}</p>}
              <Item action={action} done={() => close(true)} />
            </Fragment>
          ))}
        </div>
      )}
    </div>
  );
}

function Item({ action, done }: { action: Action; done: () => void }) {
  const run = () => {
    if (!action.disabled) {
      done();
      action.run();
    }
  };
  const checkable = action.checked !== undefined;
  return (
    <button type="button" role={checkable ? "menuitemradio" : "menuitem"} tabIndex={-1}
      class={`menu-item${action.danger ? " danger" : ""}`} aria-disabled={Boolean(action.disabled)}
      {...(checkable ? { "aria-checked": action.checked } : {})} onClick={run}>
      {action.icon && <Icon name={action.icon} size={16} />}
      <span class="menu-label">
        {action.label}
        {action.detail && <small>{action.detail}</small>}
        {action.disabled?.trim() && <small>{action.disabled}</small>}
      </span>
      {action.checked && <Icon name="check" size={16} />}
    </button>
  );
}

/** Whether the list reaches out of what scrolls around it. */
function isCut(root: HTMLElement | null): boolean {
  const list = root?.querySelector(".menu-list")?.getBoundingClientRect();
  const frame = root?.closest(".timeline")?.getBoundingClientRect();
  return list !== undefined && frame !== undefined
    && (list.left < frame.left || list.right > frame.right);
}

function items(root: HTMLElement | null): HTMLElement[] {
  return [...root?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? []];
}

function step(root: HTMLElement | null, key: string): void {
  const all = items(root);
  const at = all.findIndex((item) => item.matches(":focus"));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[key] ?? 0;
  all[(to + all.length) % all.length]?.focus();
}
