/** Writes the conversation on screen out, as a file that the person keeps. */

import { useState } from "preact/hooks";
import { transcript } from "../api/endpoints.js";
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from "../api/shapes.js";
import { Modal } from "../components/Asking.js";
import { useDesk } from "../components/context.js";
import { sheet, tell } from "../state/ask.js";
import { t } from "../state/i18n.js";
import { selected } from "../state/route.js";
import { saveFile } from "./files.js";
import { Choice, FormFailure, type Wrong, wrongOf } from "./parts.js";
import { p } from "./words/index.js";

const ENDINGS: Record<TranscriptFormat, string> = { text: "txt", html: "html", json: "json" };

export function TranscriptDialog() {
  const desk = useDesk();
  const words = p.value.transcript;
  const [format, setFormat] = useState<TranscriptFormat>("text");
  const [withNotes, setWithNotes] = useState(false);
  const [wrong, setWrong] = useState<Wrong>(null);
  const [busy, setBusy] = useState(false);
  const conversation = selected.value;
  const close = () => {
    sheet.value = null;
  };
  const save = async (event: Event) => {
    event.preventDefault();
    if (busy || conversation === null) {
      return;
    }
    setBusy(true);
    try {
      const file = await transcript(desk.directory.requests, conversation, format, withNotes);
      saveFile(file, `chat-${conversation.slice(0, 8)}.${ENDINGS[format]}`);
      close();
      tell(words.saved);
    } catch (error) {
      setWrong(wrongOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal title={words.title} class="ticket-dialog" close={close}>
      <p>{words.lead}</p>
      <form class="form" onSubmit={(event) => void save(event)} aria-busy={busy}>
        <Choice<TranscriptFormat> label={words.format} value={format} pick={setFormat}
          options={TRANSCRIPT_FORMATS.map((id) => ({ id, label: words.formats[id] }))} />
        <label class="check">
          <input type="checkbox" checked={withNotes} aria-describedby="hint-notes"
            onChange={(event) => setWithNotes(event.currentTarget.checked)} />
          <span>{words.notes}</span>
        </label>
        <small id="hint-notes" class="faint">{words.notesHint}</small>
        <FormFailure wrong={wrong} fields={[]} />
        <div class="modal-actions">
          <button type="button" class="button" onClick={close}>{t.value.dialog.cancel}</button>
          <button type="submit" class="button primary" aria-disabled={busy}>{words.save}</button>
        </div>
      </form>
    </Modal>
  );
}
