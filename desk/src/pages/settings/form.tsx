/** A form of settings: what is wrong stands beside its field, what was typed stays. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../../components/Icon.js";
import { tell } from "../../state/ask.js";
import { t } from "../../state/i18n.js";
import { go, type Section } from "../../state/route.js";
import { Field, FormFailure, focusWrong, tied, type Wrong, wrongOf } from "../parts.js";
import { p } from "../words/index.js";

export interface FormState<T> {
  values: T;
  wrong: Wrong;
  busy: boolean;
  set: (part: Partial<T>) => void;
  submit: (event: Event) => void;
}

export function useForm<T extends object>(
  begin: T, check: (values: T) => Wrong, save: (values: T) => Promise<unknown>,
): FormState<T> {
  const [values, setValues] = useState(begin);
  const [wrong, setWrong] = useState<Wrong>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    const found = check(values);
    setWrong(found);
    if (found) {
      focusWrong(found.field);
      return;
    }
    setBusy(true);
    try {
      await save(values);
      tell(p.value.saved);
    } catch (error) {
      const refused = wrongOf(error);
      setWrong(refused);
      focusWrong(refused?.field ?? null);
    } finally {
      setBusy(false);
    }
  };
  return {
    values, wrong, busy,
    set: (part) => setValues((now) => ({ ...now, ...part })),
    submit: (event) => {
      event.preventDefault();
      if (!busy) {
        void run();
      }
    },
  };
}

/** What is typed stays as it was typed: a number field of the browser empties what is none. */
const INPUT_MODES = { text: "text", email: "email", number: "numeric" } as const;

type Texts<T> = { [K in keyof T]: T[K] extends string ? K : never }[keyof T] & string;

export function TextField<T extends object>({ form, name, label, hint, rows, type = "text", dir }: {
  form: FormState<T>; name: Texts<T>; label: string; hint?: string; rows?: number;
  type?: "text" | "email" | "number" | "color"; dir?: "ltr" | "auto";
}) {
  const value = String(form.values[name]);
  const take = (text: string) => form.set({ [name]: text } as Partial<T>);
  const shared = { ...tied(name, form.wrong), value, dir: dir ?? "auto" };
  return (
    <Field id={name} label={label} wrong={form.wrong} {...(hint ? { hint } : {})}>
      {rows ? (
        <textarea class="picker pinned-field" rows={rows} {...shared}
          onInput={(event) => take(event.currentTarget.value)} />
      ) : type === "color" ? (
        <input class="color" type="color" {...shared}
          onInput={(event) => take(event.currentTarget.value)} />
      ) : (
        <input class="picker" type="text" inputMode={INPUT_MODES[type]} {...shared}
          onInput={(event) => take(event.currentTarget.value)} />
      )}
    </Field>
  );
}

export function Check({ label, checked, set }: {
  label: string; checked: boolean; set: (checked: boolean) => void;
}) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked}
        onChange={(event) => set(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

export function FormPage<T extends object>({ title, section, form, fields, children }: {
  title: string; section: Section; form: FormState<T>; fields: readonly string[];
  children: ComponentChildren;
}) {
  const back = () => go({ page: "settings", section, item: null });
  return (
    <form class="form settings-form" noValidate onSubmit={form.submit} aria-busy={form.busy}>
      <header class="form-head">
        <button type="button" class="icon-button" aria-label={p.value.settings.back} onClick={back}>
          <Icon name="back" />
        </button>
        <h2 dir="auto">{title}</h2>
      </header>
      {children}
      <FormFailure wrong={form.wrong} fields={fields} />
      <div class="form-actions">
        <button type="submit" class="button primary" aria-disabled={form.busy}>
          {p.value.save}
        </button>
        <button type="button" class="button" onClick={back}>{t.value.dialog.cancel}</button>
      </div>
    </form>
  );
}

/** A whole number in its bounds; null for nothing; undefined for anything else. */
export function numberIn(text: string, from: number, to: number): number | null | undefined {
  if (text.trim() === "") {
    return null;
  }
  const number = Number(text);
  return Number.isInteger(number) && number >= from && number <= to ? number : undefined;
}
