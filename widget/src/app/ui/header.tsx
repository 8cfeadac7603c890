import { useChat } from "../chat";
import { strings } from "../language";
import { Icon } from "./icons";
import { Menu, type MenuEntry } from "./menu";
import { initials } from "./message";

export function Header() {
  const chat = useChat();
  const { session, thread } = chat;
  const words = strings.value;
  const view = thread.view.value;
  const assignee = view && !view.timeline.closed ? chat.nameOf(view.timeline.assignee) : null;
  const site = session.site.info.value?.name ?? words.chat;
  const status = chat.status.value;
  const entries: MenuEntry[] = [];
  if (view && !view.timeline.closed && view.timeline.messages.length) {
    if (view.timeline.status === "active_ai") {
      entries.push({ icon: "alert", label: words.askHuman, run: () => void chat.askHuman() });
    }
    entries.push({
      icon: "close",
      label: words.end,
      run: () => {
        chat.asking.value = { what: "end" };
      },
    });
  }
  return (
    <header>
      <span class="avatar" aria-hidden="true">
        {initials(assignee ?? site)}
      </span>
      <div class="title">
        <h1>{assignee ?? site}</h1>
        <p class={`status ${status.tone}`} role="status">
          {status.text}
        </p>
      </div>
      {entries.length > 0 && <Menu label={words.menu} entries={entries} />}
      {!session.host.inline.value && (
        <button
          type="button"
          class="round"
          aria-label={words.close}
          title={words.close}
          onClick={() => session.host.say({ type: "close" })}
        >
          <Icon name="close" />
        </button>
      )}
    </header>
  );
}
