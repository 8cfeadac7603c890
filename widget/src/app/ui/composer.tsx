import { useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useChat } from "../chat";
import { strings } from "../language";
import { Icon } from "./icons";
import { isComposing } from "./keys";

/** Below this many characters left, they are counted for the writer. */
const COUNTED_BELOW = 500;

export function Composer() {
  const chat = useChat();
  const { composing, session } = chat;
  const words = strings.value;
  const field = useRef<HTMLTextAreaElement>(null);
  const text = composing.text.value;
  const editing = composing.editing.value;
  const left = composing.left.value;
  useGrowth(field, text);
  useSignalEffect(() => {
    const { inline, shown } = session.host;
    // A chat that is part of a page takes the focus when it is asked to, not when the page loads.
    const opened = shown.value && !inline.value;
    if (shown.value && (composing.focus.value || opened)) takeFocus(field.current);
  });
  const keys = (event: KeyboardEvent) => {
    if (isComposing(event)) {
      // Esc would close the panel: here it drops what the input method offers.
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      composing.submit();
    } else if (event.key === "Escape" && editing) {
      event.stopPropagation();
      composing.cancel();
    } else if (event.key === "ArrowUp" && !text && !editing) {
      const own = chat.items.value.findLast(
        (item) => item.type === "message" && item.own && item.message.words !== "recalled",
      );
      if (own?.type !== "message" || !chat.mayEdit(own)) return;
      event.preventDefault();
      composing.edit(own.conversation, own.message);
    }
  };
  const error = left < 0 ? words.over(-left) : composing.error.value;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        composing.submit();
      }}
    >
      {editing && (
        <p class="editing">
          <Icon name="edit" />
          <span>{words.editing}</span>
          <button type="button" onClick={() => composing.cancel()}>
            {words.cancel}
          </button>
        </p>
      )}
      {!editing && chat.closed.value && !text && <p class="hint">{words.endedHint}</p>}
      <div class="field">
        <textarea
          ref={field}
          rows={1}
          dir={text ? "auto" : undefined}
          value={text}
          autocomplete="off"
          spellcheck={true}
          aria-label={words.composer}
          placeholder={words.placeholder}
          aria-invalid={left < 0}
          aria-describedby="composer-says"
          onInput={(event) => composing.type(event.currentTarget.value)}
          onPaste={(event) => composing.pasted(event.clipboardData?.getData("text/plain") ?? "")}
          onKeyDown={keys}
        />
        <button
          type="submit"
          class="send"
          disabled={!text.trim() || composing.saving.value}
          aria-label={editing ? words.save : words.send}
          title={editing ? words.save : words.send}
        >
          <Icon name={editing ? "save" : "send"} />
        </button>
      </div>
      <p id="composer-says" class={error ? "says bad" : "says"} role="status">
        {error ?? (left < COUNTED_BELOW ? words.left(left) : "")}
      </p>
    </form>
  );
}

/** As tall as its text, up to what the style sheet allows. */
function useGrowth(field: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.blockSize = "auto";
    element.style.blockSize = `${element.scrollHeight}px`;
  }, [text]);
}

function takeFocus(field: HTMLTextAreaElement | null): void {
  // On a phone the keyboard would cover what was opened to be read.
  if (!matchMedia("(hover: hover)").matches) return;
  // A frame later: the panel has just begun to be seen, and the text just changed.
  requestAnimationFrame(() => {
    if (!field) return;
    field.focus({ preventScroll: true });
    field.setSelectionRange(field.value.length, field.value.length);
  });
}
