import type { ConversationView } from "@rejoinder/client";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../state/i18n.js";
import { isWide, setDetails } from "../state/layout.js";
import { useDesk } from "./context.js";
import { PinnedNotes } from "./details/PinnedNotes.js";
import { Shortcuts } from "./details/Shortcuts.js";
import { Standing } from "./details/Standing.js";
import { VisitorFacts } from "./details/VisitorFacts.js";
import { Icon, type IconName } from "./Icon.js";

const TABS = ["details", "analysis", "shortcuts"] as const;
const tab = signal<(typeof TABS)[number]>("details");

export function Details() {
  const desk = useDesk();
  const words = t.value.details;
  const view = desk.view.value;
  const panel = useRef<HTMLElement>(null);
  const drawer = !isWide.value;
  useEffect(() => {
    if (!drawer) {
      return undefined;
    }
    const before = document.activeElement;
    panel.current?.focus();
    return () => {
      if (before instanceof HTMLElement) {
        before.focus();
      }
    };
  }, [drawer]);
  return (
    <aside class="column details" aria-label={words.panel} ref={panel} tabIndex={-1}
      onKeyDown={(event) => {
        if (drawer && event.key === "Escape") {
          setDetails(false);
        }
      }}>
      <header class="details-head">
        <Tabs />
        {drawer && (
          <button type="button" class="icon-button" aria-label={words.close}
            onClick={() => setDetails(false)}>
            <Icon name="close" />
          </button>
        )}
      </header>
      <div class="details-body" id="details-body" role="tabpanel"
        aria-labelledby={`details-tab-${tab.value}`}>
        {tab.value === "details" && view && <Facts view={view} />}
        {tab.value === "analysis" && (
          <Nothing icon="chart" title={words.analysisEmpty} lead={words.analysisLead} />
        )}
        {tab.value === "shortcuts" && view && <Shortcuts view={view} />}
      </div>
    </aside>
  );
}

function Tabs() {
  const words = t.value.details;
  const isThere = useDesk().directory.isThere.value;
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") {
      return;
    }
    const forward = (event.key === "ArrowRight") !== (document.documentElement.dir === "rtl");
    const to = (TABS.indexOf(tab.peek()) + (forward ? 1 : TABS.length - 1)) % TABS.length;
    tab.value = TABS[to] ?? "details";
    document.getElementById(`details-tab-${tab.peek()}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={words.panel} onKeyDown={keys}>
      {TABS.filter((id) => id !== "shortcuts" || isThere).map((id) => (
        <button key={id} id={`details-tab-${id}`} type="button" role="tab" class="tab"
          aria-selected={tab.value === id} aria-controls="details-body"
          tabIndex={tab.value === id ? 0 : -1} onClick={() => {
            tab.value = id;
          }}>
          {words.tabs[id]}
        </button>
      ))}
    </div>
  );
}

function Nothing({ icon, title, lead }: { icon: IconName; title: string; lead: string }) {
  return <div class="empty small"><Icon name={icon} size={28} /><h3>{title}</h3><p>{lead}</p></div>;
}

/** Each part is a component of its own, in a folder of their own. */
function Facts({ view }: { view: ConversationView }) {
  return (
    <>
      <Standing view={view} />
      <PinnedNotes view={view} />
      {useDesk().directory.isThere.value && <VisitorFacts view={view} />}
    </>
  );
}
