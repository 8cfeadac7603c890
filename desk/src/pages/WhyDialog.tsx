/** "Why am I not getting chats?": the reasons of the very decision that gives them. */

import { useEffect, useMemo } from "preact/hooks";
import type { Reason } from "@rejoinder/client";
import { Cached } from "../api/cached.js";
import { routingNow } from "../api/endpoints.js";
import type { RoutingNow } from "../api/shapes.js";
import { Modal } from "../components/Asking.js";
import { useDesk } from "../components/context.js";
import { Age } from "../components/Failure.js";
import { clearFilters } from "../components/Filters.js";
import { Icon } from "../components/Icon.js";
import { siteName } from "../model/names.js";
import { sheet } from "../state/ask.js";
import { now } from "../state/clock.js";
import { agoOf, t } from "../state/i18n.js";
import { go } from "../state/route.js";
import { p } from "./words/index.js";

export function WhyDialog() {
  const desk = useDesk();
  const words = p.value.why;
  const cached = useMemo(() => new Cached({ ask: () => routingNow(desk.directory.requests) }),
    [desk]);
  useEffect(() => void cached.refresh(), [cached]);
  const known = cached.state.value;
  const close = () => {
    sheet.value = null;
  };
  const isOffline = desk.connection.value === "offline";
  return (
    <Modal title={t.value.availability.why} class="ticket-dialog why" close={close}>
      <button type="button" class="icon-button modal-close" aria-label={t.value.dialog.close}
        onClick={close}>
        <Icon name="close" />
      </button>
      {isOffline && <p class="why-line bad">{words.noNetwork}</p>}
      {!isOffline && <Age of={known} again={() => void cached.refresh()} />}
      {known.value && !isOffline && <Answer now={known.value} close={close} />}
      {!known.value && known.error === null && <p role="status">{p.value.loading}</p>}
      <Hidden close={close} />
    </Modal>
  );
}

/** What one's own inbox hides is a reason as well. */
function Hidden({ close }: { close: () => void }) {
  const hidden = useDesk().list.filtered.value;
  return hidden === 0 ? null : (
    <p class="why-line">
      {t.value.filters.hidden(hidden)}{" "}
      <button type="button" class="link" onClick={() => {
        clearFilters();
        close();
      }}>{t.value.filters.clear}</button>
    </p>
  );
}

function Answer({ now: told, close }: { now: RoutingNow; close: () => void }) {
  const desk = useDesk();
  const words = p.value.why;
  const open = (conversation: string) => {
    close();
    go({ page: "inbox", conversation });
  };
  const reasons = (all: { code: Reason }[]) => all.map(({ code }) => words.reasons[code]);
  return (
    <>
      <p class="why-line">
        {words.standing(t.value.availability.states[told.presence], told.active)}
      </p>
      <h3>{words.sites}</h3>
      <ul class="why-list">
        {told.sites.map(({ site, limit, reasons: why }) => (
          <li key={site}>
            <strong dir="auto">{siteName(desk.people.value, site) ?? site}</strong>
            <span class="faint"> · {words.limit(limit)}</span>
            {why.length === 0 ? <p class="good">{words.nothing}</p>
              : reasons(why).map((text) => <p key={text}>{text}</p>)}
          </li>
        ))}
        {told.sites.length === 0 && <li><p>{words.noSites}</p></li>}
      </ul>
      <h3>{words.waiting}</h3>
      {told.waiting.length === 0 ? <p class="faint small">{words.nobodyWaits}</p> : (
        <ul class="why-list">
          {told.waiting.slice(0, 20).map((one) => (
            <li key={one.conversation}>
              <button type="button" class="link" onClick={() => open(one.conversation)}>
                {desk.visitorName(desk.row(one.conversation)?.row?.visitor ?? one.conversation)}
              </button>
              <span class="faint"> {agoOf(one.since, now.value)}</span>
              {one.offered ? <p class="good">{words.offered}</p>
                : reasons(one.reasons).map((text) => <p key={text}>{text}</p>)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
