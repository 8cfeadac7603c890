import {
  type Client,
  type ClientEvents,
  type Connection,
  type Conversation,
  type ConversationView,
  type InboxRow,
  type MessageView,
  type Notification,
  type Offer,
  type People,
  type Principal,
  RejoinderError,
  type StorageMode,
  type Upload,
} from "@rejoinder/client";
import { Cell } from "./cell";
import { ME, type Scene, view } from "./scenes";

const principal: Principal = { participant: ME, former: [], role: "visitor" };
const nothing = async (): Promise<void> => {};
const operation = async (): Promise<string> => "o";

/** A client that plays a scene, to look at the screens without a server. */
export class FakeClient implements Client {
  readonly ready = Promise.resolve();
  readonly identity = new Cell<{ principal: Principal; site: string | null } | null>(null);
  readonly connection: Cell<Connection>;
  readonly storage: Cell<StorageMode>;
  readonly waiting: Cell<number>;
  readonly inbox = new Cell<InboxRow[]>([]);
  readonly uploads = new Cell<Upload[]>([]);
  readonly people = new Cell<People>({
    agents: ["ann", "bo"].map((id) => ({
      id,
      name: id === "ann" ? "Ann Baker" : "Bo",
      role: { agent: "agent" },
      online: true,
    })),
    sites: [],
    fetched_at: Date.now(),
  });
  readonly offers = new Cell<Offer[]>([]);
  readonly notifications = new Cell<Notification[]>([]);
  readonly conversations = new Map<string, FakeConversation>();
  readonly #listeners: { event: string; listener: (event: never) => void }[] = [];
  settled = nothing;
  logOut: Client["logOut"] = nothing;
  close = nothing;

  constructor(scene: Scene) {
    if (scene.contact) this.identity.set({ principal, site: null });
    this.connection = new Cell(scene.connection);
    this.storage = new Cell(scene.storage);
    this.waiting = new Cell(scene.waiting);
    for (const one of scene.views) this.add(one);
  }

  add(first: ConversationView): FakeConversation {
    const made = this.#make(first);
    this.#list(first);
    return made;
  }

  #make(first: ConversationView): FakeConversation {
    const { conversation } = first.timeline;
    const made = new FakeConversation(conversation, first, (view) => this.#list(view));
    this.conversations.set(conversation, made);
    return made;
  }

  /** A list has a conversation once something was said there. */
  #list(first: ConversationView): void {
    const { conversation } = first.timeline;
    if (this.inbox.value.some((row) => row.conversation === conversation)) return;
    const { status, closed, assignee, messages } = first.timeline;
    this.inbox.set([
      ...this.inbox.value,
      {
        conversation,
        row: null,
        status,
        closed,
        assignee,
        at: messages[0]?.at ?? Date.now(),
        preview: null,
        unread: first.unread,
        waiting: 0,
        attention: 0,
      },
    ]);
  }

  conversation(id: string): Conversation {
    return this.conversations.get(id) ?? this.#make(view(id, []));
  }

  async begin(): Promise<Conversation> {
    return this.#make(view(crypto.randomUUID(), []));
  }

  async contact(): Promise<Principal> {
    return principal;
  }

  async token(): Promise<string> {
    return "a token";
  }

  async goOffline(): Promise<void> {
    this.connection.set("offline");
  }

  async goOnline(): Promise<void> {
    this.identity.set({ principal, site: null });
    this.connection.set("live");
  }

  on<K extends keyof ClientEvents>(event: K, listener: (told: ClientEvents[K]) => void) {
    const one = { event, listener };
    this.#listeners.push(one);
    return () => this.#listeners.splice(this.#listeners.indexOf(one), 1).length > 0;
  }

  tell<K extends keyof ClientEvents>(event: K, told: ClientEvents[K]): void {
    for (const one of this.#listeners) if (one.event === event) one.listener(told as never);
  }
}

export class FakeConversation implements Conversation {
  readonly view: Cell<ConversationView | null>;
  claim = operation;
  assign = operation;
  close = operation;
  setStatus = operation;
  setPriority = operation;
  setCategory = operation;
  setCollaborator = operation;
  note = operation;
  sendAnyway = nothing;
  discard = nothing;
  readonly drafts: { text: string; message?: string | undefined }[] = [];
  markSeen = nothing;
  typing = nothing;
  viewing = nothing;
  idle = nothing;
  widen = nothing;
  file = async (): Promise<Blob> => new Blob();

  constructor(
    readonly id: string,
    first: ConversationView,
    readonly said: (view: ConversationView) => void,
  ) {
    this.view = new Cell<ConversationView | null>(first);
  }

  async setDraft(text: string, place?: { message?: string }): Promise<void> {
    this.drafts.push({ text, message: place?.message });
    const message = place?.message ?? null;
    const others = this.view.value?.drafts.filter((one) => one.message !== message) ?? [];
    const kept = text ? [{ kind: "timeline" as const, message, text }] : [];
    this.turn({ drafts: [...others, ...kept] });
  }

  async send(text: string) {
    if (text === "full") throw new RejoinderError("outbox_full", "full");
    const at = Date.now();
    const message = crypto.randomUUID();
    this.#change((messages) => [
      ...messages,
      {
        id: message,
        author: ME,
        source: "visitor",
        composed_at: at,
        at,
        seq: 99,
        words: { said: { text } },
        edited_at: null,
        delivery: "sent",
        change: null,
      },
    ]);
    if (this.view.value) this.said(this.view.value);
    return { conversation: this.id, message };
  }

  async edit(id: string, text: string): Promise<void> {
    this.replace(id, { words: { said: { text } }, edited_at: Date.now() });
  }

  async detach(id: string, attachment: string): Promise<void> {
    const words = this.view.value?.timeline.messages.find((one) => one.id === id)?.words;
    if (typeof words !== "object" || !("said" in words)) return;
    const attachments = words.said.attachments?.filter((one) => one.id !== attachment) ?? [];
    this.replace(id, { words: { said: { ...words.said, attachments } }, edited_at: Date.now() });
  }

  async recall(id: string): Promise<void> {
    this.replace(id, { words: "recalled" });
  }

  replace(id: string, change: Partial<MessageView>): void {
    this.#change((messages) =>
      messages.map((message) => (message.id === id ? { ...message, ...change } : message)),
    );
  }

  turn(change: Partial<ConversationView>): void {
    const { value } = this.view;
    if (value) this.view.set({ ...value, ...change });
  }

  #change(change: (messages: MessageView[]) => MessageView[]): void {
    const { value } = this.view;
    if (!value) return;
    const messages = change(value.timeline.messages);
    this.turn({ timeline: { ...value.timeline, messages } });
  }
}
