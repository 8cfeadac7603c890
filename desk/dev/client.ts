/** A client that plays its part in memory. What it does not need for screenshots it leaves out. */

import {
  type Client, type ClientEvents, type ConnectOptions, type Connection, type Conversation,
  type ConversationView, type DocumentKind, type FileToSend, type InboxRow, type MessageView,
  type Notification, type Offer, type People, type Principal, RejoinderError, type Status, type StorageMode,
  type Upload,
} from "@rejoinder/client";
import { Cell } from "./readable.js";
import { conversations, file, id, ME, people, rowOf, say } from "./script.js";

const PRINCIPAL: Principal = { participant: ME, former: [], role: { agent: "admin" } };
const SESSION = "fake identity";
type Listeners = { [K in keyof ClientEvents]?: Set<(event: ClientEvents[K]) => void> };

export class ScriptedClient implements Client {
  readonly ready = Promise.resolve();
  readonly identity = new Cell<{ principal: Principal; site: null } | null>(null);
  readonly connection = new Cell<Connection>("live");
  readonly storage = new Cell<StorageMode>("durable");
  readonly waiting = new Cell(0);
  readonly inbox = new Cell<InboxRow[]>([]);
  readonly people = new Cell<People>(people);
  readonly offers = new Cell<Offer[]>([]);
  readonly notifications = new Cell<Notification[]>([]);
  readonly uploads = new Cell<Upload[]>([]);
  readonly views = new Map<string, Cell<ConversationView | null>>();
  readonly #credential: ConnectOptions["credential"];
  readonly #listeners: Listeners = {};

  constructor(options: ConnectOptions) {
    this.#credential = options.credential;
    for (const [conversation, view] of conversations()) {
      this.views.set(conversation, new Cell<ConversationView | null>(view));
    }
    if (sessionStorage.getItem(SESSION)) {
      this.identity.set({ principal: PRINCIPAL, site: null });
    }
    this.refresh();
  }

  async contact(): Promise<Principal> {
    const credential = this.#credential;
    if (credential && "password" in credential && credential.password.password !== "right") {
      this.emit("problem", { document: null, reason: "credential", retry_after_millis: null });
      throw new RejoinderError("no_contact", "the server did not let us in");
    }
    sessionStorage.setItem(SESSION, "yes");
    this.identity.set({ principal: PRINCIPAL, site: null });
    return PRINCIPAL;
  }

  async settled(): Promise<void> {
    if (this.waiting.value > 0) {
      throw new RejoinderError("offline", "things wait");
    }
  }

  async begin(): Promise<Conversation> {
    throw new RejoinderError("not_allowed", "agents begin no conversations");
  }

  conversation(conversation: string): Conversation {
    let view = this.views.get(conversation);
    if (!view) {
      view = new Cell<ConversationView | null>(null);
      this.views.set(conversation, view);
    }
    return new ScriptedConversation(this, conversation, view);
  }

  async token(): Promise<string | null> {
    return "scripted";
  }

  on<K extends keyof ClientEvents>(event: K, listener: (event: ClientEvents[K]) => void) {
    const all: Listeners = this.#listeners;
    const listeners = (all[event] ?? new Set()) as Set<(event: ClientEvents[K]) => void>;
    (all as Record<string, unknown>)[event] = listeners;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** For pictures of what needs two people at once. */
  alter(conversation: string, change: (view: ConversationView) => ConversationView): void {
    const cell = this.views.get(conversation);
    if (cell?.value) {
      cell.set(change(cell.value));
      this.refresh();
    }
  }

  emit<K extends keyof ClientEvents>(event: K, value: ClientEvents[K]): void {
    for (const listener of this.#listeners[event] ?? []) {
      listener(value);
    }
  }

  async goOffline(): Promise<void> {
    this.connection.set("offline");
    for (const cell of this.views.values()) {
      if (cell.value) {
        cell.set({ ...cell.value, freshness: { as_of: Date.now() } });
      }
    }
  }

  async goOnline(): Promise<void> {
    this.connection.set("live");
  }

  async logOut(): Promise<void> {
    sessionStorage.removeItem(SESSION);
  }

  async close(): Promise<void> {}

  refresh(): void {
    const views = [...this.views.values()].flatMap((cell) => cell.value ?? []);
    this.inbox.set(views.map(rowOf).sort((a, b) => b.at - a.at));
    this.waiting.set(this.inbox.value.reduce((sum, row) => sum + row.waiting, 0));
  }
}

class ScriptedConversation implements Conversation {
  constructor(
    readonly client: ScriptedClient, readonly id: string,
    readonly view: Cell<ConversationView | null>,
  ) {}

  #change(change: (view: ConversationView) => ConversationView): void {
    if (this.view.value) {
      this.view.set(change(this.view.value));
      this.client.refresh();
    }
  }

  async file() {
    return (await fetch("/desk/icons/desk-192.png")).blob();
  }

  async send(text: string, files: FileToSend[] = []) {
    const offline = this.client.connection.value === "offline";
    const message = say("agent", ME, 0, text, {
      files: files.map(({ name, data }, i) => file(Date.now() + i, name, data.type, data.size)),
      unsent: offline, delivery: offline ? "waiting" : "sent", composed_at: Date.now(),
    });
    this.#change((view) => ({
      ...view, timeline: { ...view.timeline, messages: [...view.timeline.messages, message] },
    }));
    return { conversation: this.id, message: message.id };
  }

  async note(text: string) {
    const note = say("note", ME, 0, text, { delivery: "sent", composed_at: Date.now() });
    this.#change((view) => view.team
      ? { ...view, team: { ...view.team, notes: [...view.team.notes, note] } } : view);
    return note.id;
  }

  async edit(message: string, text: string, kind: DocumentKind = "timeline") {
    this.#message(message, kind, (found) => ({
      ...found, words: { said: { text } }, edited_at: Date.now(),
    }));
  }

  async detach(message: string, attachment: string, kind: DocumentKind = "timeline") {
    this.#message(message, kind, (found) => {
      const { words } = found;
      if (typeof words !== "object" || !("said" in words)) {
        return found;
      }
      const attachments = words.said.attachments?.filter(({ id }) => id !== attachment) ?? [];
      return {
        ...found, words: { said: { ...words.said, attachments } }, edited_at: Date.now(),
      };
    });
  }

  async recall(message: string, kind: DocumentKind = "timeline") {
    const offline = this.client.connection.value === "offline";
    this.#message(message, kind, (found) => ({
      ...found, words: "recalled", change: offline ? "waiting" : null,
    }));
    this.#change((view) => ({
      ...view, recalls: [...view.recalls, {
        document: { conversation: this.id, kind }, message, server: true, done: 4, devices: 4,
        longest_away: null,
      }],
    }));
  }

  #message(message: string, kind: DocumentKind, change: (found: MessageView) => MessageView) {
    const over = (all: MessageView[]) => all.map((one) => one.id === message ? change(one) : one);
    this.#change((view) => kind === "timeline"
      ? { ...view, timeline: { ...view.timeline, messages: over(view.timeline.messages) } }
      : view.team ? { ...view, team: { ...view.team, notes: over(view.team.notes) } } : view);
  }

  #timeline(part: Partial<ConversationView["timeline"]>): string {
    this.#change((view) => ({ ...view, timeline: { ...view.timeline, ...part } }));
    return id(Math.floor(Math.random() * 1e6));
  }

  async claim() {
    return this.#timeline({ assignee: ME, status: "active_human" });
  }

  async assign(to: string | null) {
    return this.#timeline({ assignee: to });
  }

  async close() {
    return this.#timeline({ closed: true });
  }

  async setStatus(status: Status) {
    return this.#timeline({ status });
  }

  async setPriority(priority: NonNullable<NonNullable<ConversationView["team"]>["priority"]>) {
    this.#change((view) => view.team ? { ...view, team: { ...view.team, priority } } : view);
    return id(1);
  }

  async setCategory(category: string | null) {
    this.#change((view) => view.team ? { ...view, team: { ...view.team, category } } : view);
    return id(2);
  }

  async setCollaborator(participant: string, follows: boolean) {
    this.#change((view) => {
      if (!view.team) {
        return view;
      }
      const others = view.team.collaborators.filter((one) => one !== participant);
      const collaborators = follows ? [...others, participant] : others;
      return { ...view, team: { ...view.team, collaborators } };
    });
    return id(3);
  }

  async sendAnyway() {}
  async discard() {}

  async setDraft(text: string, place: { kind?: DocumentKind; message?: string } = {}) {
    const { kind = "timeline", message = null } = place;
    this.#change((view) => ({
      ...view, drafts: [
        ...view.drafts.filter((draft) => draft.kind !== kind || draft.message !== message),
        ...(text ? [{ kind, message, text }] : []),
      ],
    }));
  }

  async markSeen() {
    this.#change((view) => ({ ...view, unread: 0 }));
  }

  async typing() {}
  async viewing() {}
  async idle() {}
  async widen() {}
}
