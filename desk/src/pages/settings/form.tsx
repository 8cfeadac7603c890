/** A form of settings: what is wrong stands beside its field, what was typed stays. */

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { ApiError } from "../../api/request.js";
import { Icon } from "../../components/Icon.js";
import { isSame, merged, type Typed } from "../../model/merge.js";
import { tell } from "../../state/ask.js";
import { t } from "../../state/i18n.js";
import { go, type Section } from "../../state/route.js";
import { Field, FormFailure, focusWrong, tied, type Wrong, wrongOf } from "../parts.js";
import { p } from "../words/index.js";

export interface FormState<T> {
  values: T;
  wrong: Wrong;
  busy: boolean;
  /** Whether something stands here that the server does not have. */
  isChanged: boolean;
  set: (part: Partial<T>) => void;
  submit: (event: Event) => void;
  /** Gives up what was typed. */
  abandon: () => void;
  /** Takes over what the server has by now, beside what was typed. */
  accept: (fresh: T) => void;
}

interface Options<T> {
  /** What is typed under a key stays while the desk is open, also when the form is left. */
  key: string;
  begin: T;
  check: (values: T) => Wrong;
  /** Answers with what the server has then. */
  save: (values: T) => Promise<T>;
  /** What the server has by now, after somebody else changed it. */
  renew?: () => Promise<T>;
}

const typed = new Map<string, Typed<object>>();

export function useForm<T extends object>(options: Options<T>): FormState<T> {
  const { key, begin } = options;
  const kept = typed.get(key) as Typed<T> | undefined;
  const [state, setState] = useState<Typed<T>>(kept ?? { base: begin, values: begin });
  const [wrong, setWrong] = useState<Wrong>(null);
  const [busy, setBusy] = useState(false);
  const keep = (next: Typed<T>) => {
    setState(next);
    if (isSame(next.base, next.values)) {
      typed.delete(key);
    } else {
      typed.set(key, next);
    }
  };
  const run = async () => {
    const found = options.check(state.values);
    setWrong(found);
    if (found) {
      focusWrong(found.field);
      return;
    }
    setBusy(true);
    try {
      const saved = await options.save(state.values);
      typed.delete(key);
      setState({ base: saved, values: saved });
      tell(p.value.saved);
    } catch (error) {
      const refused = await settle(options, state, error, keep);
      setWrong(refused);
      focusWrong(refused?.field ?? null);
    } finally {
      setBusy(false);
    }
  };
  return {
    ...state, wrong, busy, isChanged: !isSame(state.base, state.values),
    set: (part) => keep({ ...state, values: { ...state.values, ...part } }),
    submit: (event) => {
      event.preventDefault();
      if (!busy) {
        void run();
      }
    },
    abandon: () => keep({ base: state.base, values: state.base }),
    accept: (fresh) => keep(merged(state, fresh)),
  };
}

/**
 * Somebody else changed it meanwhile: their fields are taken over, one's own stay as typed, and
 * nothing is saved before the person saw both.
 */
async function settle<T extends object>(
  { renew }: Options<T>, state: Typed<T>, error: unknown, keep: (next: Typed<T>) => void,
): Promise<Wrong> {
  if (!renew || !(error instanceof ApiError) || error.code !== "changed_meanwhile") {
    return wrongOf(error);
  }
  try {
    keep(merged(state, await renew()));
    return { field: null, text: p.value.settings.merged };
  } catch (again) {
    return wrongOf(again);
  }
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

export function Check({ label, hint, checked, set }: {
  label: string; hint?: string; checked: boolean; set: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label class="check">
        <input type="checkbox" checked={checked} {...(hint ? { "aria-describedby": id } : {})}
          onChange={(event) => set(event.currentTarget.checked)} />
        <span>{label}</span>
      </label>
      {hint && <small id={id} class="faint check-hint">{hint}</small>}
    </div>
  );
}

export function FormPage<T extends object>({ title, section, form, fields, children }: {
  title: string; section: Section; form: FormState<T>; fields: readonly string[];
  children: ComponentChildren;
}) {
  const back = () => go({ page: "settings", section, item: null });
  const cancel = () => {
    form.abandon();
    back();
  };
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
        <button type="button" class="button" onClick={cancel}>{t.value.dialog.cancel}</button>
        {form.isChanged && <span class="faint small">{p.value.settings.unsaved}</span>}
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
