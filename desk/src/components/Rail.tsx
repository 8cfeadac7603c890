import { agentName } from "../model/names.js";
import { attempt, sheet } from "../state/ask.js";
import type { Desk } from "../state/desk.js";
import { localeId, t } from "../state/i18n.js";
import { leave } from "../state/leaving.js";
import { canNotify, toggleNotifications } from "../state/notifications.js";
import { leads, sectionsOf } from "../state/rights.js";
import { go, isPortal, lastConversation, type PageName, route } from "../state/route.js";
import { change, settings, THEMES } from "../state/settings.js";
import { LOCALES } from "../locales/index.js";
import { Avatar } from "./Avatar.js";
import { useDesk } from "./context.js";
import { Icon, type IconName } from "./Icon.js";
import { chooseLocale } from "./LanguagePicker.js";
import { Mark } from "./Mark.js";
import { NoticesButton } from "./Notices.js";
import { type Action, Menu } from "./Menu.js";

/** The desk's pages, and the person's own things. */
export function Rail() {
  const desk = useDesk();
  const words = t.value;
  const me = desk.participant ?? "";
  const name = agentName(desk.people.value, me);
  const news = desk.news.value;
  const sections = sectionsOf(desk);
  const isThere = desk.directory.isThere.value;
  return (
    <nav class="rail" aria-label={words.nav.main}>
      <Mark size={32} />
      <Place page="inbox" icon="inbox" badge={news}
        open={() => go({ page: "inbox", conversation: lastConversation.peek() })} />
      {!isPortal && (
        <>
          {isThere && (
            <Place page="tickets" icon="ticket" badge={desk.directory.outbox.all.value.length}
              open={() => go({ page: "tickets", ticket: null })} />
          )}
          <Place page="history" icon="clock" open={() => go({ page: "history" })} />
          {isThere && leads(desk) && (
            <>
              <Place page="live" icon="pulse" open={() => go({ page: "live" })} />
              <Place page="reports" icon="chart" open={() => go({ page: "reports" })} />
            </>
          )}
          <Place page="search" icon="search" open={() => go({ page: "search" })} />
          {isThere && sections.length > 0 && (
            <Place page="settings" icon="gear"
              open={() => go({ page: "settings", section: sections[0] ?? "sites", item: null })} />
          )}
        </>
      )}
      <span class="rail-space" />
      <NoticesButton />
      <button type="button" class="rail-item rail-keys" title={words.help.title}
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

function Place({ page, icon, badge = 0, open }: {
  page: PageName; icon: IconName; badge?: number; open: () => void;
}) {
  const name = t.value.nav[page];
  return (
    <button type="button" class="rail-item" title={name} onClick={open}
      aria-current={route.value.page === page ? "page" : undefined}>
      <Icon name={icon} size={22} />
      <span class="hidden">{name}</span>
      {badge > 0 && <b class="rail-badge">{badge > 99 ? "99+" : badge}</b>}
    </button>
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
