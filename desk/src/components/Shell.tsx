import { useSignalEffect } from "@preact/signals";
import type { ConversationId } from "@rejoinder/client";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { sheet } from "../state/ask.js";
import { t } from "../state/i18n.js";
import { detailsOpen, isPhone, isWide, setDetails, startLayout } from "../state/layout.js";
import { newVersion, takeNewVersion } from "../state/offline.js";
import { startNotifications } from "../state/notifications.js";
import { startPresence } from "../state/presence.js";
import { selected } from "../state/route.js";
import { useDesk } from "./context.js";
import { ConversationColumn } from "./Conversation.js";
import { Details } from "./Details.js";
import { Help } from "./Help.js";
import { Inbox } from "./Inbox.js";
import { listenToKeys } from "./keys.js";
import { Palette } from "./Palette.js";
import { Rail } from "./Rail.js";

export function Shell() {
  const desk = useDesk();
  useEffect(() => {
    startLayout();
    const stops = [startPresence(desk), startNotifications(desk), listenToKeys(desk)];
    const flush = () => desk.drafts.flush();
    document.addEventListener("visibilitychange", flush);
    window.addEventListener("pagehide", flush);
    return () => {
      document.removeEventListener("visibilitychange", flush);
      window.removeEventListener("pagehide", flush);
      for (const stop of stops) {
        stop();
      }
    };
  }, [desk]);
  useSignalEffect(() => {
    const count = desk.news.value;
    document.title = `${count > 0 ? `(${count}) ` : ""}${t.value.inbox.title} · ${t.value.app}`;
  });
  useFocusOfColumn();
  const open = selected.value !== null;
  const details = open && detailsOpen.value;
  return (
    <div class={`shell${open ? " has-conversation" : ""}${details ? " has-details" : ""}`}>
      <Rail />
      <Inbox />
      <main class="column conversation-column" aria-label={t.value.conversation.log}>
        <Banners />
        <ConversationColumn />
      </main>
      {details && !isWide.value && (
        <div class="scrim" onClick={() => setDetails(false)} aria-hidden="true" />
      )}
      {details && <Details />}
      {sheet.value === "palette" && <Palette />}
      {sheet.value === "help" && <Help />}
    </div>
  );
}

/** Where one column takes another's place, the focus goes along, and back to the row it left. */
function useFocusOfColumn(): void {
  const before = useRef<ConversationId | null>(null);
  const id = selected.value;
  useLayoutEffect(() => {
    const left = before.current;
    before.current = id;
    if (!isPhone() || left === id) {
      return;
    }
    const target = id ? ".conversation-head .back" : `[data-conversation="${left}"]`;
    const focus = () => document.querySelector<HTMLElement>(target)?.focus();
    // The conversation is there once its view was read.
    requestAnimationFrame(focus);
  }, [id]);
}

/** What a person should know of this browser, above the conversation; none of it blocks. */
function Banners() {
  const desk = useDesk();
  const words = t.value.connection;
  const storage = desk.storage.value;
  return (
    <>
      {desk.trouble.value && <p class="banner bad" role="alert">{words[desk.trouble.value]}</p>}
      {storage === "memory" && <p class="banner" role="status">{words.memory}</p>}
      {storage === "outbox_only" && <p class="banner" role="status">{words.outboxOnly}</p>}
      {newVersion.value && (
        <p class="banner" role="status">
          {words.newVersion}{" "}
          <button type="button" class="link" onClick={takeNewVersion}>{words.reload}</button>
        </p>
      )}
    </>
  );
}
