import { useSignalEffect } from "@preact/signals";
import type { ConversationId } from "@rejoinder/client";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { sheet } from "../state/ask.js";
import { formerOf } from "../state/former.js";
import { t } from "../state/i18n.js";
import { detailsOpen, isPhone, isWide, setDetails } from "../state/layout.js";
import { startNotifications } from "../state/notifications.js";
import { startPresence } from "../state/presence.js";
import { route, selected } from "../state/route.js";
import { ticketDialog } from "../state/tickets.js";
import { useDesk } from "./context.js";
import { ConversationColumn } from "./Conversation.js";
import { Details } from "./Details.js";
import { Help } from "./Help.js";
import { Inbox } from "./Inbox.js";
import { listenToKeys } from "./keys.js";
import { Offers } from "./Offers.js";
import { FormerDialog, PAGES, TicketDialog, TranscriptDialog, WhyDialog } from "./pages.js";
import { Palette } from "./Palette.js";
import { Rail } from "./Rail.js";

export function Shell() {
  const desk = useDesk();
  useEffect(() => {
    const stops = [startPresence(desk), startNotifications(desk), listenToKeys(desk)];
    const flush = () => desk.drafts.flush();
    // Picked files cannot be kept as typed words are: the browser asks before they go.
    const keepFiles = (event: BeforeUnloadEvent) => {
      if (desk.files.isHolding) {
        event.preventDefault();
      }
    };
    document.addEventListener("visibilitychange", flush);
    window.addEventListener("pagehide", flush);
    window.addEventListener("beforeunload", keepFiles);
    return () => {
      document.removeEventListener("visibilitychange", flush);
      window.removeEventListener("pagehide", flush);
      window.removeEventListener("beforeunload", keepFiles);
      for (const stop of stops) {
        stop();
      }
    };
  }, [desk]);
  useSignalEffect(() => {
    const count = desk.news.value;
    const page = t.value.nav[route.value.page];
    document.title = `${count > 0 ? `(${count}) ` : ""}${page} · ${t.value.app}`;
  });
  useFocusOfColumn();
  const open = selected.value !== null;
  const details = open && detailsOpen.value;
  const { page } = route.value;
  const Page = page === "inbox" ? null : PAGES[page];
  return (
    <div class={`shell${open ? " has-conversation" : ""}${details ? " has-details" : ""}${
      Page ? " has-page" : ""}`}>
      <Rail />
      <Offers />
      {Page ? <Page /> : (
        <>
          <Inbox />
          <main class="column conversation-column" aria-label={t.value.conversation.log}>
            <ConversationColumn />
          </main>
        </>
      )}
      {details && !isWide.value && (
        <div class="scrim" onClick={() => setDetails(false)} aria-hidden="true" />
      )}
      {details && <Details />}
      {sheet.value === "palette" && <Palette />}
      {sheet.value === "help" && <Help />}
      {sheet.value === "why" && <WhyDialog />}
      {sheet.value === "transcript" && <TranscriptDialog />}
      {formerOf.value && <FormerDialog />}
      {ticketDialog.value && <TicketDialog />}
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
