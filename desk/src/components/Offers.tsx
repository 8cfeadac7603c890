/** Chats that are offered to this agent: a card each, never in the way, gone when their time is. */

import type { Offer } from "@rejoinder/client";
import { useEffect, useState } from "preact/hooks";
import { siteName } from "../model/names.js";
import { takeOver } from "../state/actions.js";
import { announce } from "../state/ask.js";
import type { Desk } from "../state/desk.js";
import { t } from "../state/i18n.js";
import { go, route, selected } from "../state/route.js";
import { useDesk } from "./context.js";

/** How long an offer stands for one agent, in milliseconds, at least to draw what is left of it. */
const OFFER_MILLIS = 60_000;
/** Cards at once; more would hide what one works on. */
const CARDS = 2;

export function Offers() {
  const desk = useDesk();
  const offers = desk.offers.value.filter(({ conversation }) => conversation !== selected.value);
  const mine = offers.filter(({ until }) => until !== null).slice(0, CARDS);
  const anybody = offers.filter(({ until }) => until === null);
  return offers.length === 0 ? null : (
    <section class="offers" aria-label={t.value.offers.title}>
      {mine.map((offer) => <Card key={offer.conversation} offer={offer} />)}
      {mine.length === 0 && anybody.length > 0 && <Waiting offers={anybody} />}
    </section>
  );
}

function about(desk: Desk, conversation: string): string {
  const row = desk.row(conversation)?.row;
  return row ? [desk.visitorName(row.visitor), siteName(desk.people.value, row.site)]
    .filter(Boolean).join(" · ") : "";
}

function Card({ offer }: { offer: Offer }) {
  const desk = useDesk();
  const words = t.value.offers;
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    announce(words.title);
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = Math.max(0, (offer.until ?? now) - now);
  if (left === 0) {
    return null;
  }
  const share = Math.min(1, left / OFFER_MILLIS);
  return (
    <article class="offer">
      <h3>{words.title}</h3>
      <p>{about(desk, offer.conversation)}</p>
      <div class="offer-actions">
        <span class="offer-left">{words.left(Math.ceil(left / 1000))}</span>
        <button type="button" class="button"
          onClick={() => go({ page: "inbox", conversation: offer.conversation })}>
          {words.look}
        </button>
        <button type="button" class="button primary"
          onClick={() => void takeOver(desk, offer.conversation)}>
          {words.take}
        </button>
      </div>
      <i class="offer-bar" aria-hidden="true" style={{ inlineSize: `${share * 100}%` }} />
    </article>
  );
}

/**
 * Where all who could take one are told: one card for all, put away until another comes. It hides
 * nothing of other pages, where the inbox's count tells of them.
 */
function Waiting({ offers }: { offers: Offer[] }) {
  const desk = useDesk();
  const words = t.value.offers;
  const [away, setAway] = useState<ReadonlySet<string>>(new Set());
  const fresh = offers.filter(({ conversation }) => !away.has(conversation));
  const [longest] = offers;
  const count = fresh.length;
  useEffect(() => {
    if (count > 0) {
      announce(words.waiting(count));
    }
  }, [count]);
  if (count === 0 || !longest || route.value.page !== "inbox") {
    return null;
  }
  return (
    <article class="offer for-anybody">
      <h3>{words.waiting(offers.length)}</h3>
      <p>{about(desk, longest.conversation)}</p>
      <div class="offer-actions">
        <button type="button" class="button" onClick={() =>
          setAway(new Set(offers.map(({ conversation }) => conversation)))}>
          {words.later}
        </button>
        <button type="button" class="button primary"
          onClick={() => void takeOver(desk, longest.conversation)}>
          {words.takeLongest}
        </button>
      </div>
    </article>
  );
}
