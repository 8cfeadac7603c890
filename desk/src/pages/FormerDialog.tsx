/** What an edited message said before, as the server tells it now: it is kept nowhere. */

import { useEffect, useMemo } from "preact/hooks";
import type { MessageView } from "@rejoinder/client";
import { Cached } from "../api/cached.js";
import { formerWords } from "../api/endpoints.js";
import type { Former } from "../api/shapes.js";
import { Modal } from "../components/Asking.js";
import { useDesk } from "../components/context.js";
import { Age } from "../components/Failure.js";
import { Icon } from "../components/Icon.js";
import { Words } from "../components/Words.js";
import { now } from "../state/clock.js";
import { formerOf, type Place, standing } from "../state/former.js";
import { fullTimeOf, momentOf, t } from "../state/i18n.js";
import { p } from "./words/index.js";

const close = () => {
  formerOf.value = null;
};

/** Nothing of it is painted any more in the frame in which the message is gone. */
export function FormerDialog() {
  const desk = useDesk();
  const place = formerOf.value;
  const message = place && standing(desk.view.value, place);
  const isGone = message === null;
  useEffect(() => {
    if (isGone) {
      close();
    }
  }, [isGone]);
  return place && message && <Dialog place={place} message={message} />;
}

function Dialog({ place, message }: { place: Place; message: MessageView }) {
  const desk = useDesk();
  const words = p.value.former;
  // Once it was edited again, there is more to tell.
  const cached = useMemo(
    () => new Cached({ ask: () => formerWords(desk.directory.requests, place) }),
    [desk, place, message.edited_at]);
  const isLive = desk.connection.value === "live";
  useEffect(() => {
    if (isLive) {
      void cached.refresh();
    }
  }, [cached, isLive]);
  const known = cached.state.value;
  const isOffline = desk.connection.value === "offline";
  return (
    <Modal title={words.title} class="former" close={close}>
      <p>{words.lead}</p>
      <button type="button" class="icon-button modal-close" aria-label={t.value.dialog.close}
        onClick={close}>
        <Icon name="close" />
      </button>
      {isOffline && <p class="bad former-line" role="status">{words.noNetwork}</p>}
      {isLive && <Age of={known} again={() => void cached.refresh()} />}
      {isLive && known.value && <List former={known.value} place={place} />}
      {!isOffline && !known.value && known.error === null && (
        <p class="former-line" role="status">{p.value.loading}</p>
      )}
    </Modal>
  );
}

function List({ former, place }: { former: Former[]; place: Place }) {
  const words = p.value.former;
  if (former.length === 0) {
    return <p class="former-line" role="status">{words.none}</p>;
  }
  return (
    <ol class="former-list" aria-label={words.title}>
      {former.map((one) => <One key={one.revision} one={one} isNote={place.kind === "team"} />)}
    </ol>
  );
}

function One({ one, isNote }: { one: Former; isNote: boolean }) {
  const desk = useDesk();
  const visitor = desk.view.value?.row?.visitor ?? null;
  const said = one.words;
  return (
    <li>
      <p class="former-head">
        <strong>{desk.nameOf(one.author, visitor)}</strong>
        <time dateTime={new Date(one.at).toISOString()} title={fullTimeOf(one.at)}>
          {momentOf(one.at, now.value)}
        </time>
      </p>
      {said === null && <p class="faint">{p.value.former.notKept}</p>}
      {said !== null && said.text !== "" && <Words text={said.text} mentions={isNote} />}
      {said?.attachments.map((name, i) => (
        <p key={i} class="former-file"><Icon name="clip" size={14} /><span dir="auto">{name}</span></p>
      ))}
    </li>
  );
}
