/** What all pages are made of. */

import type { ComponentChildren } from "preact";
import type { Answered } from "../api/cached.js";
import { ApiError } from "../api/request.js";
import { ConnectionPill } from "../components/ConnectionPill.js";
import { Age, failureText } from "../components/Failure.js";
import { Icon, type IconName } from "../components/Icon.js";
import { t } from "../state/i18n.js";
import { p } from "./words/index.js";

/** A page of its own also tells how the connection stands; the settings say that above their parts. */
export function PageHead({ title, lead, whole = false, children }: {
  title: string; lead?: string; whole?: boolean; children?: ComponentChildren;
}) {
  return (
    <header class="page-head">
      <div>
        <div class="page-title">
          {whole ? <><h1>{title}</h1><ConnectionPill /></> : <h2>{title}</h2>}
        </div>
        {lead && <p class="muted">{lead}</p>}
      </div>
      <div class="page-actions">{children}</div>
    </header>
  );
}

export interface Option<T extends string> {
  id: T;
  label: string;
}

export function Choice<T extends string>({ label, value, options, pick }: {
  label: string; value: T; options: readonly Option<T>[]; pick: (id: T) => void;
}) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select class="picker" value={value} onChange={(event) => {
        const chosen = options.find(({ id }) => id === event.currentTarget.value);
        if (chosen) {
          pick(chosen.id);
        }
      }}>
        {options.map(({ id, label: name }) => <option key={id} value={id}>{name}</option>)}
      </select>
    </label>
  );
}

/** Loading, empty, refused and offline, each with what can be done. */
export function Standing({ of, again, empty, icon, count }: {
  of: Answered<unknown>; again: () => void; empty: string; icon: IconName; count: number;
}) {
  if (count > 0 || (of.at !== null && of.error !== null)) {
    return <Age of={of} again={again} />;
  }
  if (of.error) {
    return (
      <div class="empty small" role="alert">
        <Icon name="alert" size={28} /><p>{failureText(of.error)}</p>
        <button type="button" class="button" onClick={again}>{t.value.retry}</button>
      </div>
    );
  }
  return of.at === null
    ? <p class="empty small" role="status" aria-busy="true">{p.value.loading}</p>
    : <div class="empty small"><Icon name={icon} size={28} /><p>{empty}</p></div>;
}

/** What is wrong with which field; a null field is the form itself. */
export type Wrong = { field: string | null; text: string } | null;

export function wrongOf(error: unknown): Wrong {
  return error instanceof ApiError ? { field: error.field, text: failureText(error) }
    : { field: null, text: t.value.api.codes.other };
}

export function Field({ id, label, hint, wrong, children }: {
  id: string; label: string; hint?: string; wrong: Wrong; children: ComponentChildren;
}) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint && <small id={`hint-${id}`} class="faint">{hint}</small>}
      {wrong?.field === id && <p class="wrong" id={`wrong-${id}`} role="alert">{wrong.text}</p>}
    </div>
  );
}

/** What ties an input to its label, its hint and what is wrong with it. */
export function tied(id: string, wrong: Wrong) {
  return {
    id, name: id, "aria-invalid": wrong?.field === id, autoComplete: "off",
    "aria-describedby": wrong?.field === id ? `wrong-${id} hint-${id}` : `hint-${id}`,
  };
}

/** What is wrong with the whole; or with a field that this form does not show. */
export function FormFailure({ wrong, fields }: { wrong: Wrong; fields: readonly string[] }) {
  const other = wrong && (wrong.field === null || !fields.includes(wrong.field));
  return other ? <p class="wrong" role="alert">{wrong.text}</p> : null;
}

/** Brings the first field with something wrong into reach, once it is said what. */
export function focusWrong(field: string | null): void {
  if (field) {
    requestAnimationFrame(() => document.getElementById(field)?.focus());
  }
}
