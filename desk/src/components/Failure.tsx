/** What the server says to a request, in words that say what to do. */

import type { ApiError } from "../api/request.js";
import type { Answered } from "../api/cached.js";
import { now } from "../state/clock.js";
import { momentOf, t } from "../state/i18n.js";

export function failureText(error: Pick<ApiError, "code" | "message"> & Partial<ApiError>): string {
  const words: Record<string, string> = t.value.api.codes;
  if (error.retryAfterSeconds && error.code === "too_many") {
    return t.value.api.wait(error.retryAfterSeconds);
  }
  const fields: Record<string, string> = t.value.api.fields;
  const field = error.code === "invalid" ? fields[error.field ?? ""] : undefined;
  return field ?? words[error.code] ?? (error.message ? sentence(error.message) : words.other ?? "");
}

/** The server's own messages are sentences without their capital. */
function sentence(message: string): string {
  const text = message.charAt(0).toLocaleUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** How old what is shown is, and why nothing newer could be had. Nothing where all is well. */
export function Age({ of, again }: { of: Answered<unknown>; again: () => void }) {
  const words = t.value.api;
  const { error, at, loading } = of;
  if (error === null) {
    return null;
  }
  const text = at === null ? failureText(error)
    : error.failure === "offline" ? words.offlineAsOf(momentOf(at, now.value))
      : `${failureText(error)} ${words.asOf(momentOf(at, now.value))}`;
  return (
    <p class="age" role="status">
      <span>{text}</span>
      <button type="button" class="link" aria-disabled={loading} onClick={again}>
        {t.value.retry}
      </button>
    </p>
  );
}
