import { useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useChat } from "../chat";
import { strings } from "../language";
import type { PrechatField } from "../site";

/** Brings the field that is to be mended into reach. */
function mend(form: HTMLFormElement | null, name: string | null): void {
  const field = name === null ? null : form?.elements.namedItem(name);
  if (field instanceof HTMLElement) field.focus();
}

/** What a site asks before a chat begins, in the place where it is written. */
export function Prechat() {
  const { forms, session, thread } = useChat();
  const words = strings.value.forms;
  const form = useRef<HTMLFormElement>(null);
  const begun = thread.begun.value;
  useSignalEffect(() => {
    const { inline, shown } = session.host;
    const first = form.current?.elements[0];
    // Asked again in a chat that goes on, it takes the focus from nobody who writes.
    if (thread.begun.peek()) return;
    if (shown.value && !inline.value && matchMedia("(hover: hover)").matches) {
      requestAnimationFrame(() => first instanceof HTMLElement && first.focus());
    }
  });
  return (
    <form
      ref={form}
      class={begun ? "asks boxed" : "asks"}
      noValidate
      aria-label={begun ? words.again : words.prechat}
      onSubmit={(event) => {
        event.preventDefault();
        void forms.submitAnswers().then((name) => mend(form.current, name));
      }}
    >
      {begun && <p>{words.again}</p>}
      {forms.fields.value.map((field) => (
        <Answer key={field.label} field={field} />
      ))}
      <Whole />
      <button type="submit" class="primary" disabled={forms.busy.value}>
        {begun ? words.sendAgain : words.begin}
      </button>
    </form>
  );
}

function Answer({ field }: { field: PrechatField }) {
  const { forms } = useChat();
  const words = strings.value.forms;
  const { label, kind, required, options } = field;
  const value = forms.answers.value[label] ?? "";
  const take = (event: { currentTarget: { value: string } }) =>
    forms.answer(label, event.currentTarget.value);
  const shared = { "aria-required": required, ...tied(label, forms.wrong.value) };
  return (
    <Asked name={label} label={required ? label : words.optional(label)}>
      {kind === "choice" ? (
        <select {...shared} value={value} onChange={take}>
          <option value="">{words.choose}</option>
          {options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : (
        <input
          {...shared}
          type="text"
          inputMode={kind === "email" ? "email" : "text"}
          autocomplete={kind === "email" ? "email" : "off"}
          dir={value ? "auto" : undefined}
          value={value}
          onInput={take}
        />
      )}
    </Asked>
  );
}

/** How to reach somebody who met nobody; what they want to know, they write below. */
export function Contact() {
  const { forms } = useChat();
  const words = strings.value.forms;
  const form = useRef<HTMLFormElement>(null);
  const conversation = forms.asksContact.value;
  if (conversation === null) return null;
  const { name, email } = forms.contact.value;
  const set = (part: Partial<typeof forms.contact.value>) => {
    forms.contact.value = { ...forms.contact.value, ...part };
    forms.wrong.value = {};
  };
  return (
    <form
      ref={form}
      class="asks boxed"
      noValidate
      aria-label={words.contact}
      onSubmit={(event) => {
        event.preventDefault();
        void forms.submitContact(conversation).then((wrong) => mend(form.current, wrong));
      }}
    >
      <p>{words.contactLead}</p>
      <Asked name="name" label={words.optional(words.name)}>
        <input
          {...tied("name", forms.wrong.value)}
          type="text"
          autocomplete="name"
          maxLength={100}
          dir={name ? "auto" : undefined}
          value={name}
          onInput={(event) => set({ name: event.currentTarget.value })}
        />
      </Asked>
      <Asked name="email" label={words.email}>
        <input
          type="text"
          inputMode="email"
          autocomplete="email"
          dir="ltr"
          aria-required={true}
          {...tied("email", forms.wrong.value)}
          value={email}
          onInput={(event) => set({ email: event.currentTarget.value })}
        />
      </Asked>
      <Whole />
      <button type="submit" class="primary" disabled={forms.busy.value}>
        {words.leave}
      </button>
    </form>
  );
}

function Asked(of: { name: string; label: string; children: ComponentChildren }) {
  return (
    <div class="asked">
      <label for={idOf("asked", of.name)} dir="auto">
        {of.label}
      </label>
      {of.children}
      <Wrong name={of.name} />
    </div>
  );
}

/** A label may have spaces, an id none. */
function idOf(what: string, name: string): string {
  return `${what}-${encodeURIComponent(name)}`;
}

/** What ties a field to its label and to what is wrong with it. */
function tied(name: string, wrong: Readonly<Record<string, string>>) {
  const is = name in wrong;
  return {
    id: idOf("asked", name),
    name,
    "aria-invalid": is,
    ...(is ? { "aria-describedby": idOf("wrong", name) } : {}),
  };
}

function Wrong({ name }: { name: string }) {
  const text = useChat().forms.wrong.value[name];
  return text ? (
    <span id={idOf("wrong", name)} class="bad" role="alert">
      {text}
    </span>
  ) : null;
}

function Whole() {
  return <Wrong name="" />;
}
