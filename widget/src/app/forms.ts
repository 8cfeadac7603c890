import { computed, effect, signal, untracked } from "@preact/signals";
import type { ConversationId } from "@rejoinder/client";
import { strings } from "./language";
import type { Session } from "./session";
import type { PrechatField } from "./site";
import type { Thread } from "./thread";

/** What the server keeps of one answer. */
const ANSWER_LONGEST = 300;
/** An e-mail address, as far as it can be told here: the server looks closer. */
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

type Sent = "done" | "refused" | "later";

/** What a site asks beside the chat: before it begins, and when nobody is there. */
export class Forms {
  /** What was typed is kept while the page is there, also over a closed panel. */
  readonly answers = signal<Readonly<Record<string, string>>>({});
  readonly contact = signal({ name: "", email: "" });
  /** What is wrong, by the field it stands beside; under "" what concerns the whole. */
  readonly wrong = signal<Readonly<Record<string, string>>>({});
  readonly busy = signal(false);
  readonly #answered = signal(false);
  readonly #told = signal<ReadonlySet<ConversationId>>(new Set());
  /** What waits for a network, by where it goes: the newest counts. */
  readonly #waits = new Map<string, object>();

  /** What is to be answered before the first message; none once there is one. */
  readonly fields = computed<PrechatField[]>(() => {
    const { session, thread } = this;
    const begun = thread.sections.value.length > 0 || thread.queued.value.length > 0;
    // What somebody said who was here before may still be on its way.
    const expected = session.returning.value && session.connection.value !== "live";
    if (this.#answered.value || begun || expected) return [];
    return session.site.info.value?.prechat_fields ?? [];
  });

  /** The conversation that waits to hear how its visitor can be reached. */
  readonly asksContact = computed<ConversationId | null>(() => {
    const view = this.thread.view.value;
    if (!view || view.freshness === "checking") return null;
    const { conversation, status, closed } = view.timeline;
    const awaits = status === "awaiting_offline_info" && !closed;
    return awaits && !this.#told.value.has(conversation) ? conversation : null;
  });

  constructor(
    readonly session: Session,
    readonly thread: Thread,
  ) {
    effect(() => {
      const live = session.connection.value === "live" && session.principal.value !== null;
      if (live) untracked(() => void this.#again());
    });
    session.whenForgotten(() => {
      this.answers.value = {};
      this.contact.value = { name: "", email: "" };
      this.wrong.value = {};
      this.#answered.value = false;
      this.#waits.clear();
    });
  }

  answer(label: string, text: string): void {
    this.answers.value = { ...this.answers.value, [label]: text };
    this.wrong.value = {};
  }

  /** Which field to mend first, if one is wrong. */
  async submitAnswers(): Promise<string | null> {
    const fields = this.fields.value;
    const wrong = fields.flatMap((field) => {
      const text = wrongAnswer(field, this.answers.value[field.label]?.trim() ?? "");
      return text ? [[field.label, text] as const] : [];
    });
    this.wrong.value = Object.fromEntries(wrong);
    if (wrong.length > 0 || this.busy.value) return wrong[0]?.[0] ?? null;
    const given = fields.flatMap(({ label }) => {
      const text = this.answers.value[label]?.trim();
      return text ? [[label, text] as const] : [];
    });
    await this.#hand("prechat", { answers: Object.fromEntries(given) }, () => {
      this.#answered.value = true;
    });
    return null;
  }

  async submitContact(conversation: ConversationId): Promise<string | null> {
    const name = this.contact.value.name.trim();
    const email = this.contact.value.email.trim();
    if (!EMAIL.test(email)) {
      this.wrong.value = { email: strings.value.forms.badEmail };
      return "email";
    }
    if (this.busy.value) return null;
    const body = { conversation, email, ...(name ? { name } : {}) };
    await this.#hand("offline-info", body, () => {
      this.#told.value = new Set(this.#told.value).add(conversation);
    });
    return null;
  }

  async #hand(path: string, body: object, done: () => void): Promise<void> {
    this.busy.value = true;
    const sent = await this.#send(path, body);
    this.busy.value = false;
    if (sent === "refused") {
      this.wrong.value = { "": strings.value.forms.refused };
      // The site may ask something else by now.
      void this.session.site.ask();
      return;
    }
    // Without a network the chat goes on, and this follows.
    if (sent === "later") this.#waits.set(path, body);
    done();
  }

  async #again(): Promise<void> {
    for (const [path, body] of [...this.#waits]) {
      const sent = await this.#send(path, body);
      if (sent !== "later" && this.#waits.get(path) === body) this.#waits.delete(path);
    }
  }

  async #send(path: string, body: object): Promise<Sent> {
    const token = await this.session.client.value?.token();
    if (!token) return "later";
    try {
      const answer = await fetch(`/api/v1/${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        credentials: "omit",
      });
      if (answer.status >= 500 || answer.status === 429) return "later";
      if (!answer.ok) return "refused";
      if (path === "prechat") this.session.host.tell("prechat:submitted", {});
      return "done";
    } catch {
      return "later";
    }
  }
}

function wrongAnswer({ kind, required }: PrechatField, answer: string): string | null {
  const words = strings.value.forms;
  if (answer === "") return required ? words.needed : null;
  if ([...answer].length > ANSWER_LONGEST) return words.tooLong;
  return kind === "email" && !EMAIL.test(answer) ? words.badEmail : null;
}
