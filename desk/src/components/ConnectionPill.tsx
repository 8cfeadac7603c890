import { t } from "../state/i18n.js";
import { useDesk } from "./context.js";

/** Always there, at one place and of one height: it informs, and never stands in the way. */
export function ConnectionPill() {
  const desk = useDesk();
  const words = t.value.connection;
  const state = desk.connection.value;
  const waiting = desk.waiting.value;
  const unknown = desk.trouble.value === "credential";
  const text = unknown ? words.loggedOut : {
    live: words.live,
    syncing: waiting > 0 ? words.syncingWaiting(waiting) : words.syncing,
    offline: waiting > 0 ? words.offlineWaiting(waiting) : words.offline,
  }[state];
  return (
    <p class={`pill pill-${state}`} role="status" data-connection={state}>
      <i class="pill-dot" aria-hidden="true" />{text}
    </p>
  );
}
