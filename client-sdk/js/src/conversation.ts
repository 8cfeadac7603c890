import type { Conversation, FileToSend, Readable } from "./api.js";
import type { Call } from "./protocol.js";
import type {
  AttachmentId, CategoryId, ConversationId, ConversationView, DocumentId, DocumentKind, MessageId, OperationId,
  ParticipantId, Priority, Seq, Signal, Status,
} from "./views.js";
import { newId } from "./ids.js";
import { State } from "./readable.js";

export interface Teller {
  command<T>(command: unknown): Promise<T>;
  call<T>(call: Call): Promise<T>;
  watch(): void;
  unwatch(): void;
}

/** A view that is asked for as long as somebody looks at it. */
class Watched implements Readable<ConversationView | null> {
  readonly state = new State<ConversationView | null>(null);
  readonly #teller: Teller;
  #watchers = 0;

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  get value(): ConversationView | null {
    return this.state.value;
  }

  subscribe(listener: (value: ConversationView | null) => void): () => void {
    if (this.#watchers === 0) this.#teller.watch();
    this.#watchers += 1;
    const stop = this.state.subscribe(listener);
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      stop();
      this.#watchers -= 1;
      if (this.#watchers > 0) return;
      this.#teller.unwatch();
      // Whoever looks next must not see what was recalled while nobody did.
      this.state.set(null);
    };
  }
}

export class ConversationHandle implements Conversation {
  readonly id: ConversationId;
  readonly view: Readable<ConversationView | null>;
  readonly #watched: Watched;
  readonly #teller: Teller;

  constructor(id: ConversationId, teller: Teller) {
    this.id = id;
    this.#teller = teller;
    this.#watched = new Watched(teller);
    this.view = this.#watched;
  }

  show(view: ConversationView | null): void {
    this.#watched.state.set(view);
  }

  send(
    text: string,
    files: FileToSend[] = [],
  ): Promise<{ conversation: ConversationId; message: MessageId }> {
    return this.#write("send", text, files);
  }

  async note(text: string, files: FileToSend[] = []): Promise<MessageId> {
    return (await this.#write("note", text, files)).message;
  }

  file(
    message: MessageId,
    attachment: AttachmentId,
    kind: DocumentKind = "timeline",
  ): Promise<Blob> {
    return this.#teller.call({ call: "file", document: this.#document(kind), message, attachment });
  }

  #write(
    as: "send" | "note",
    text: string,
    files: FileToSend[],
  ): Promise<{ conversation: ConversationId; message: MessageId }> {
    const message = newId();
    const { id: conversation } = this;
    return this.#teller.call({ call: "send", as, conversation, message, text, files });
  }

  async edit(message: MessageId, text: string, kind: DocumentKind = "timeline"): Promise<void> {
    await this.#teller.command({ edit: { document: this.#document(kind), message, text } });
  }

  async detach(
    message: MessageId,
    attachment: AttachmentId,
    kind: DocumentKind = "timeline",
  ): Promise<void> {
    const document = this.#document(kind);
    await this.#teller.command({ detach: { document, message, attachment } });
  }

  async recall(message: MessageId, kind: DocumentKind = "timeline"): Promise<void> {
    await this.#teller.command({ recall: { document: this.#document(kind), message } });
  }

  claim(): Promise<OperationId> {
    return this.#intend({ claim: { conversation: this.id } });
  }

  assign(to: ParticipantId | null): Promise<OperationId> {
    return this.#intend({ assign: { conversation: this.id, to } });
  }

  close(): Promise<OperationId> {
    return this.#intend({ close: { conversation: this.id } });
  }

  setStatus(status: Status): Promise<OperationId> {
    return this.#intend({ status: { conversation: this.id, status } });
  }

  setPriority(priority: Priority): Promise<OperationId> {
    return this.#intend({ priority: { conversation: this.id, priority } });
  }

  setCategory(category: CategoryId | null): Promise<OperationId> {
    return this.#intend({ category: { conversation: this.id, category } });
  }

  setCollaborator(participant: ParticipantId, follows: boolean): Promise<OperationId> {
    return this.#intend({ collaborator: { conversation: this.id, participant, follows } });
  }

  async sendAnyway(operation: OperationId, kind: DocumentKind = "timeline"): Promise<void> {
    await this.#teller.command({ send_anyway: { document: this.#document(kind), operation } });
  }

  async discard(operation: OperationId, kind: DocumentKind = "timeline"): Promise<void> {
    await this.#teller.command({ discard: { document: this.#document(kind), operation } });
  }

  async setDraft(
    text: string,
    place: { kind?: DocumentKind; message?: MessageId } = {},
  ): Promise<void> {
    const document = this.#document(place.kind ?? "timeline");
    await this.#teller.command({ draft: { document, message: place.message ?? null, text } });
  }

  async markSeen(seq: Seq): Promise<void> {
    await this.#teller.command({ seen: { document: this.#document("timeline"), seq } });
  }

  typing(): Promise<void> {
    return this.#signal("typing");
  }

  viewing(): Promise<void> {
    return this.#signal("viewing");
  }

  idle(): Promise<void> {
    return this.#signal("idle");
  }

  async widen(messages: number): Promise<void> {
    await this.#teller.command({ widen: { conversation: this.id, messages } });
  }

  async #signal(signal: Signal): Promise<void> {
    await this.#teller.command({ signal: { document: this.#document("timeline"), signal } });
  }

  async #intend(command: unknown): Promise<OperationId> {
    return (await this.#teller.command<{ operation: OperationId }>(command)).operation;
  }

  #document(kind: DocumentKind): DocumentId {
    return { conversation: this.id, kind };
  }
}
