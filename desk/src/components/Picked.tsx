/** Files above the text that is being written: picked, dropped or pasted, and not sent yet. */

import type { ConversationId, DocumentKind, FileToSend } from "@rejoinder/client";
import { useRef } from "preact/hooks";
import { ACCEPTED, endingOf, MOST_FILES } from "../model/files.js";
import { withoutBidi } from "@rejoinder/client/markdown";
import { announce, tell } from "../state/ask.js";
import { compose, focusComposer } from "../state/composing.js";
import type { Desk } from "../state/desk.js";
import type { Picked } from "../state/files.js";
import { sizeOf, t } from "../state/i18n.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";

type Props = { id: ConversationId; kind: DocumentKind };

/** Says how many there are now; those that are not taken say so themselves. */
export function attach(desk: Desk, { id, kind }: Props, files: FileToSend[]): void {
  const words = t.peek().files;
  const before = desk.files.picked(id, kind).peek();
  const left = desk.files.add(id, kind, files);
  const added = desk.files.picked(id, kind).peek().length - before.length;
  if (left > 0) {
    tell(words.tooMany(MOST_FILES), "bad");
  } else {
    announce(words.added(added));
  }
  focusComposer();
}

export function asFiles(files: Iterable<File>): FileToSend[] {
  return [...files].map((file) => ({ name: file.name, data: file }));
}

export function PickedFiles({ id, kind }: Props) {
  const desk = useDesk();
  const picked = desk.files.picked(id, kind).value;
  const list = useRef<HTMLUListElement>(null);
  const remove = (place: number, key: number) => {
    desk.files.remove(id, kind, key);
    requestAnimationFrame(() => {
      const buttons = list.current?.querySelectorAll("button") ?? [];
      const next = buttons[Math.min(place, buttons.length - 1)];
      return next ? next.focus() : focusComposer();
    });
  };
  return picked.length === 0 ? null : (
    <ul class="picked" ref={list} aria-label={t.value.files.picked}>
      {picked.map((one, place) => (
        <Chip key={one.key} one={one} remove={() => remove(place, one.key)} />
      ))}
    </ul>
  );
}

function Chip({ one, remove }: { one: Picked; remove: () => void }) {
  const words = t.value;
  const name = withoutBidi(one.name);
  return (
    <li class={`picked-file${one.problem ? " is-refused" : ""}`}>
      {one.preview !== null ? <img src={one.preview} alt="" />
        : <span class="file-kind" aria-hidden="true">{endingOf(name).slice(0, 4)}</span>}
      <span class="file-about">
        <bdi class="file-name" title={name}>{name}</bdi>
        {one.problem === null ? <small class="faint">{sizeOf(one.data.size)}</small>
          : <small class="bad" role="alert">{words.codes[one.problem]}</small>}
      </span>
      <button type="button" class="icon-button small" aria-label={words.files.remove(name)}
        title={words.files.remove(name)} onClick={remove}>
        <Icon name="close" size={15} />
      </button>
    </li>
  );
}

/** What is chosen goes with the next message: it is looked at before it is sent. */
export function chooseAnother({ conversation, kind }: {
  conversation: ConversationId; kind: DocumentKind;
}): void {
  compose(conversation, kind);
  requestAnimationFrame(() => {
    document.querySelector<HTMLInputElement>(".composer input[type=file]")?.click();
  });
}

export function AttachButton({ id, kind }: Props) {
  const desk = useDesk();
  const chooser = useRef<HTMLInputElement>(null);
  const label = t.value.files.attach;
  return (
    <>
      <button type="button" class="icon-button attach" aria-label={label} title={label}
        onClick={() => chooser.current?.click()}>
        <Icon name="clip" size={17} />
      </button>
      <input ref={chooser} type="file" multiple hidden accept={ACCEPTED} tabIndex={-1}
        onChange={(event) => {
          const { files } = event.currentTarget;
          attach(desk, { id, kind }, asFiles(files ?? []));
          // The same file can be picked again after it was removed.
          event.currentTarget.value = "";
        }} />
    </>
  );
}
