import { RejoinderError } from "@rejoinder/client";
import { agentName } from "../model/names.js";
import { ask, attempt, sheet, tell, whyNot } from "../state/ask.js";
import type { Desk } from "../state/desk.js";
import { localeId, t } from "../state/i18n.js";
import { canNotify, toggleNotifications } from "../state/notifications.js";
import { go } from "../state/route.js";
import { logOut } from "../state/session.js";
import { change, settings, THEMES } from "../state/settings.js";
import { LOCALES } from "../locales/index.js";
import { Avatar } from "./Avatar.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { chooseLocale } from "./LanguagePicker.js";
import { Mark } from "./Mark.js";
import { type Action, Menu } from "./Menu.js";

/** The desk's pages, and the person's own things. Tickets, history, settings come here. */
export function Rail() {
  const desk = useDesk();
  const words = t.value;
  const me = desk.participant ?? "";
  const name = agentName(desk.people.value, me);
  const news = desk.news.value;
  return (
    <nav class="rail" aria-label={words.nav.main}>
      <Mark size={32} />
      <button type="button" class="rail-item" aria-current="page" title={words.nav.inbox}
        onClick={() => go({ page: "inbox", conversation: null })}>
        <Icon name="inbox" size={22} />
        <span class="hidden">{words.nav.inbox}</span>
        {news > 0 && <b class="rail-badge">{news > 99 ? "99+" : news}</b>}
      </button>
      <span class="rail-space" />
      <button type="button" class="rail-item" title={words.help.title}
        onClick={() => {
          sheet.value = "help";
        }}>
        <Icon name="help" size={22} /><span class="hidden">{words.help.title}</span>
      </button>
      <Menu label={words.account.menu} class="account" actions={accountActions(desk)}>
        <Avatar id={me} name={name} online={desk.connection.value === "live"} />
      </Menu>
    </nav>
  );
}

function accountActions(desk: Desk): Action[] {
  const words = t.value.account;
  const { theme, notify } = settings.value;
  const blocked = canNotify() === "blocked";
  return [
    ...THEMES.map((id, i) => ({
      ...(i === 0 ? { heading: words.theme } : {}), label: words.themes[id],
      checked: theme === id, run: () => change({ theme: id }),
    })),
    ...Object.entries(LOCALES).map(([id, locale], i) => ({
      ...(i === 0 ? { heading: t.value.language } : {}), label: locale.name,
      checked: localeId.value === id, run: () => void chooseLocale(id),
    })),
    {
      heading: words.more,
      label: notify && !blocked ? words.notifyOn : words.notify, checked: notify && !blocked,
      disabled: blocked ? words.notifyBlocked : null,
      run: () => void attempt(toggleNotifications),
    },
    { label: words.commands, run: () => {
      sheet.value = "palette";
    } },
    { label: words.logOut, danger: true, run: () => void leave(desk) },
  ];
}

/** What waits is sent first, or lost with open eyes. */
async function leave(desk: Desk): Promise<void> {
  const waiting = desk.waiting.peek();
  await (waiting === 0 ? end(desk, "keep") : askFirst(desk, waiting));
}

async function askFirst(desk: Desk, waiting: number): Promise<void> {
  const words = t.value.logOut;
  const chosen = await ask({
    title: words.question(waiting), lead: words.lead,
    choices: [
      { id: "lose", label: words.lose(waiting), look: "danger" },
      { id: "send", label: words.sendFirst, look: "primary" },
    ],
  });
  if (chosen === "lose") {
    await end(desk, "lose");
  } else if (chosen === "send") {
    await sendFirst(desk);
  }
}

async function sendFirst(desk: Desk): Promise<void> {
  tell(t.value.logOut.sending);
  try {
    await desk.client.settled();
  } catch {
    tell(t.value.logOut.sendFailed, "bad");
    return;
  }
  await end(desk, "keep");
}

async function end(desk: Desk, unsent: "keep" | "lose"): Promise<void> {
  try {
    await logOut(desk, unsent);
  } catch (error) {
    if (error instanceof RejoinderError && error.code === "unsent") {
      await askFirst(desk, Math.max(1, desk.waiting.peek()));
      return;
    }
    tell(`${t.value.logOut.failed} ${whyNot(error)}`, "bad");
  }
}
