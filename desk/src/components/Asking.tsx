/** The one question at a time, short messages, and what is only read out. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { announcement, type Open, question, toast } from "../state/ask.js";
import { t } from "../state/i18n.js";
import { Icon } from "./Icon.js";

type ModalProps = {
  title: string; class?: string; close: () => void; children: ComponentChildren;
  titleHidden?: boolean;
};

/** The browser's own dialog keeps the focus inside, and returns it to where it was. */
export function Modal({ title, class: name = "", close, children, titleHidden }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    };
  }, []);
  const outside = (event: MouseEvent) => {
    if (event.target === dialog.current) {
      close();
    }
  };
  return (
    <dialog ref={dialog} class={`modal ${name}`} aria-labelledby="modal-title" onMouseDown={outside}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}>
      <div class="modal-body">
        <h2 id="modal-title" class={titleHidden ? "hidden" : ""}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

export function QuestionDialog() {
  const asked = question.value;
  return asked ? <Asked key={asked.title} asked={asked} /> : null;
}

function Asked({ asked }: { asked: Open }) {
  const [never, setNever] = useState(false);
  const { advice } = asked;
  return (
    <Modal title={asked.title} class="question" close={() => asked.answer(null)}>
      <p>{asked.lead}</p>
      {advice && (
        <div class="advice">
          <p>{advice.lead}</p>
          <ul>{advice.points.map((point) => <li key={point}>{point}</li>)}</ul>
          <label class="check">
            <input type="checkbox" checked={never}
              onChange={(event) => setNever(event.currentTarget.checked)} />
            <span>{advice.never}</span>
          </label>
        </div>
      )}
      <div class="modal-actions">
        <button type="button" class="button" onClick={() => asked.answer(null)}>
          {t.value.dialog.cancel}
        </button>
        {asked.choices.map((choice) => (
          <button key={choice.id} type="button" class={`button ${choice.look}`}
            onClick={() => asked.answer(choice.id, never)}>
            {choice.label}
          </button>
        ))}
      </div>
    </Modal>
  );
}

export function Toast() {
  const shown = toast.value;
  return (
    <div class="toasts" role={shown?.tone === "bad" ? "alert" : "status"}>
      {shown && (
        <div class={`toast toast-${shown.tone}`}>
          <span>{shown.text}</span>
          <button type="button" class="icon-button" aria-label={t.value.dialog.close}
            onClick={() => {
              toast.value = null;
            }}>
            <Icon name="close" size={16} />
          </button>
        </div>
      )}
    </div>
  );
}

export function Announcer() {
  return <div class="hidden" aria-live="polite">{announcement.value}</div>;
}
