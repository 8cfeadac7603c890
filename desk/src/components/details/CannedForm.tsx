/** Makes or changes a canned response: one's own, or that of a site. */

import { useState } from "preact/hooks";
import { putCannedResponse, removeCannedResponse } from "../../api/endpoints.js";
import { ApiError } from "../../api/request.js";
import type { CannedResponse } from "../../api/shapes.js";
import { confirm, tell } from "../../state/ask.js";
import type { Desk } from "../../state/desk.js";
import { t } from "../../state/i18n.js";
import { useDesk } from "../context.js";
import { failureText } from "../Failure.js";

/** As the server has it. */
const SHORTCUT = /^[\p{L}\p{N}_-]{1,40}$/u;

/** What is typed, by what it is of: it stays when the form is left, for as long as the page. */
const typed = new Map<string, { shortcut: string; text: string }>();

/** What was typed stays while it is not saved; what is wrong is said beside its field. */
export function CannedForm({ one, done }: { one: Partial<CannedResponse>; done: () => void }) {
  const desk = useDesk();
  const words = t.value.shortcuts;
  const key = one.id ?? `new ${one.site ?? ""}`;
  const [{ shortcut, text }, set] = useState(typed.get(key)
    ?? { shortcut: one.shortcut ?? "", text: one.text ?? "" });
  const change = (part: Partial<{ shortcut: string; text: string }>) => {
    const next = { shortcut, text, ...part };
    typed.set(key, next);
    set(next);
  };
  const leave = () => {
    typed.delete(key);
    done();
  };
  const [wrong, setWrong] = useState<{ field: string | null; text: string } | null>(null);
  const save = async (event: Event) => {
    event.preventDefault();
    const name = shortcut.trim().replace(/^\//, "");
    if (!SHORTCUT.test(name)) {
      setWrong({ field: "shortcut", text: words.badShortcut });
      return;
    }
    if (text.trim() === "") {
      setWrong({ field: "text", text: words.noText });
      return;
    }
    try {
      const { requests, canned } = desk.directory;
      const saved = await putCannedResponse(requests, {
        id: one.id ?? crypto.randomUUID(), site: one.site ?? null, shortcut: name,
        text: text.trim(),
      });
      canned.set((all) => [...(all ?? []).filter(({ id }) => id !== saved.id), saved]
        .toSorted((a, b) => a.shortcut.localeCompare(b.shortcut)));
      leave();
    } catch (error) {
      setWrong(error instanceof ApiError
        ? { field: error.field, text: failureText(error) }
        : { field: null, text: t.value.api.codes.other });
    }
  };
  const said = (field: string | null) => wrong?.field === field
    ? <p class="wrong" id={`wrong-${field}`} role="alert">{wrong.text}</p> : null;
  return (
    <form class="form" onSubmit={(event) => void save(event)} noValidate>
      <label for="shortcut">{words.shortcut}</label>
      <input id="shortcut" class="picker" value={shortcut} autoComplete="off" dir="ltr"
        aria-invalid={wrong?.field === "shortcut"} aria-describedby="wrong-shortcut"
        onInput={(event) => change({ shortcut: event.currentTarget.value })} />
      {said("shortcut")}
      <label for="canned-text">{words.text}</label>
      <textarea id="canned-text" class="picker pinned-field" rows={4} value={text} dir="auto"
        autoComplete="off" aria-invalid={wrong?.field === "text"} aria-describedby="wrong-text"
        onInput={(event) => change({ text: event.currentTarget.value })} />
      {said("text")}
      {said(null)}
      <div class="form-actions">
        <button type="submit" class="button primary">{words.save}</button>
        <button type="button" class="button" onClick={leave}>{t.value.dialog.cancel}</button>
      </div>
    </form>
  );
}

export async function removeCanned(desk: Desk, one: CannedResponse): Promise<void> {
  const words = t.value.shortcuts;
  const title = words.removeQuestion(one.shortcut);
  if (!await confirm(title, words.removeLead, words.remove, "danger")) {
    return;
  }
  try {
    await removeCannedResponse(desk.directory.requests, one.id);
    desk.directory.canned.set((all) => (all ?? []).filter(({ id }) => id !== one.id));
  } catch (error) {
    tell(error instanceof ApiError ? failureText(error) : t.value.api.codes.other, "bad");
  }
}
