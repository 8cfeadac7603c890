import { useEffect } from "preact/hooks";
import { type Chat, ChatProvider, useChat } from "../chat";
import { strings } from "../language";
import { Composer } from "./composer";
import { Dialogs } from "./dialogs";
import { Contact, Prechat } from "./forms";
import { Header } from "./header";
import { isComposing } from "./keys";
import { Timeline } from "./timeline";
import { Undone } from "./trouble";

export function App({ chat }: { chat: Chat }) {
  const { host } = chat.session;
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const leaves = event.key === "Escape" && !isComposing(event) && !event.defaultPrevented;
      if (leaves) host.say({ type: "close" });
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, []);
  return (
    <ChatProvider value={chat}>
      <main class="chat" {...dropping(chat)}>
        <Header />
        <Notices />
        <Timeline />
        <Writing />
        <p class="hidden" role="status" aria-live="polite">
          {chat.news.spoken.value}
        </p>
        <Dialogs />
      </main>
    </ChatProvider>
  );
}

/** Who is to be asked something first is asked in the place where they would write. */
function Writing() {
  const { forms, session, thread } = useChat();
  if (session.site.gone.value) return <Gone />;
  const asks = forms.fields.value.length > 0;
  // One at a time; whoever has begun is not kept from writing.
  return (
    <>
      {asks ? <Prechat /> : <Contact />}
      {(!asks || thread.begun.value) && <Composer />}
    </>
  );
}

/** Nobody would read it: but what was typed is still theirs. */
function Gone() {
  const { typed } = useChat();
  const words = strings.value;
  return (
    <section class="asks" aria-label={words.gone}>
      <p>{words.gone}</p>
      {typed.value && (
        <div class="asked">
          <label for="typed">{words.goneTyped}</label>
          <textarea id="typed" readOnly rows={4} dir="auto" value={typed.value} />
        </div>
      )}
    </section>
  );
}

/** Files that are dropped on the chat go with what is being written. */
function dropping({ composing }: Chat) {
  const holds = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
  return {
    onDragOver: (event: DragEvent) => {
      if (holds(event)) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      if (!holds(event)) return;
      event.preventDefault();
      composing.attach(event.dataTransfer?.files ?? []);
    },
  };
}

/** What is wrong and what to do; and how this browser keeps things, where that matters. */
function Notices() {
  const { session } = useChat();
  const words = strings.value;
  const storage = session.client.value ? session.storage.value : "durable";
  return (
    <div class="notices">
      {storage === "memory" && (
        <p class="notice quiet" role="status">
          {words.memory}
        </p>
      )}
      {session.banners.all.value.map(({ id, tone, text, action }) => (
        <div key={id} class={`notice ${tone}`} role={tone === "warn" ? "alert" : "status"}>
          <p>{text(words)}</p>
          {action && (
            <button type="button" onClick={action.run}>
              {action.label(words)}
            </button>
          )}
        </div>
      ))}
      <Undone />
      {storage === "outbox_only" && session.connection.value !== "live" && (
        <p class="notice quiet" role="status">
          {words.outboxOnly}
        </p>
      )}
    </div>
  );
}
