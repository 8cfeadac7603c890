/** The desk of a logged-in agent: the client's values as signals, and what the person does. */

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type {
  AgentRole, Client, Connection, Conversation, ConversationId, ConversationView, DocumentId,
  InboxRow, MessageId, Offer, ParticipantId, People, Problem, StorageMode,
} from "@rejoinder/client";
import { counts, news, passes } from "../model/inbox.js";
import { agentName, shortId } from "../model/names.js";
import { firstUnread, isGone } from "../model/timeline.js";
import { announce, tell } from "./ask.js";
import { Standing } from "./availability.js";
import { abandonEdit, editing } from "./composing.js";
import { Directory } from "./directory.js";
import { Drafts, type Place } from "./drafts.js";
import { Files } from "./files.js";
import { formerOf } from "./former.js";
import { Finder } from "./find.js";
import { t } from "./i18n.js";
import { InboxList } from "./list.js";
import { LostWork } from "./lost.js";
import { Notices } from "./notices.js";
import { lookForNewVersion } from "./offline.js";
import { type Disposer, follow } from "./readable.js";
import { isPortal, selected } from "./route.js";
import { Views } from "./views.js";

/** Offline, words from before are shown only after this, unless the client says sooner. */
const PATIENCE_MILLIS = 3_000;
/** Who recalls what is erased with a visitor or by age: the server itself. */
const SERVER = "00000000-0000-0000-0000-000000000000";

/** What is wrong beyond a missing network; the words for each say what to do. */
export type Trouble =
  | "credential" | "storeFailed" | "version" | "serverStorage" | "replaced" | "damaged";
type Identity = Client["identity"]["value"];

export class Desk {
  readonly client: Client;
  readonly drafts: Drafts;
  readonly files: Files;
  readonly connection: ReadonlySignal<Connection>;
  readonly storage: ReadonlySignal<StorageMode>;
  readonly waiting: ReadonlySignal<number>;
  readonly people: ReadonlySignal<People>;
  readonly inbox: ReadonlySignal<InboxRow[]>;
  readonly list: InboxList;
  readonly lost: LostWork;
  readonly finder: Finder;
  readonly directory: Directory;
  readonly standing: Standing;
  readonly notices: Notices;
  /** What this agent could take now. */
  readonly offers: ReadonlySignal<Offer[]>;
  readonly me: ReadonlySignal<ReadonlySet<ParticipantId>>;
  readonly role: ReadonlySignal<AgentRole | null>;
  readonly counts = computed(() =>
    counts(this.inbox.value, this.me.value, this.notices.unreadMentions.value));
  readonly news = computed(() => news(this.inbox.value, this.me.value));
  readonly #views: Views;
  /** Those who are online first, then by name. */
  readonly teammates = computed(() => this.people.value.agents.toSorted((a, b) =>
    Number(b.online) - Number(a.online) || a.name.localeCompare(b.name)));
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
    this.#views = new Views(client);
    this.#disposers.push(() => this.#views.dispose());
    this.connection = follow(client.connection, this.#disposers);
    this.files = new Files(client, this.connection);
    this.#disposers.push(() => this.files.dispose());
    this.storage = follow(client.storage, this.#disposers);
    const operations = follow(client.waiting, this.#disposers);
    this.waiting = computed(() => operations.value + this.directory.outbox.unsent.value);
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
    this.directory = new Directory(this);
    this.standing = new Standing(this);
    this.notices = new Notices(this, follow(client.notifications, this.#disposers));
    this.offers = follow(client.offers, this.#disposers);
    this.#disposers.push(() => this.directory.dispose(), () => this.notices.dispose());
    this.list = new InboxList(this.inbox, this.me, this.notices.mentioned);
    this.lost = new LostWork(rows, this.view, this.directory.kept);
    this.finder = new Finder(this);
    this.#disposers.push(() => this.list.dispose(), () => this.lost.dispose(),
      () => this.finder.dispose());
    this.#followSelected();
    this.#endLostEdit();
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
    if (id === SERVER) {
      return who.source.system;
    }
    const name = agentName(this.people.value, id);
    return name ?? (id === visitor ? this.visitorName(id) : who.agent(shortId(id)));
  }

  /** As far as it is known: a name, an e-mail address, or a pseudonym. */
  visitorName(id: ParticipantId): string {
    return this.directory.names.label(id) ?? t.value.who.visitor(shortId(id));
  }

  row(id: ConversationId | null): InboxRow | null {
    return this.inbox.value.find((row) => row.conversation === id) ?? null;
  }

  /** Lost words are no draft any more once they are taken up or given up. */
  async settleLost(conversation: ConversationId, place: Place): Promise<void> {
    const { message } = place;
    if (message) {
      this.superseded.value = new Set([...this.superseded.peek()].filter((id) => id !== message));
      await this.drafts.erase(conversation, place);
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
      const id = selected.value;
      this.view.value = null;
      this.newFrom.value = null;
      let opened = false;
      return id === null ? undefined : this.#views.of(id).subscribe((view) => batch(() => {
        if (view && !opened && view.freshness !== "checking") {
          opened = true;
          this.newFrom.value = firstUnread(view, this.me.peek());
        }
        this.view.value = view;
      }));
    }));
  }

  /** Whoever recalled the message, on whichever device, and with or without a network. */
  #endLostEdit(): void {
    this.#disposers.push(effect(() => {
      const view = this.view.value;
      const edit = editing.value;
      if (edit && view?.timeline.conversation === edit.conversation
        && isGone(view, edit.kind, edit.message)) {
        this.drafts.forget(edit.message);
        abandonEdit();
        tell(t.peek().composer.editRecalled);
      }
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
      credential: "credential", version: "version", storage: "serverStorage", replaced: "replaced",
      damaged_conversation: "damaged",
    };
    const trouble = found[reason] ?? null;
    if (trouble === "version") {
      lookForNewVersion();
    }
    if (trouble && (document === null || document.conversation === selected.peek())) {
      this.trouble.value = trouble;
    }
  }

  #listen(): void {
    const { client } = this;
    this.#disposers.push(
      client.on("recalled", ({ document, message }) => {
        this.drafts.forget(message);
        if (formerOf.peek()?.message === message) {
          // Before the view tells of it: no frame may show them any more.
          formerOf.value = null;
        }
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
