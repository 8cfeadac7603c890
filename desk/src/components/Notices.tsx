/** The bell: what concerns this agent and was not read, each leading to where it is about. */

import { now } from "../state/clock.js";
import { showFound } from "../state/find.js";
import { momentOf, t } from "../state/i18n.js";
import { go } from "../state/route.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { type Action, Menu } from "./Menu.js";

export function NoticesButton() {
  const desk = useDesk();
  const words = t.value.notices;
  const unread = desk.notices.unread.value;
  const actions: Action[] = unread.slice(0, 20).map((one, i) => {
    const visitor = desk.row(one.conversation)?.row?.visitor;
    const who = visitor ? `${desk.visitorName(visitor)} · ` : "";
    return {
      ...(i === 0 ? { heading: words.title } : {}), key: String(one.number),
      label: words[one.kind], detail: who + momentOf(one.at, now.value),
      icon: one.kind === "mention" ? "note" : "user",
      run: () => {
        if (one.message) {
          showFound(one.conversation, "", one.message);
        } else {
          go({ page: "inbox", conversation: one.conversation });
        }
      },
    };
  });
  const label = unread.length > 0 ? words.unread(unread.length) : words.title;
  return (
    <Menu label={label} title={words.title} class="notices" actions={actions.length > 0
      ? [...actions, { label: words.allRead, run: () => void desk.notices.read(unread) }]
      : [{ heading: words.title, label: words.none, disabled: " ", run: () => undefined }]}>
      <Icon name="bell" size={22} />
      {unread.length > 0 && <b class="rail-badge">{unread.length > 99 ? "99+" : unread.length}</b>}
    </Menu>
  );
}
