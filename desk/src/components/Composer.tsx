import { type Signal, useSignalEffect } from "@preact/signals";
import {
  type ConversationId, type ConversationView, type DocumentKind, type FileToSend, LIMITS,
} from "@rejoinder/client";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { pastedName, pastesFiles } from "../model/files.js";
import { composes } from "../model/keys.js";
import { isPinned, pin, unpin } from "../model/pinned.js";
import { secretIn } from "@rejoinder/client/secrets";
import { lastOwn, merge, textOf } from "../model/timeline.js";
import { confirm, tell, whyNot } from "../state/ask.js";
import {
  beginEdit, compose, editing, endEdit, focusIsAsked, insertion, kindOf, takeFocus, takeInsertion,
} from "../state/composing.js";
import type { Desk } from "../state/desk.js";
import type { Place } from "../state/drafts.js";
import { type Picked, ready } from "../state/files.js";
import { t } from "../state/i18n.js";
import { go } from "../state/route.js";
import { useDesk } from "./context.js";
import { whyNotHere } from "./DropZone.js";
import { Icon } from "./Icon.js";
import { AttachButton, attach, PickedFiles } from "./Picked.js";
import { SuggestList, type Suggestions, useSuggestions } from "./Suggest.js";
import { formatByKey, put, Toolbar } from "./Toolbar.js";

/** From here on the counter shows: what is left, then what is too much. */
const COUNT_FROM = -500;

export function Composer({ view }: { view: ConversationView }) {
  const words = t.value.composer;
  const id = view.timeline.conversation;
  const edit = editing.value?.conversation === id ? editing.value : null;
  const kind = edit?.kind ?? kindOf(id, view.timeline.closed);
  const message = edit?.message ?? null;
  const closed = view.timeline.closed && kind === "timeline" && !edit;
  return (
    <section class={`composer composer-${kind === "team" ? "note" : "reply"}`}
      aria-label={kind === "team" ? words.note : words.reply}>
      {edit ? <EditingLine id={id} place={{ kind, message }} /> : <KindSwitch id={id} kind={kind} />}
      {closed
        ? <ClosedLine id={id} />
        : <Field key={`${kind} ${message}`} view={view} place={{ kind, message }} />}
    </section>
  );
}

/** What can still be done, and where the visitor went on if they did. */
function ClosedLine({ id }: { id: string }) {
  const desk = useDesk();
  const words = t.value.conversation;
  const next = desk.inbox.value.find((row) => row.row?.follows === id);
  return (
    <p class="closed-line">
      {words.closedLine}{" "}
      {next && (
        <button type="button" class="link"
          onClick={() => go({ page: "inbox", conversation: next.conversation })}>
          {words.openFollowUp}
        </button>
      )}
    </p>
  );
}

function KindSwitch({ id, kind }: { id: string; kind: DocumentKind }) {
  const words = t.value.composer;
  const one = (of: DocumentKind, label: string, keys: string) => (
    <button type="button" aria-pressed={kind === of} class="kind" title={keys}
      onClick={() => compose(id, of)}>
      {of === "team" && <Icon name="note" size={15} />}{label}
    </button>
  );
  return (
    <fieldset class="kinds" aria-label={words.kind}>
      {one("timeline", words.reply, "Alt+L")}{one("team", words.note, "Alt+P")}
    </fieldset>
  );
}

function EditingLine({ id, place }: { id: ConversationId; place: Place }) {
  const desk = useDesk();
  const words = t.value.composer;
  return (
    <div class="editing-line">
      <Icon name="edit" size={15} /><span>{words.editing}</span>
      <button type="button" class="link" onClick={() => cancelEdit(desk, id, place)}>
        {words.cancel}
      </button>
    </div>
  );
}

function cancelEdit(desk: Desk, id: ConversationId, place: Place): void {
  endEdit();
  void desk.settleLost(id, place).catch(() => undefined);
}

function Field({ view, place }: { view: ConversationView; place: Place }) {
  const desk = useDesk();
  const words = t.value.composer;
  const area = useRef<HTMLTextAreaElement>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const id = view.timeline.conversation;
  const text = desk.drafts.text(view, place, before(view, place));
  const shut = desk.drafts.isShut(view, place);
  useFocusAsked(area);
  useInsertion(area);
  const suggestions = useSuggestions(area, view, place);
  const type = (value: string) => {
    desk.drafts.type(id, place, value);
    setFailure(null);
    if (place.kind === "timeline" && value !== "") {
      desk.current.peek()?.typing().catch(() => undefined);
    }
  };
  const isNew = place.message === null;
  const picked = desk.files.picked(id, place.kind);
  const over = tooMany(text.value);
  const submit = async () => {
    area.current?.focus();
    if (canSend(text.peek(), isNew ? picked.peek() : [])) {
      const error = await send(desk, view, place, text, type);
      setFailure(error === null ? null : words.failed + whyNot(error));
    }
  };
  const visitor = desk.visitorName(view.row?.visitor ?? id);
  const label = place.kind === "team" ? words.notePlaceholder : words.replyTo(visitor);
  return (
    <>
      <SuggestList from={suggestions} />
      {isNew && <PickedFiles id={id} kind={place.kind} />}
      <textarea ref={area} class="composer-field" rows={2} autoComplete="off"
        dir={text.value ? "auto" : undefined}
        name="composer" aria-label={place.message ? words.editing : label}
        placeholder={shut ? t.value.connection.checking : label} readOnly={shut}
        value={text.value} aria-invalid={over > 0} aria-describedby="composer-said"
        {...listed(suggestions)}
        onInput={(event) => {
          type(event.currentTarget.value);
          suggestions.look();
        }}
        onClick={suggestions.look} onBlur={suggestions.look}
        onKeyUp={(event) => {
          if (/^(Arrow(Left|Right)|Home|End)$/.test(event.key)) {
            suggestions.look();
          }
        }}
        onPaste={(event) => pasteFiles(event, desk, view, place) || void paste(event, type)}
        onKeyDown={(event) => {
          if (!suggestions.key(event) && !formatByKey(event, area.current)) {
            keys(event, desk, view, place, text.peek(), submit);
          }
        }} />
      <div class="composer-foot">
        {isNew && <AttachButton id={id} kind={place.kind} />}
        <Toolbar area={area} />
        <p id="composer-said" class={over > 0 || failure ? "bad" : "faint"} aria-live="polite">
          {failure ?? (over > 0 ? words.over(over)
            : over > COUNT_FROM ? words.left(-over) : words.hint)}
        </p>
        <button type="button" class={`button ${place.kind === "team" ? "note" : "primary"}`}
          aria-disabled={!canSend(text.value, isNew ? picked.value : [])}
          onClick={() => void submit()}>
          {place.message ? words.saveEdit : place.kind === "team" ? words.addNote : words.send}
        </button>
      </div>
    </>
  );
}

/** How many characters; below zero there is room. */
function tooMany(text: string): number {
  return [...text].length - LIMITS.text_characters;
}

function canSend(text: string, picked: readonly Picked[]): boolean {
  return tooMany(text) <= 0 && (text.trim() !== "" || ready(picked).length > 0);
}

function listed({ list, at }: Suggestions) {
  return list.length === 0 ? {} : {
    "aria-autocomplete": "list" as const, "aria-controls": "suggest-list",
    "aria-activedescendant": `suggest-${at}`,
  };
}

/** What is chosen elsewhere comes in at the caret, once there is a field to take it. */
function useInsertion(area: { current: HTMLTextAreaElement | null }): void {
  const answer = () => {
    const field = area.current;
    const text = field && takeInsertion();
    if (field && text) {
      put(field, field.selectionStart, field.selectionEnd, text);
    }
  };
  useSignalEffect(() => {
    if (insertion.value !== null) {
      // Later: the field that is here now may be about to give way to another.
      setTimeout(answer);
    }
  });
}

function useFocusAsked(area: { current: HTMLTextAreaElement | null }): void {
  const answer = () => {
    const field = area.current;
    if (field && takeFocus()) {
      field.focus();
      field.setSelectionRange(field.value.length, field.value.length);
    }
  };
  useLayoutEffect(answer, []);
  useSignalEffect(() => {
    // Later: the field that is here now may be about to give way to another.
    if (focusIsAsked()) {
      setTimeout(answer);
    }
  });
}

/** The words that an edit begins with. */
function before(view: ConversationView, place: Place): string {
  if (place.message === null) {
    return "";
  }
  const found = merge(view).find((entry) => entry.message.id === place.message);
  return found ? unpin(textOf(found.message) ?? "") : "";
}

/** A pinned note stays pinned when its words change. */
function asPinned(view: ConversationView, place: Place, text: string): string {
  const found = merge(view).find((entry) => entry.message.id === place.message);
  return found && isPinned(textOf(found.message) ?? "") ? pin(text) : text;
}

/** What was not sent stands in the composer again; why it was not is returned. */
async function send(
  desk: Desk, view: ConversationView, place: Place, text: Signal<string>,
  type: (text: string) => void,
): Promise<unknown> {
  const { kind, message } = place;
  const id = view.timeline.conversation;
  const value = text.peek();
  const files = message === null ? desk.files.take(id, kind) : [];
  text.value = "";
  try {
    await carryOut(desk, view, place, value, files);
    desk.files.taken(files);
    return null;
  } catch (error) {
    desk.files.putBack(id, kind, files, error);
    // What was typed since stays below what comes back.
    type(text.peek() === "" ? value : `${value}\n${text.peek()}`);
    return error;
  }
}

async function carryOut(
  desk: Desk, view: ConversationView, place: Place, text: string, files: FileToSend[],
): Promise<void> {
  const id = view.timeline.conversation;
  const conversation = desk.client.conversation(id);
  if (place.message !== null) {
    if (text !== before(view, place)) {
      await conversation.edit(place.message, asPinned(view, place, text), place.kind);
    }
    if (editing.peek()?.message === place.message) {
      endEdit();
    }
    await desk.settleLost(id, place);
    return;
  }
  const said = text.trim() === "" ? "" : text;
  const toSend = files.map(({ name, data }) => ({ name, data }));
  await (place.kind === "team" ? conversation.note(said, toSend)
    : conversation.send(said, toSend));
  const typed = desk.drafts.text(view, place).peek();
  if (typed === "") {
    await desk.drafts.erase(id, place);
  }
}

function keys(
  event: KeyboardEvent, desk: Desk, view: ConversationView, place: Place, text: string,
  submit: () => Promise<void>,
): void {
  if (composes(event) || event.altKey || event.ctrlKey || event.metaKey) {
    return;
  }
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    void submit();
  } else if (event.key === "Escape" && place.message !== null) {
    event.preventDefault();
    cancelEdit(desk, view.timeline.conversation, place);
  } else if (event.key === "ArrowUp" && text === "" && place.message === null) {
    const last = lastOwn(merge(view), place.kind, desk.me.peek());
    if (last && !(view.timeline.closed && last.kind === "timeline")) {
      event.preventDefault();
      beginEdit({
        conversation: view.timeline.conversation, kind: last.kind, message: last.message.id,
      });
    }
  }
}

/** Files of the clipboard are attached; true where it has such, and no text that is meant. */
function pasteFiles(
  event: ClipboardEvent, desk: Desk, view: ConversationView, place: Place,
): boolean {
  const data = event.clipboardData;
  if (!data || !pastesFiles(data.types, data.getData("text/plain"))) {
    return false;
  }
  event.preventDefault();
  const why = whyNotHere(view);
  if (why) {
    tell(why, "bad");
    return true;
  }
  const files = [...data.files].map((file, i) => ({ name: pastedName(file, i), data: file }));
  attach(desk, { id: view.timeline.conversation, kind: place.kind }, files);
  return true;
}

/** What looks like a secret is put in only after a yes; everything is pasted as plain text. */
async function paste(event: ClipboardEvent, type: (text: string) => void): Promise<void> {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const found = secretIn(text, [text]);
  const area = event.currentTarget;
  if (!found || !(area instanceof HTMLTextAreaElement)) {
    return;
  }
  event.preventDefault();
  const { selectionStart: start, selectionEnd: end } = area;
  const words = t.value.composer;
  const title = found === "card" ? words.cardQuestion : words.passwordQuestion;
  if (await confirm(title, words.sensitiveLead, words.paste, "danger")) {
    area.setRangeText(text, start, end, "end");
    type(area.value);
  }
  area.focus();
}
