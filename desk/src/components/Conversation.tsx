import type { ConversationView } from "@rejoinder/client";
import { useEffect, useState } from "preact/hooks";
import { now } from "../state/clock.js";
import { listed, momentOf, t } from "../state/i18n.js";
import { selected } from "../state/route.js";
import { Composer } from "./Composer.js";
import { useDesk } from "./context.js";
import { Decisions } from "./Decisions.js";
import { DropZone } from "./DropZone.js";
import { FindBar } from "./FindBar.js";
import { ConversationHeader } from "./ConversationHeader.js";
import { Icon } from "./Icon.js";
import { Timeline } from "./Timeline.js";

const LATE_MILLIS = 5_000;

export function ConversationColumn() {
  const desk = useDesk();
  const id = selected.value;
  const view = desk.view.value;
  const words = t.value.conversation;
  if (id === null) {
    return (
      <div class="empty">
        <DropZone view={null} />
        <Icon name="inbox" size={40} />
        <h2>{words.pick}</h2>
        <p>{words.pickLead}</p>
      </div>
    );
  }
  if (view === null || view.timeline.conversation !== id) {
    return <Reading known={desk.row(id) !== null} />;
  }
  return (
    <>
      <DropZone view={view} />
      <ConversationHeader view={view} />
      <FindBar />
      <Freshness view={view} />
      {view.freshness === "checking" ? <Skeleton />
        : <Timeline key={id} view={view} />}
      <Active view={view} />
      <Decisions view={view} />
      <Composer key={`composer ${id}`} view={view} />
    </>
  );
}

/** One from the history is asked for first; what nobody tells of after a while is not there. */
function Reading({ known }: { known: boolean }) {
  const desk = useDesk();
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), LATE_MILLIS);
    return () => clearTimeout(timer);
  }, []);
  return known || (!isLate && desk.connection.value !== "offline") ? <Skeleton />
    : <div class="empty"><p>{t.value.conversation.gone}</p></div>;
}

/** Stands where the words will be; until it is known what was recalled, none are painted. */
function Skeleton() {
  return (
    <div class="timeline skeleton" role="status" aria-busy="true"
      aria-label={t.value.connection.checking}>
      {[62, 40, 74, 48, 58].map((width, i) => (
        <span key={width} class={`bone${i % 2 ? " bone-own" : ""}`}
          style={{ inlineSize: `${width}%` }} />
      ))}
    </div>
  );
}

/** How old what is shown may be; a line of its own only where it is not up to date. */
function Freshness({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.connection;
  const { freshness } = view;
  if (typeof freshness === "string") {
    return null;
  }
  const at = freshness.as_of;
  const say = desk.connection.value === "offline" ? words.offlineAsOf : words.asOf;
  const text = at === null ? words.never : say(momentOf(at, now.value));
  return <p class="as-of" role="status">{text}</p>;
}

/** Who is typing. The line keeps its height when nobody is, so that nothing moves. */
function Active({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const visitor = view.row?.visitor ?? null;
  const typing = view.active.filter(({ participant, signal }) => signal === "typing"
    && !desk.me.value.has(participant));
  const names = typing.map(({ participant }) => desk.nameOf(participant, visitor));
  return (
    <p class="typing" aria-live="polite">
      {names.length > 0 && (
        <>
          <span class="dots" aria-hidden="true"><i /><i /><i /></span>
          {t.value.conversation.typing(listed(names), names.length)}
        </>
      )}
    </p>
  );
}
