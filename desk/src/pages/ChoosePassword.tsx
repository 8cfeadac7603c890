/** Where a one-time link leads: somebody who has no password, or forgot it, chooses one. */

import { useEffect, useRef, useState } from "preact/hooks";
import { lookAtLink, usePasswordLink } from "../api/endpoints.js";
import { ApiError } from "../api/request.js";
import type { LinkFor } from "../api/shapes.js";
import { Mark } from "../components/Mark.js";
import { tell } from "../state/ask.js";
import { leaveLink } from "../state/session.js";
import { Field, FormFailure, focusWrong, type Wrong, wrongOf } from "./parts.js";
import { p } from "./words/index.js";

const SHORTEST = 10;
const LONGEST = 256;
const FIELDS = ["password", "again"] as const;

export function ChoosePassword({ token }: { token: string }) {
  const words = p.value.password;
  const [known, setKnown] = useState<LinkFor | null>(null);
  const [wrong, setWrong] = useState<Wrong>(null);
  const [isDead, setDead] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const fail = (error: unknown) => {
    const isRefused = error instanceof ApiError && error.failure === "refused";
    setDead(isRefused && error.field === null);
    setWrong(isRefused && error.field === null ? { field: null, text: words.dead } : wrongOf(error));
  };
  useEffect(() => {
    lookAtLink(token).then(setKnown, fail);
  }, [token]);
  const save = async (event: Event) => {
    event.preventDefault();
    const [chosen, repeated] = [password.current?.value ?? "", again.current?.value ?? ""];
    const found = check(chosen, repeated);
    setWrong(found);
    if (found) {
      focusWrong(found.field);
      return;
    }
    try {
      await usePasswordLink(token, chosen);
      tell(words.done);
      await leaveLink();
    } catch (error) {
      fail(error);
    }
  };
  return (
    <main class="login">
      <form class="login-card form" noValidate onSubmit={(event) => void save(event)}>
        <Mark />
        <h1>{words.title}</h1>
        {known && <p class="lead">{words.lead(known.name, known.email)}</p>}
        {/* So that what keeps passwords keeps it for the right person. */}
        <input type="email" class="hidden" autoComplete="username" readOnly tabIndex={-1}
          aria-hidden="true" value={known?.email ?? ""} />
        {!isDead && (
          <>
            <Field id="password" label={words.password} hint={words.hint} wrong={wrong}>
              <input id="password" type="password" dir="ltr" autoComplete="new-password"
                ref={password} aria-describedby="hint-password wrong-password"
                aria-invalid={wrong?.field === "password"} />
            </Field>
            <Field id="again" label={words.again} wrong={wrong}>
              <input id="again" type="password" dir="ltr" autoComplete="new-password" ref={again}
                aria-describedby="wrong-again" aria-invalid={wrong?.field === "again"} />
            </Field>
          </>
        )}
        <FormFailure wrong={wrong} fields={FIELDS} />
        <div class="form-actions">
          {!isDead && <button type="submit" class="button primary">{words.save}</button>}
          <button type="button" class="button" onClick={() => void leaveLink()}>{words.toLogin}</button>
        </div>
      </form>
    </main>
  );
}

function check(chosen: string, repeated: string): Wrong {
  const words = p.value.password;
  const length = [...chosen].length;
  if (length < SHORTEST || length > LONGEST) {
    return { field: "password", text: length < SHORTEST ? words.short : words.long };
  }
  return chosen === repeated ? null : { field: "again", text: words.differ };
}
