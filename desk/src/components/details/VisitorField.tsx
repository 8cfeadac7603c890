/** One detail of a visitor that is changed in its place, without a network too: then it waits. */

import { useEffect, useRef, useState } from "preact/hooks";
import { visitorChange } from "../../api/endpoints.js";
import { t } from "../../state/i18n.js";
import { useDesk } from "../context.js";
import { failureText } from "../Failure.js";

type Which = "email" | "name";

/** As the server has it. */
const NAME_LONGEST = 100;

export function VisitorField({ field, visitor, value }: {
  field: Which; visitor: string; value: string | null;
}) {
  const desk = useDesk();
  const words = t.value.details.fields[field];
  const waiting = desk.directory.outbox.all.value.find(({ kind, about, body }) =>
    kind === "visitor" && about === visitor && field in (body as object));
  const waits = waiting?.body as Partial<Record<Which, string | null>> | undefined;
  const shown = waits?.[field] ?? value;
  const [typed, setTyped] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const leave = () => {
    setTyped(null);
    setWrong(null);
  };
  const save = async (event: Event) => {
    event.preventDefault();
    const text = (typed ?? "").trim();
    if (!isFine(field, text)) {
      setWrong(words.bad);
      return;
    }
    const change = visitorChange(visitor, { [field]: text === "" ? null : text });
    await (waiting ? desk.directory.outbox.replace(waiting.id, change.body)
      : desk.directory.outbox.add(change));
    leave();
  };
  if (typed !== null) {
    return <Editor field={field} typed={typed} type={setTyped} wrong={wrong}
      save={(event) => void save(event)} leave={leave} />;
  }
  return (
    <>
      {shown !== null && <span dir={field === "email" ? "ltr" : "auto"}>{shown} </span>}
      <button type="button" class="link" onClick={() => setTyped(shown ?? "")}>
        {shown === null ? words.add
          : <>{t.value.details.changeDetail}<span class="hidden"> {words.label}</span></>}
      </button>
      {waiting && (
        <small class={`block ${waiting.refused ? "bad" : "warn"}`} role="status">
          {waiting.refused ? failureText(waiting.refused) : t.value.details.waitsToBeSent}{" "}
          {waiting.refused && (
            <button type="button" class="link"
              onClick={() => void desk.directory.outbox.discard(waiting.id)}>
              {t.value.message.discard}
            </button>
          )}
        </small>
      )}
    </>
  );
}

function Editor({ field, typed, type, wrong, save, leave }: {
  field: Which; typed: string; type: (text: string) => void; wrong: string | null;
  save: (event: Event) => void; leave: () => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const id = `wrong-${field}`;
  return (
    <form class="form" onSubmit={save} noValidate>
      <input class="picker" type="text" inputMode={field === "email" ? "email" : "text"}
        autoComplete="off" dir={field === "email" ? "ltr" : "auto"} name={`visitor-${field}`}
        value={typed} ref={input}
        aria-label={t.value.details.fields[field].label} aria-invalid={wrong !== null}
        aria-describedby={id} onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            leave();
          }
        }} />
      {wrong !== null && <p class="wrong" id={id} role="alert">{wrong}</p>}
      <div class="form-actions">
        <button type="submit" class="button primary">{t.value.shortcuts.save}</button>
        <button type="button" class="button" onClick={leave}>{t.value.dialog.cancel}</button>
      </div>
    </form>
  );
}

function isFine(field: Which, text: string): boolean {
  return text === "" || (field === "email" ? /^[^\s@]+@[^\s@]+$/.test(text)
    : [...text].length <= NAME_LONGEST);
}
