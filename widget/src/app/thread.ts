import { batch, computed, effect, signal } from "@preact/signals";
import {
  type Client,
  type Conversation,
  type ConversationId,
  type ConversationView,
  type InboxRow,
  type MessageId,
  type MessageView,
  RejoinderError,
} from "@rejoinder/client";
import type { Queued, Section } from "./items";
import { strings } from "./language";
import { NEWEST, type Session } from "./session";

type Views = ReadonlyMap<ConversationId, ConversationView | null>;

/** What a visitor and a site said to each other: one thread over all their conversations. */
export class Thread {
  /** What was typed and is in no conversation yet. */
  readonly queued = signal<Queued[]>([]);
  /** What was written on this page, and as which row it was shown before it was a message. */
  readonly written = signal<ReadonlyMap<MessageId, string>>(new Map());
  readonly reach = signal(NEWEST);
  readonly views = signal<Views>(new Map());
  readonly #begun = signal<ConversationId[]>([]);
  readonly #ids = computed(() => inOrder(this.session.inbox.value, this.#begun.value));
  readonly more = computed(() => Math.max(0, this.#ids.value.length - this.reach.value));
  readonly sections = computed<Section[]>(() =>
    this.#ids.value
      .slice(-this.reach.value)
      .map((conversation) => ({ conversation, view: this.views.value.get(conversation) ?? null })),
  );
  readonly current = computed(() => this.#ids.value.at(-1) ?? null);
  readonly view = computed(() => this.views.value.get(this.current.value ?? "") ?? null);
  /** What was begun on another page, and may hold what was typed there. */
  #found: ConversationId | null = null;
  /** Whether anything was said; until what was found was read, that is to be expected. */
  readonly #spoken = computed(() => {
    const known = new Set(this.session.inbox.value.map((row) => row.conversation));
    return this.sections.value.some(
      ({ conversation, view }) =>
        known.has(conversation) ||
        (view === null ? conversation === this.#found : view.timeline.messages.length > 0),
    );
  });
  readonly begun = computed(() => this.#spoken.value || this.queued.value.length > 0);
  readonly #stops = new Map<ConversationId, () => void>();
  #draining = false;
  /** One for all who ask while it begins: the first message and a draft of it. */
  #begins: { client: Client; conversation: Promise<Conversation> } | null = null;
  /** What is being handed over, and which messages were there before. */
  #sending: { one: Queued; before: ReadonlySet<MessageId> } | null = null;
  #keys = 0;

  constructor(readonly session: Session) {
    effect(() => {
      const client = this.session.client.value;
      if (client) return this.#follow(client);
      this.#leave();
      return undefined;
    });
    effect(() => {
      const client = this.session.client.value;
      const ids = this.#ids.value.slice(-this.reach.value);
      if (client) for (const id of ids) this.#watch(client, id);
    });
    effect(() => {
      const begun = this.session.begun.value;
      // Something was said there: from here on the client finds it by itself.
      const listed = this.session.inbox.value.some((row) => row.conversation === begun);
      if (listed) this.session.begun.keep(null);
    });
    session.beforeRestart = () => this.#salvage();
    session.whenAsked(() => this.queued.value.some((one) => !one.went));
    session.whenForgotten(() => {
      this.queued.value = [];
      this.written.value = new Map();
    });
  }

  get conversation(): Conversation | null {
    const id = this.current.value;
    return id ? (this.session.client.value?.conversation(id) ?? null) : null;
  }

  /** Whether files go with what is in no conversation yet. */
  get hasFiles(): boolean {
    return this.queued.value.some((one) => !one.went && one.files.length > 0);
  }

  /** Takes what was typed; from here on it waits until it is sent. */
  say(text: string, files: File[] = []): void {
    this.#enqueue(text, files);
    void this.#drain();
  }

  again(key: string): void {
    this.#change(key, { failed: null });
    void this.#drain();
  }

  discard(key: string): void {
    this.queued.value = this.queued.value.filter((one) => one.key !== key);
  }

  /** The conversation that goes on, or one that begins: without a network too. */
  async ensure(): Promise<Conversation> {
    const client = await this.session.known();
    const { conversation } = this;
    if (conversation) return conversation;
    if (this.#begins?.client !== client) {
      const begun = client.begin().then((made) => {
        this.#add(made.id);
        this.session.begun.keep(made.id);
        return made;
      });
      this.#begins = { client, conversation: begun };
      const over = () => {
        if (this.#begins?.conversation === begun) this.#begins = null;
      };
      begun.then(over, over);
    }
    return this.#begins.conversation;
  }

  #enqueue(text: string, files: File[]): void {
    this.#keys += 1;
    const at = this.session.site.now();
    const key = `queued ${this.#keys}`;
    const one: Queued = { key, text, files, at, went: null, failed: null };
    this.queued.value = [...this.queued.value, one];
  }

  /** One after the other, so that they arrive in the order in which they were typed. */
  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (;;) {
        const next = this.queued.value.find((one) => !one.went && one.failed === null);
        if (!next) return;
        await this.#send(next);
      }
    } finally {
      this.#draining = false;
    }
  }

  async #send(one: Queued): Promise<void> {
    const begins = !this.#spoken.value;
    try {
      await this.session.known();
      // Given up while it waited, or whoever wrote it has logged out.
      if (!this.queued.value.some(({ key }) => key === one.key)) return;
      const conversation = await this.ensure();
      this.#sending = { one, before: new Set(this.#messages().map(({ id }) => id)) };
      const files = one.files.map((file) => ({ name: file.name, data: file }));
      const went = await conversation.send(one.text, files);
      this.#arrived(one, went);
      this.#add(went.conversation);
      if (begins || went.conversation !== conversation.id) {
        this.session.host.tell("conversation:started", { conversation: went.conversation });
      }
      this.#dropArrived();
    } catch (error) {
      const code = error instanceof RejoinderError ? error.code : "refused";
      this.#change(one.key, { failed: strings.value.errors[code] });
      this.session.host.tell("error", { code });
    } finally {
      this.#sending = null;
    }
  }

  #messages(): MessageView[] {
    return [...this.views.value.values()].flatMap((view) => view?.timeline.messages ?? []);
  }

  #arrived(one: Queued, went: NonNullable<Queued["went"]>): void {
    this.written.value = new Map(this.written.value).set(went.message, one.key);
    this.#change(one.key, { went });
  }

  /** A view may show a message before it is told which: it would stand there twice meanwhile. */
  #recognise(conversation: ConversationId, view: ConversationView | null): void {
    if (!this.#sending) return;
    const { one, before } = this.#sending;
    const found = view?.timeline.messages.findLast(
      ({ id, source, words }) =>
        source === "visitor" &&
        !before.has(id) &&
        typeof words === "object" &&
        "said" in words &&
        words.said.text === one.text &&
        (words.said.attachments ?? []).length === one.files.length,
    );
    if (!found) return;
    this.#sending = null;
    this.#arrived(one, { conversation, message: found.id });
  }

  #change(key: string, change: Partial<Queued>): void {
    this.queued.value = this.queued.value.map((one) =>
      one.key === key ? { ...one, ...change } : one,
    );
  }

  #add(id: ConversationId): void {
    if (!this.#begun.value.includes(id)) this.#begun.value = [...this.#begun.value, id];
  }

  #follow(client: Client): () => void {
    this.#found = this.session.begun.value;
    if (this.#found) this.#add(this.#found);
    const stops = [
      client.on("moved", ({ to }) => this.#add(to)),
      client.on("removed", ({ document }) => this.#forget(document.conversation)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** It is not to be on this device any more. */
  #forget(id: ConversationId): void {
    this.#stops.get(id)?.();
    this.#stops.delete(id);
    this.#begun.value = this.#begun.value.filter((one) => one !== id);
    const views = new Map(this.views.value);
    views.delete(id);
    this.views.value = views;
  }

  #watch(client: Client, id: ConversationId): void {
    if (this.#stops.has(id)) return;
    // Told at once, perhaps, and then before there is anything to stop.
    this.#stops.set(id, () => {});
    const stop = client.conversation(id).view.subscribe((view) => {
      batch(() => {
        this.#recognise(id, view);
        this.views.value = new Map(this.views.value).set(id, view);
        this.#dropArrived();
      });
    });
    this.#stops.set(id, stop);
  }

  #dropArrived(): void {
    const arrived = (one: Queued): boolean =>
      !!this.views.value
        .get(one.went?.conversation ?? "")
        ?.timeline.messages.some((message) => message.id === one.went?.message);
    if (this.queued.value.some(arrived)) {
      this.queued.value = this.queued.value.filter((one) => !arrived(one));
    }
  }

  #leave(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
    this.views.value = new Map();
    this.#begun.value = [];
  }

  /**
   * Own words that wait are kept when the client that has them goes: on the page they were written
   * on, or the one that is looked at, so that two tabs do not keep them twice.
   */
  #salvage(): void {
    const looked = document.visibilityState === "visible";
    for (const view of this.views.value.values()) {
      for (const message of view?.timeline.messages ?? []) {
        const ours = looked || this.written.value.has(message.id);
        // What the server has accepted is said, though its time has not come back yet.
        const isHere = message.at === null && message.delivery !== "sent";
        const waits = ours && message.source === "visitor" && isHere;
        if (waits && typeof message.words === "object" && "said" in message.words) {
          // Its files went with the store: what was typed is all that is left to keep.
          const { text } = message.words.said;
          if (text.trim()) this.#enqueue(text, []);
        }
      }
    }
    const kept = this.queued.value.filter((one) => !one.went);
    this.queued.value = kept;
    queueMicrotask(() => void this.#drain());
  }
}

/** Oldest first: what the server knows by its time, then what was begun here. */
function inOrder(inbox: InboxRow[], begun: ConversationId[]): ConversationId[] {
  const known = inbox
    .toSorted((one, other) => (one.row?.at ?? one.at) - (other.row?.at ?? other.at))
    .map((row) => row.conversation);
  return [...known, ...begun.filter((id) => !known.includes(id))];
}
