import { computed, effect, signal } from "@preact/signals";
import {
  FILE_ENDINGS,
  LIMITS,
  type MessageId,
  type MessageView,
  RejoinderError,
} from "@rejoinder/client";
import { strings } from "./language";
import { type Secret, secretIn } from "@rejoinder/client/secrets";
import type { Thread } from "./thread";

const DRAFT_AFTER_MILLIS = 400;

export type Editing = { conversation: string; message: MessageId };

/** What is being typed: kept at every pause, so that a closed tab loses nothing. */
export class Composing {
  readonly text = signal("");
  readonly editing = signal<Editing | null>(null);
  readonly error = signal<string | null>(null);
  /** Files that go with it. They are not kept when the page is closed. */
  readonly files = signal<File[]>([]);
  /** What looked like a secret, and waits for a yes. */
  readonly asked = signal<Secret | null>(null);
  /** An edit is being handed over: until then neither a second one nor a way back. */
  readonly saving = signal(false);
  readonly left = computed(() => LIMITS.text_characters - [...this.text.value.trim()].length);
  /** Told when the field is to have the focus, with the caret at the end. */
  readonly focus = signal(0);
  #pasted: string[] = [];
  /** What stood in the composer before an edit began. */
  #aside = "";
  #timer = 0;
  /** Counts what was to be kept, so that an older one that took longer is not kept after it. */
  #turn = 0;
  #restored: string | null = null;

  constructor(readonly thread: Thread) {
    effect(() => this.#restore());
    effect(() => this.#leaveRecalled());
    thread.session.whenForgotten(() => this.#empty());
    const save = () => {
      if (document.visibilityState === "hidden") void this.save();
    };
    document.addEventListener("visibilitychange", save);
    window.addEventListener("pagehide", () => void this.save());
  }

  type(text: string): void {
    this.text.value = text;
    this.error.value = null;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.save(), DRAFT_AFTER_MILLIS);
    if (text) void this.thread.conversation?.typing().catch(() => {});
  }

  pasted(piece: string): void {
    this.#pasted = [...this.#pasted.slice(-9), piece];
  }

  /** Takes files along, as far as they may be sent; says which may not. */
  attach(chosen: Iterable<File>): void {
    if (this.editing.value) return;
    const words = strings.value;
    const files = [...this.files.value];
    this.error.value = null;
    for (const file of chosen) {
      const wrong = wrongWith(file);
      if (wrong !== null) this.error.value = words.notAttached(file.name, words.errors[wrong]);
      else if (files.length < LIMITS.attachments) files.push(file);
      else this.error.value = words.tooManyFiles(LIMITS.attachments);
    }
    this.files.value = files;
    this.focus.value += 1;
  }

  detach(file: File): void {
    this.files.value = this.files.value.filter((one) => one !== file);
    this.error.value = null;
    this.focus.value += 1;
  }

  /** A text from the page, which never takes the place of what somebody typed. */
  suggest(text: string): void {
    if (!this.text.value.trim()) this.type(text);
    this.focus.value += 1;
  }

  submit(sure: "sure" | "ask" = "ask"): void {
    const text = this.text.value.trim();
    const files = this.editing.value ? [] : this.files.value;
    if ((!text && files.length === 0) || this.saving.value) return;
    if (this.left.value < 0) {
      this.error.value = strings.value.over(-this.left.value);
      return;
    }
    const secret = sure === "sure" ? null : secretIn(text, this.#pasted);
    this.asked.value = secret;
    if (secret) return;
    if (this.editing.value) {
      void this.#edit(this.editing.value, text);
    } else {
      this.thread.say(text, files);
      this.files.value = [];
      this.#clear("");
    }
    void this.thread.conversation?.idle().catch(() => {});
  }

  edit(conversation: string, message: MessageView): void {
    if (typeof message.words !== "object" || !("said" in message.words)) return;
    if (this.saving.value) return;
    void this.save();
    if (!this.editing.value) this.#aside = this.text.value;
    this.editing.value = { conversation, message: message.id };
    const draft = this.thread.views.value
      .get(conversation)
      ?.drafts.find((one) => one.message === message.id);
    this.text.value = draft?.text || message.words.said.text;
    this.error.value = null;
    this.focus.value += 1;
  }

  cancel(): void {
    const { value: editing } = this.editing;
    if (!editing || this.saving.value) return;
    void this.#draft("", editing).catch(() => {});
    this.editing.value = null;
    this.#clear(this.#aside);
    this.focus.value += 1;
  }

  /** Keeps what was typed in the client's store, sealed. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#turn += 1;
    try {
      await this.#draft(this.text.value, this.editing.value);
    } catch (error) {
      // It is still in the composer; a store that is full is told by its own event.
      if (!(error instanceof RejoinderError)) throw error;
    }
  }

  async #draft(text: string, editing: Editing | null): Promise<void> {
    const { thread } = this;
    const client = thread.session.client.value;
    // Before the first contact there is nowhere to keep it: the page's memory has it.
    if (!client || !thread.session.principal.value) return;
    if (editing) {
      await client.conversation(editing.conversation).setDraft(text, { message: editing.message });
      return;
    }
    if (!text && !thread.conversation) return;
    const turn = this.#turn;
    const conversation = await thread.ensure();
    // Sent meanwhile, or typed on: then this is no draft any more.
    if (turn === this.#turn) await conversation.setDraft(text);
  }

  async #edit(editing: Editing, text: string): Promise<void> {
    const client = this.thread.session.client.value;
    if (!client) {
      this.error.value = strings.value.errors.not_open;
      return;
    }
    this.saving.value = true;
    let failed: string | null = null;
    try {
      await client.conversation(editing.conversation).edit(editing.message, text);
    } catch (error) {
      const code = error instanceof RejoinderError ? error.code : "refused";
      failed = strings.value.errors[code];
    }
    this.saving.value = false;
    // Recalled meanwhile: there is nothing left to say about it.
    if (this.editing.value !== editing) return;
    this.error.value = failed;
    // What was typed meanwhile is the next edit of it.
    if (failed !== null || this.text.value.trim() !== text) return;
    this.editing.value = null;
    this.#clear(this.#aside);
  }

  #clear(next: string): void {
    this.text.value = next;
    this.#aside = "";
    this.#pasted = [];
    this.error.value = null;
    void this.save();
  }

  /** Once for each conversation, and never over what is there already. */
  #restore(): void {
    const view = this.thread.view.value;
    const id = view?.timeline.conversation ?? null;
    if (!view || this.#restored === id) return;
    this.#restored = id;
    const draft = view.drafts.find((one) => one.kind === "timeline" && one.message === null);
    if (draft && !this.text.peek()) this.text.value = draft.text;
  }

  /** A recall takes an edit that was being typed with it. */
  #leaveRecalled(): void {
    const editing = this.editing.value;
    const message = this.thread.views.value
      .get(editing?.conversation ?? "")
      ?.timeline.messages.find((one) => one.id === editing?.message);
    if (message?.words !== "recalled") return;
    this.editing.value = null;
    this.asked.value = null;
    this.error.value = null;
    this.text.value = this.#aside;
    this.#aside = "";
    this.#pasted = [];
  }

  /** Nothing of somebody who has logged out stays, and nothing is kept for who comes next. */
  #empty(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#restored = null;
    this.editing.value = null;
    this.asked.value = null;
    this.error.value = null;
    this.text.value = "";
    this.files.value = [];
    this.#aside = "";
    this.#pasted = [];
  }
}

/** What can be told of a file without reading it. */
function wrongWith(file: File): "file_empty" | "file_too_large" | "file_type" | null {
  if (file.size === 0) return "file_empty";
  if (file.size > LIMITS.attachment_bytes) return "file_too_large";
  const ending = /\.([^.]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  return FILE_ENDINGS.includes(ending) ? null : "file_type";
}
