import { useSignalEffect } from "@preact/signals";
import { FILE_ENDINGS } from "@rejoinder/client";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useChat } from "../chat";
import { strings } from "../language";
import { accepted, FileLabel } from "./attached";
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
  const files = composing.files.value;
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
      {!editing && files.length > 0 && (
        <ul class="files">
          {files.map((file, place) => (
            <li key={`${place} ${file.name}`}>
              <Icon name="file" />
              <FileLabel name={file.name} bytes={file.size} />
              <button
                type="button"
                aria-label={words.detach(file.name)}
                title={words.detach(file.name)}
                onClick={() => composing.detach(file)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="field">
        {!editing && (
          <label class="clip" title={words.attach}>
            <Icon name="clip" />
            <span class="hidden">{words.attach}</span>
            <input
              type="file"
              multiple
              accept={accepted(FILE_ENDINGS)}
              onChange={(event) => {
                composing.attach(event.currentTarget.files ?? []);
                // The same file may be chosen again.
                event.currentTarget.value = "";
              }}
            />
          </label>
        )}
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
          onPaste={(event) => {
            const files = event.clipboardData?.files ?? [];
            if (files.length > 0) {
              event.preventDefault();
              composing.attach(files);
            } else composing.pasted(event.clipboardData?.getData("text/plain") ?? "");
          }}
          onKeyDown={keys}
        />
        <button
          type="submit"
          class="send"
          disabled={!(text.trim() || (files.length > 0 && !editing)) || composing.saving.value}
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
