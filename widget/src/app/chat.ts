import { computed, effect, signal } from "@preact/signals";
import {
  type MessageId,
  type MessageView,
  type ParticipantId,
  RejoinderError,
} from "@rejoinder/client";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Call } from "../bridge";
import { Composing } from "./composing";
import { Forms } from "./forms";
import { firstUnread, hiddenCount, type Item, itemsOf } from "./items";
import { listed, moment, strings } from "./language";
import { News } from "./news";
import type { Session } from "./session";
import { Thread } from "./thread";

const WINDOW = 50;

type Row = Extract<Item, { type: "message" }>;
export type Asking = { what: "recall"; conversation: string; message: MessageId } | { what: "end" };

/** Everything that the screen shows, and what a person can do. */
export class Chat {
  readonly thread: Thread;
  readonly composing: Composing;
  readonly forms: Forms;
  readonly news: News;
  readonly asking = signal<Asking | null>(null);
  readonly window = signal(WINDOW);
  readonly unreadFrom = signal<MessageId | null>(null);
  readonly me = computed<ReadonlySet<ParticipantId>>(() => {
    const who = this.session.principal.value;
    return new Set(who ? [who.participant, ...who.former] : []);
  });
  readonly items = computed<Item[]>(() =>
    itemsOf({
      sections: this.thread.sections.value,
      queued: this.thread.queued.value,
      me: this.me.value,
      unreadFrom: this.unreadFrom.value,
      written: this.thread.written.value,
      window: this.window.value,
      now: this.session.site.now(),
    }),
  );
  readonly hidden = computed(() => hiddenCount(this.thread.sections.value, this.window.value));
  readonly closed = computed(() => this.thread.view.value?.timeline.closed ?? false);
  readonly checking = computed(() => this.thread.view.value?.freshness === "checking");
  /** Somebody who was here before: what they said is still on its way. */
  readonly expecting = computed(() => {
    const { session } = this;
    return (
      session.returning.value &&
      !this.thread.sections.value.length &&
      session.connection.value !== "live" &&
      !session.unreachable.value
    );
  });
  readonly status = computed(() => this.#status());
  readonly typists = computed(() => this.#typists());

  constructor(readonly session: Session) {
    this.thread = new Thread(session);
    this.composing = new Composing(this.thread);
    this.forms = new Forms(session, this.thread);
    this.news = new News(session, this.thread);
    // The line above what is unread stays where it was while the panel is open.
    let counted = false;
    effect(() => {
      const view = this.thread.view.value;
      if (!session.host.shown.value) counted = false;
      if (counted || !view || view.freshness === "checking" || !session.host.shown.value) return;
      counted = true;
      this.unreadFrom.value = firstUnread(view, this.me.value);
    });
  }

  call(method: Call, argument: unknown): void {
    const { session } = this;
    switch (method) {
      case "startConversation":
        this.composing.suggest(typeof argument === "string" ? argument : "");
        break;
      case "logout":
        void session.logOut("keep");
        break;
      case "identify":
      case "setAttributes":
        // Said plainly instead of being swallowed: who relies on it has to know.
        console.error(`Rejoinder: this server does not take ${method} yet.`);
        session.host.tell("error", { code: "unsupported", method });
        break;
    }
  }

  nameOf(participant: ParticipantId | null): string | null {
    const { people, site } = this.session;
    return (
      people.value.agents.find((agent) => agent.id === participant)?.name ??
      site.info.value?.agents.find((agent) => agent.id === participant)?.name ??
      null
    );
  }

  authorOf(message: MessageView): string {
    const words = strings.value;
    switch (message.source) {
      case "assistant":
        return words.assistant;
      case "agent":
      case "note":
        return this.nameOf(message.author) ?? words.agent;
      case "visitor":
        return this.me.value.has(message.author) ? words.you : words.visitor;
      case "system":
        return "";
    }
  }

  /** Until the site has said so, as by default, they may not: the words would be erased in vain. */
  mayEdit({ own, closed }: Row): boolean {
    return own && !closed && (this.session.site.info.value?.visitor_edit ?? false);
  }

  /** What was not sent yet can always be taken back: nobody has it. */
  mayRecall({ own, message }: Row): boolean {
    const waits = message.delivery === "waiting" && message.at === null;
    return own && (waits || (this.session.site.info.value?.visitor_recall ?? false));
  }

  /** What was typed and went nowhere, other than what stands in the thread, as one text. */
  readonly typed = computed(() => {
    const { composing, forms } = this;
    const { name, email } = forms.contact.value;
    const texts = [composing.text.value, ...Object.values(forms.answers.value), name, email];
    return texts
      .map((text) => text.trim())
      .filter(Boolean)
      .join("\n");
  });

  /** Says why something was not done; it can be tried again. */
  fail(error: unknown): void {
    const code = error instanceof RejoinderError ? error.code : "refused";
    const { banners, host } = this.session;
    host.tell("error", { code });
    banners.put({
      id: "failed",
      tone: "warn",
      text: (words) => words.errors[code],
      action: { label: (words) => words.fine, run: () => banners.drop("failed") },
    });
  }

  async recall(conversation: string, message: MessageId): Promise<void> {
    try {
      await this.session.client.value?.conversation(conversation).recall(message);
    } catch (error) {
      this.fail(error);
    }
  }

  async end(): Promise<void> {
    try {
      await this.thread.conversation?.close();
    } catch (error) {
      this.fail(error);
    }
  }

  async askHuman(): Promise<void> {
    try {
      await this.thread.conversation?.setStatus("waiting_for_human");
    } catch (error) {
      this.fail(error);
    }
  }

  earlier(): void {
    if (this.hidden.value) this.window.value += WINDOW;
    else this.thread.reach.value += 1;
  }

  #status(): { tone: "good" | "quiet" | "warn"; text: string } {
    const { session, thread } = this;
    const words = strings.value;
    if (session.site.gone.value) return { tone: "quiet", text: "" };
    const unsent = thread.queued.value.filter((one) => !one.went && one.failed === null).length;
    const waiting = session.waiting.value + unsent + this.forms.waiting.value;
    const waits = waiting ? `\n${words.waits(waiting)}` : "";
    const freshness = thread.view.value?.freshness;
    const asOf = typeof freshness === "object" ? freshness.as_of : null;
    const down = session.client.value && session.connection.value === "offline";
    if (asOf) {
      return {
        tone: "warn",
        text: words.offlineAsOf(moment(asOf, session.site.now())) + waits,
      };
    }
    if (
      session.unreachable.value ||
      (down && session.principal.value) ||
      typeof freshness === "object"
    ) {
      return { tone: "warn", text: words.offline + waits };
    }
    if (session.connection.value !== "live") {
      return session.client.value || session.host.shown.value
        ? { tone: "quiet", text: words.connecting + waits }
        : { tone: "quiet", text: "" };
    }
    return this.#presence();
  }

  #presence(): { tone: "good" | "quiet"; text: string } {
    const { people, site } = this.session;
    const words = strings.value;
    const known = site.info.value
      ? site.online.value
      : people.value.agents.filter((agent) => agent.online);
    if (known.length) {
      const names = known.slice(0, 3).map((agent) => agent.name);
      return { tone: "good", text: words.online(listed(names), names.length) };
    }
    if (site.info.value && !site.info.value.human_support) {
      return { tone: "good", text: words.assistantThere };
    }
    return { tone: "quiet", text: words.whenBack };
  }

  #typists(): string | null {
    const typing = (this.thread.view.value?.active ?? []).filter(
      ({ participant, signal: what }) => what === "typing" && !this.me.value.has(participant),
    );
    if (!typing.length) return null;
    const names = typing.map((one) => this.nameOf(one.participant) ?? strings.value.agent);
    return strings.value.typing(listed([...new Set(names)]), typing.length);
  }
}

const Context = createContext<Chat | null>(null);
export const ChatProvider = Context.Provider;

export function useChat(): Chat {
  const chat = useContext(Context);
  if (!chat) throw new Error("outside of a chat");
  return chat;
}
