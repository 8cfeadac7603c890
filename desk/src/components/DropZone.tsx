/** Files that are dropped on a conversation are attached to what is being written there. */

import type { ConversationView } from "@rejoinder/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { tell } from "../state/ask.js";
import { editing, kindOf } from "../state/composing.js";
import { t } from "../state/i18n.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { asFiles, attach } from "./Picked.js";

const COLUMN = ".conversation-column";

export function DropZone({ view }: { view: ConversationView | null }) {
  const desk = useDesk();
  const [over, setOver] = useState(false);
  const shown = useRef(view);
  shown.current = view;
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files")) {
        // Dropped beside, a file would take the desk's place in the tab.
        event.preventDefault();
        const takes = isOver(event) && shown.current !== null;
        event.dataTransfer.dropEffect = takes ? "copy" : "none";
        setOver(takes);
      }
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) {
        setOver(false);
      }
    };
    const drop = (event: DragEvent) => {
      const files = event.dataTransfer?.files;
      if (!files || !event.dataTransfer?.types.includes("Files")) {
        return;
      }
      event.preventDefault();
      setOver(false);
      const on = shown.current;
      const why = on && whyNotHere(on);
      if (on && isOver(event)) {
        const id = on.timeline.conversation;
        return why ? tell(why, "bad")
          : attach(desk, { id, kind: kindOf(id, on.timeline.closed) }, asFiles(files));
      }
    };
    window.addEventListener("dragenter", drag);
    window.addEventListener("dragover", drag);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", drag);
      window.removeEventListener("dragover", drag);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [desk]);
  if (!over || !view) {
    return null;
  }
  const words = t.value.files;
  const note = kindOf(view.timeline.conversation, view.timeline.closed) === "team";
  return (
    <div class={`drop-hint${note ? " drop-note" : ""}`} aria-hidden="true">
      <p>
        <Icon name="clip" size={28} />
        {whyNotHere(view) ?? (note ? words.dropNote : words.dropReply)}
      </p>
    </div>
  );
}

function isOver({ target }: DragEvent): boolean {
  return target instanceof Element && target.closest(COLUMN) !== null
    && target.closest("dialog") === null;
}

/** Why no file can be attached to what is being written; null where one can. */
export function whyNotHere({ timeline }: ConversationView): string | null {
  const words = t.value.files;
  const id = timeline.conversation;
  if (editing.value?.conversation === id) {
    return words.notInEdit;
  }
  return timeline.closed && kindOf(id, true) === "timeline" ? words.closed : null;
}
