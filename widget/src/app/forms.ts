import { computed, signal } from "@preact/signals";
import type { ConversationId } from "@rejoinder/client";
import { type Errand, Errands, type Path, type Refused } from "./errands";
import { Filled } from "./filled";
import { strings } from "./language";
import type { Session } from "./session";
import type { PrechatField } from "./site";
import type { Thread } from "./thread";

/** What the server keeps of one answer, and of an e-mail address. */
const ANSWER_LONGEST = 300;
const EMAIL_LONGEST = 254;
/** An e-mail address as the server takes it, and with a dot in its domain. */
const EMAIL = /^[^\s\p{Cc}<>()[\],;:\\"@]+@[\p{Alphabetic}\p{N}-]+(\.[\p{Alphabetic}\p{N}-]+)+$/u;

const NO_CONTACT = { name: "", email: "" };

type Answers = Readonly<Record<string, string>>;
type OfflineInfo = { conversation: ConversationId; email: string; name?: string };

/** What is kept of it, so that a closed tab loses nothing. */
type Kept = {
  answers?: Answers;
  contact?: { name: string; email: string };
  answered?: boolean;
  waits?: readonly Errand[];
};

/** What a site asks beside the chat: before it begins, and when nobody is there. */
export class Forms {
  readonly answers = signal<Answers>({});
  readonly contact = signal(NO_CONTACT);
  /** What is wrong, by the field it stands beside; under "" what concerns the whole. */
  readonly wrong = signal<Answers>({});
  readonly busy = signal(false);
  readonly #answered = signal(false);
  readonly #told = signal<ReadonlySet<ConversationId>>(new Set());
  /** What the server did not take is asked again, also in a chat that goes on. */
  readonly #answersRefused = signal(false);
  readonly #contactRefused = signal<ReadonlySet<ConversationId>>(new Set());
  readonly #errands: Errands;
  readonly #filled: Filled;

  /** What is to be answered before the first message; none once there is one. */
  readonly fields = computed<PrechatField[]>(() => {
    const { session, thread } = this;
    const asked = session.site.info.value?.prechat_fields ?? [];
    if (this.#answersRefused.value) return asked;
    // What somebody said who was here before may still be on its way.
    const expected = session.returning.value && session.connection.value !== "live";
    return this.#answered.value || thread.begun.value || expected ? [] : asked;
  });

  /** The conversation that waits to hear how its visitor can be reached. */
  readonly asksContact = computed<ConversationId | null>(() => {
    const view = this.thread.view.value;
    if (!view || view.freshness === "checking") return null;
    const { conversation, status, closed } = view.timeline;
    if (this.#contactRefused.value.has(conversation)) return conversation;
    const awaits = status === "awaiting_offline_info" && !closed;
    return awaits && !this.#isTold(conversation) ? conversation : null;
  });

  /** What was sent and has not reached the server. */
  readonly waiting = computed(() => this.#errands.waits.value.length);

  constructor(
    readonly session: Session,
    readonly thread: Thread,
  ) {
    this.#errands = new Errands(session, (path, body, fate) => {
      if (fate === "done") this.#done(path, body);
      else void this.#refused(path, body, fate);
    });
    this.#filled = new Filled(
      thread,
      () => this.#text(),
      (text) => this.#take(JSON.parse(text) as Kept),
    );
    session.whenAsked(() => this.holds);
    session.whenForgotten(() => {
      this.#filled.forget();
      this.#errands.giveUp();
      this.answers.value = {};
      this.contact.value = NO_CONTACT;
      this.wrong.value = {};
      this.#answered.value = false;
      this.#answersRefused.value = false;
      this.#contactRefused.value = new Set();
    });
  }

  /** Whether anything was filled in that the server does not have. */
  get holds(): boolean {
    const { name, email } = this.contact.value;
    const typed = [...Object.values(this.answers.value), name, email].some((text) => text.trim());
    return typed || this.waiting.value > 0;
  }

  answer(label: string, text: string): void {
    this.answers.value = { ...this.answers.value, [label]: text };
    this.wrong.value = {};
  }

  /** Which field to mend first, if one is wrong. */
  async submitAnswers(): Promise<string | null> {
    const fields = this.fields.value;
    const wrong = this.#wrongOf(fields);
    this.wrong.value = wrong;
    const [first] = Object.keys(wrong);
    if (first !== undefined || this.busy.value) return first ?? null;
    const given = fields.flatMap(({ label }) => {
      const text = lineOf(this.answers.value[label]);
      return text ? [[label, text] as const] : [];
    });
    const body = { answers: Object.fromEntries(given) };
    // They are the visitor's, whatever is talked about.
    await this.#hand({ path: "prechat", about: null, body }, () => {
      this.#answered.value = true;
      this.#answersRefused.value = false;
    });
    return null;
  }

  async submitContact(conversation: ConversationId): Promise<string | null> {
    const name = lineOf(this.contact.value.name);
    const email = lineOf(this.contact.value.email);
    if (!isEmail(email)) {
      this.wrong.value = { email: strings.value.forms.badEmail };
      return "email";
    }
    if (this.busy.value) return null;
    const body: OfflineInfo = { conversation, email, ...(name ? { name } : {}) };
    await this.#hand({ path: "offline-info", about: conversation, body }, () => {
      this.#told.value = new Set(this.#told.value).add(conversation);
      this.#contactRefused.value = without(this.#contactRefused.value, conversation);
    });
    return null;
  }

  async #hand(errand: Errand, goOn: () => void): Promise<void> {
    const { path, body } = errand;
    this.busy.value = true;
    try {
      const fate = await this.#errands.hand(errand);
      if (fate === "given up") return;
      if (typeof fate === "object") return await this.#refused(path, body, fate);
      // Without a network the chat goes on, and this follows.
      goOn();
      if (fate === "done") this.#done(path, body);
      await this.#filled.keep();
    } finally {
      this.busy.value = false;
    }
  }

  /** What was sent is there; what was typed since is not it. */
  #done(path: Path, body: object): void {
    const { email } = body as Partial<OfflineInfo>;
    if (path === "prechat") this.answers.value = {};
    else if (lineOf(this.contact.value.email) === email) this.contact.value = NO_CONTACT;
    if (path === "prechat") this.session.host.tell("prechat:submitted", {});
  }

  /** What was typed is still there, and is asked for again where it is to be mended. */
  async #refused(path: Path, body: object, { field }: Refused): Promise<void> {
    const words = strings.value.forms;
    if (path === "offline-info") {
      const { conversation, email, name = "" } = body as OfflineInfo;
      this.#told.value = without(this.#told.value, conversation);
      this.#contactRefused.value = new Set(this.#contactRefused.value).add(conversation);
      // It may have been given about another conversation since, and gone with that.
      if (!this.contact.value.name && !this.contact.value.email)
        this.contact.value = { name, email };
      this.wrong.value = { [field ?? ""]: field === "email" ? words.badEmail : words.refused };
      return;
    }
    this.#answersRefused.value = true;
    // The site may ask something else by now.
    await this.session.site.ask();
    if (this.session.site.info.value && this.fields.value.length === 0) {
      this.#answersRefused.value = false;
      this.answers.value = {};
      return;
    }
    const wrong = this.#wrongOf(this.fields.value);
    this.wrong.value = Object.keys(wrong).length > 0 ? wrong : { "": words.refused };
  }

  #wrongOf(fields: PrechatField[]): Answers {
    const wrong = fields.flatMap((field) => {
      const text = wrongAnswer(field, lineOf(this.answers.value[field.label]));
      return text ? [[field.label, text] as const] : [];
    });
    return Object.fromEntries(wrong);
  }

  #isTold(conversation: ConversationId): boolean {
    const waits = this.#errands.waits.value.some(({ about }) => about === conversation);
    return this.#told.value.has(conversation) || waits;
  }

  /** What is to be kept, as a text: empty where there is nothing. */
  #text(): string {
    const { name, email } = this.contact.value;
    const kept: Kept = {};
    if (Object.values(this.answers.value).some(Boolean)) kept.answers = this.answers.value;
    if (name || email) kept.contact = { name, email };
    if (this.waiting.value > 0) kept.waits = this.#errands.waits.value;
    if (this.#answered.value && !this.thread.begun.value) kept.answered = true;
    return Object.keys(kept).length > 0 ? JSON.stringify(kept) : "";
  }

  /** Never over what was typed meanwhile. */
  #take(kept: Kept): void {
    this.answers.value = { ...kept.answers, ...this.answers.value };
    const { name, email } = this.contact.value;
    if (!name && !email) this.contact.value = kept.contact ?? NO_CONTACT;
    // Of a widget from before, which kept them in another shape, they are in the fields all the same.
    const waits = Array.isArray(kept.waits) ? (kept.waits as readonly Errand[]) : [];
    const answered = waits.some(({ path }) => path === "prechat");
    if (kept.answered || answered) this.#answered.value = true;
    if (waits.length > 0) this.#errands.take(waits);
  }
}

function without(all: ReadonlySet<ConversationId>, one: ConversationId): Set<ConversationId> {
  return new Set([...all].filter((other) => other !== one));
}

/** As the server takes it: in one line. */
function lineOf(text: string | undefined): string {
  return (text ?? "").replace(/\p{Cc}+/gu, " ").trim();
}

function isEmail(text: string): boolean {
  return EMAIL.test(text) && [...text].length <= EMAIL_LONGEST;
}

function wrongAnswer({ kind, required, options }: PrechatField, answer: string): string | null {
  const words = strings.value.forms;
  if (answer === "") return required ? words.needed : null;
  if ([...answer].length > ANSWER_LONGEST) return words.tooLong;
  if (kind === "choice" && !options.includes(answer)) return words.choose;
  return kind === "email" && !isEmail(answer) ? words.badEmail : null;
}
