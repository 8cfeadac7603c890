/** The desk of a logged-in agent: the client's values as signals, and what the person does. */

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type {
  AgentRole, Client, Connection, Conversation, ConversationId, ConversationView, DocumentId,
  InboxRow, MessageId, ParticipantId, People, Problem, StorageMode,
} from "@rejoinder/client";
import { counts, news, passes } from "../model/inbox.js";
import { agentName, shortId } from "../model/names.js";
import { firstUnread } from "../model/timeline.js";
import { announce, tell } from "./ask.js";
import { Drafts, type Place } from "./drafts.js";
import { t } from "./i18n.js";
import { InboxList } from "./list.js";
import { type Disposer, follow } from "./readable.js";
import { isPortal, selected } from "./route.js";

/** Offline, words from before are shown only after this, unless the client says sooner. */
const PATIENCE_MILLIS = 3_000;

/** What is wrong beyond a missing network; the words for each say what to do. */
export type Trouble = "storeFailed" | "version" | "serverStorage" | "replaced" | "damaged";
type Identity = Client["identity"]["value"];

export class Desk {
  readonly client: Client;
  readonly drafts: Drafts;
  readonly connection: ReadonlySignal<Connection>;
  readonly storage: ReadonlySignal<StorageMode>;
  readonly waiting: ReadonlySignal<number>;
  readonly people: ReadonlySignal<People>;
  readonly inbox: ReadonlySignal<InboxRow[]>;
  readonly list: InboxList;
  readonly me: ReadonlySignal<ReadonlySet<ParticipantId>>;
  readonly role: ReadonlySignal<AgentRole | null>;
  readonly counts = computed(() => counts(this.inbox.value, this.me.value));
  readonly news = computed(() => news(this.inbox.value, this.me.value));
  /** The conversation on screen; null while it is read, and where there is none. */
  readonly view = signal<ConversationView | null>(null);
  /** Where the line of news stands: as it was when the conversation was opened. */
  readonly newFrom = signal<MessageId | null>(null);
  readonly current = computed(() => this.#conversation(selected.value));
  /** Whether previews may be painted: not before it is known what was recalled meanwhile. */
  readonly previews = signal(false);
  readonly trouble = signal<Trouble | null>(null);
  /** Messages whose edit lost to a newer one on this run. */
  readonly superseded = signal<ReadonlySet<MessageId>>(new Set());
  readonly #identity: ReadonlySignal<Identity>;
  readonly #disposers: Disposer[] = [];

  constructor(client: Client) {
    this.client = client;
    this.drafts = new Drafts(client);
    this.connection = follow(client.connection, this.#disposers);
    this.storage = follow(client.storage, this.#disposers);
    this.waiting = follow(client.waiting, this.#disposers);
    this.people = follow(client.people, this.#disposers);
    this.#identity = follow(client.identity, this.#disposers);
    const rows = follow(client.inbox, this.#disposers);
    this.inbox = computed(() => isPortal ? rows.value.filter((row) => passes(row, "open"))
      : rows.value);
    this.me = computed(() => new Set(this.#identity.value
      ? [this.#identity.value.principal.participant, ...this.#identity.value.principal.former]
      : []));
    this.role = computed(() => {
      const role = this.#identity.value?.principal.role;
      return typeof role === "object" ? role.agent : null;
    });
    this.list = new InboxList(this.inbox, this.me);
    this.#disposers.push(() => this.list.dispose());
    this.#followSelected();
    this.#showPreviews();
    this.#listen();
  }

  get participant(): ParticipantId | null {
    return this.#identity.value?.principal.participant ?? null;
  }

  /** Whoever it is: one's own name as "You", an agent's name, a visitor's pseudonym. */
  nameOf(id: ParticipantId, visitor: ParticipantId | null): string {
    const { who } = t.value;
    if (this.me.value.has(id)) {
      return who.you;
    }
    const name = agentName(this.people.value, id);
    return name ?? (id === visitor ? who.visitor(shortId(id)) : who.agent(shortId(id)));
  }

  row(id: ConversationId | null): InboxRow | null {
    return this.inbox.value.find((row) => row.conversation === id) ?? null;
  }

  /** Lost words are no draft any more once they are taken up or given up. */
  async settleLost(place: Place): Promise<void> {
    const { message } = place;
    const conversation = this.current.peek();
    if (message && conversation) {
      this.superseded.value = new Set([...this.superseded.peek()].filter((id) => id !== message));
      await this.drafts.erase(conversation.id, place);
    }
  }

  dispose(): void {
    this.drafts.flush();
    for (const dispose of this.#disposers.splice(0)) {
      dispose();
    }
  }

  #conversation(id: ConversationId | null): Conversation | null {
    return id === null ? null : this.client.conversation(id);
  }

  #followSelected(): void {
    this.#disposers.push(effect(() => {
      const conversation = this.current.value;
      this.view.value = null;
      this.newFrom.value = null;
      let opened = false;
      return conversation?.view.subscribe((view) => batch(() => {
        if (view && !opened && view.freshness !== "checking") {
          opened = true;
          this.newFrom.value = firstUnread(view, this.me.peek());
        }
        this.view.value = view;
      }));
    }));
  }

  #showPreviews(): void {
    const show = () => {
      this.previews.value = true;
    };
    this.#disposers.push(effect(() => {
      if (this.connection.value === "live") {
        show();
      } else if (this.connection.value === "offline") {
        const timer = setTimeout(show, navigator.onLine ? PATIENCE_MILLIS : 0);
        return () => clearTimeout(timer);
      }
      return undefined;
    }));
    this.#disposers.push(this.client.on("unreachable", show));
  }

  #trouble(document: DocumentId | null, reason: Problem): void {
    const found: Partial<Record<Problem, Trouble>> = {
      version: "version", storage: "serverStorage", replaced: "replaced",
      damaged_conversation: "damaged",
    };
    const trouble = found[reason] ?? null;
    if (trouble && (document === null || document.conversation === selected.peek())) {
      this.trouble.value = trouble;
    }
  }

  #listen(): void {
    const { client } = this;
    this.#disposers.push(
      client.on("recalled", ({ document, message }) => {
        this.drafts.forget(message);
        if (document.conversation === selected.peek()) {
          announce(t.peek().said.recalled);
        }
      }),
      client.on("edit_superseded", ({ message }) => {
        this.superseded.value = new Set([...this.superseded.peek(), message]);
      }),
      client.on("store", () => {
        this.trouble.value = "storeFailed";
      }),
      client.on("problem", ({ document, reason }) => this.#trouble(document, reason)),
      client.on("restarted", () => tell(t.peek().connection.restarted)),
    );
    let before = this.connection.peek();
    this.#disposers.push(effect(() => {
      const { value } = this.connection;
      if (value === "live" && this.trouble.peek() !== "storeFailed") {
        this.trouble.value = null;
      }
      if (value !== before && value !== "syncing") {
        announce(value === "offline" ? t.peek().said.offline : t.peek().said.online);
        before = value;
      }
    }));
  }
}
