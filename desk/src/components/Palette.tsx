import { useState } from "preact/hooks";
import { TABS } from "../model/inbox.js";
import { composes } from "../model/keys.js";
import { shortId, siteName } from "../model/names.js";
import { closeConversation, handBack, take } from "../state/actions.js";
import { sheet } from "../state/ask.js";
import { compose } from "../state/composing.js";
import { openFind } from "../state/find.js";
import type { Desk } from "../state/desk.js";
import { t } from "../state/i18n.js";
import { leads, sectionsOf } from "../state/rights.js";
import { go, isPortal, type PageName, type Route, selected } from "../state/route.js";
import { change, THEMES } from "../state/settings.js";
import { Modal } from "./Asking.js";
import { useDesk } from "./context.js";

type Command = { id: string; label: string; hint?: string; run: () => void };

/** How many conversations are offered: more are found by typing. */
const SHOWN = 12;

export function Palette() {
  const desk = useDesk();
  const words = t.value.palette;
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const found = matching([...commands(desk), ...conversations(desk)], typed).slice(0, SHOWN);
  const close = () => {
    sheet.value = null;
  };
  const run = (command: Command | undefined) => {
    if (command) {
      close();
      // After the dialog gave the focus back, so that what runs may take it.
      requestAnimationFrame(() => command.run());
    }
  };
  const keys = (event: KeyboardEvent) => {
    if (composes(event)) {
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[at]);
    }
  };
  return (
    <Modal title={words.title} titleHidden class="palette" close={close}>
      <input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list"
        aria-activedescendant={found[at] ? `command-${at}` : undefined} autoComplete="off"
        aria-label={words.placeholder} placeholder={words.placeholder} value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }} onKeyDown={keys} />
      <div id="palette-list" class="palette-list" role="listbox" aria-label={words.title}>
        {found.map((command, i) => (
          <button key={command.id} id={`command-${i}`} type="button" role="option" tabIndex={-1}
            class="command" aria-selected={i === at} onPointerMove={() => setAt(i)}
            onClick={() => run(command)}>
            <span>{command.label}</span>{command.hint && <kbd dir="ltr">{command.hint}</kbd>}
          </button>
        ))}
      </div>
      {found.length === 0 && <p class="palette-empty faint" role="status">{words.empty}</p>}
    </Modal>
  );
}

function matching(all: Command[], typed: string): Command[] {
  const parts = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ label }) => parts.every((part) => label.toLocaleLowerCase().includes(part)));
}

function commands(desk: Desk): Command[] {
  const words = t.value;
  const id = selected.value;
  const view = desk.view.value;
  const assignee = view?.timeline.assignee ?? null;
  const mine = assignee !== null && desk.me.value.has(assignee);
  const here: Command[] = id && view && !view.timeline.closed ? [
    ...(assignee === null
      ? [{ id: "take", label: words.conversation.take, run: () => void take(desk) }] : []),
    { id: "reply", label: words.composer.reply, hint: "Alt+L", run: () => compose(id, "timeline") },
    ...(mine
      ? [{ id: "back", label: words.conversation.handBack, run: () => void handBack(desk) }] : []),
    {
      id: "close", label: words.conversation.close, hint: "Alt+E",
      run: () => void closeConversation(desk),
    },
  ] : [];
  const note: Command[] = id ? [
    { id: "note", label: words.composer.note, hint: "Alt+P", run: () => compose(id, "team") },
    { id: "find", label: words.find.open, hint: "Ctrl+F", run: openFind },
  ] : [];
  return [
    ...here, ...note,
    { id: "next", label: words.palette.next, hint: "Alt+J", run: () => desk.list.go(1) },
    { id: "previous", label: words.palette.previous, hint: "Alt+K", run: () => desk.list.go(-1) },
    ...TABS.map((tab) => ({
      id: `tab ${tab}`, label: words.palette.go(words.inbox.tabs[tab]), run: () => change({ tab }),
    })),
    ...(isPortal ? [] : places(desk)),
    ...THEMES.map((theme) => ({
      id: `theme ${theme}`, label: `${words.account.theme}: ${words.account.themes[theme]}`,
      run: () => change({ theme }),
    })),
    { id: "help", label: words.help.title, hint: "?", run: () => {
      sheet.value = "help";
    } },
  ];
}

function places(desk: Desk): Command[] {
  const words = t.value;
  const to = (id: PageName, target: Route): Command => ({
    id: `page ${id}`, label: words.palette.go(words.nav[id]), run: () => go(target),
  });
  const [section] = sectionsOf(desk);
  const isThere = desk.directory.isThere.value;
  return [
    ...(isThere ? [to("tickets", { page: "tickets", ticket: null })] : []),
    to("history", { page: "history" }), to("search", { page: "search" }),
    ...(isThere && leads(desk)
      ? [to("live", { page: "live" }), to("reports", { page: "reports" })] : []),
    ...(isThere && section ? [to("settings", { page: "settings", section, item: null })] : []),
  ];
}

function conversations(desk: Desk): Command[] {
  return desk.inbox.value.map((row) => {
    const id = row.row?.visitor ?? row.conversation;
    const visitor = desk.directory.names.known(id) ?? t.value.who.visitor(shortId(id));
    const site = siteName(desk.people.value, row.row?.site ?? "");
    return {
      id: row.conversation, label: site ? `${visitor} · ${site}` : visitor,
      run: () => go({ page: "inbox", conversation: row.conversation }),
    };
  });
}
