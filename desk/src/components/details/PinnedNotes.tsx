/** Notes that stay in sight beside a conversation, and the field that makes one. */

import type { ConversationView, MessageView } from "@rejoinder/client";
import { useState } from "preact/hooks";
import { pin, pinnedNotes, pinnedPlace } from "../../model/pinned.js";
import { shownAt, textOf } from "../../model/timeline.js";
import { edit, recall } from "../../state/actions.js";
import { whyNot } from "../../state/ask.js";
import { now } from "../../state/clock.js";
import { momentOf, t } from "../../state/i18n.js";
import { mayEdit, mayRecall } from "../../state/rights.js";
import { useDesk } from "../context.js";
import { Icon } from "../Icon.js";
import { Menu } from "../Menu.js";
import { Words } from "../Words.js";

export function PinnedNotes({ view }: { view: ConversationView }) {
  const words = t.value.pinned;
  const notes = view.freshness === "checking" ? [] : pinnedNotes(view);
  return (
    <section class="pinned" aria-label={words.title}>
      <h3>{words.title}</h3>
      {notes.map((note) => <Pinned key={note.id} note={note} view={view} />)}
      <NewNote key={view.timeline.conversation} view={view} />
    </section>
  );
}

function Pinned({ note, view }: { note: MessageView; view: ConversationView }) {
  const desk = useDesk();
  const words = t.value;
  const entry = { kind: "team" as const, message: note };
  const editable = mayEdit(desk, view, entry);
  return (
    <article class="pinned-note">
      <Words text={textOf(note) ?? ""} mentions />
      <footer>
        <span>{desk.nameOf(note.author, null)} · {momentOf(shownAt(note), now.value)}</span>
        <Menu label={words.pinned.menu} title={words.pinned.menu} class="message-menu" actions={[
          { label: words.message.edit, icon: "edit",
            disabled: editable === "yes" ? null : words.message.reason[editable],
            run: () => edit(desk, entry) },
          { label: words.message.recall, icon: "removed", danger: true,
            disabled: mayRecall(desk, view, note) ? null : words.message.reason.recallMine,
            run: () => void recall(desk, entry) },
        ]}>
          <Icon name="more" size={16} />
        </Menu>
      </footer>
    </article>
  );
}

/** What is typed here is a draft of its own, kept like that of the composer. */
function NewNote({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.pinned;
  const [failure, setFailure] = useState<string | null>(null);
  const id = view.timeline.conversation;
  const place = pinnedPlace(id);
  const text = desk.drafts.text(view, place);
  const save = async () => {
    const value = text.peek();
    if (value.trim() === "") {
      return;
    }
    try {
      await desk.client.conversation(id).note(pin(value.trim()));
      if (text.peek() === value) {
        await desk.drafts.erase(id, place);
      }
      setFailure(null);
    } catch (error) {
      setFailure(t.value.composer.failed + whyNot(error));
    }
  };
  return (
    <>
      <textarea class="picker pinned-field" rows={2} autoComplete="off" name="pinned-note"
        dir={text.value ? "auto" : undefined} aria-label={words.placeholder}
        placeholder={words.placeholder} value={text.value}
        onInput={(event) => desk.drafts.type(id, place, event.currentTarget.value)} />
      {failure && <p class="bad small" role="alert">{failure}</p>}
      <button type="button" class="button note" aria-disabled={text.value.trim() === ""}
        onClick={() => void save()}>
        {words.save}
      </button>
    </>
  );
}
