import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../state/i18n.js";
import { type LoginFailure, logIn, stage } from "../state/session.js";
import { LanguagePicker } from "./LanguagePicker.js";
import { Mark } from "./Mark.js";

type Props = { failure: LoginFailure | null; farewell: "loggedOut" | "wiped" | null };

/**
 * The password is read once, when it is sent, and the field is emptied at once. Where a code is
 * asked for besides, it is held for that step, in memory only.
 */
export function Login({ failure, farewell }: Props) {
  const [busy, setBusy] = useState(false);
  const [email, setEmail] = useState("");
  const held = useRef<string | null>(null);
  const asksCode = failure?.code === "codeNeeded" || failure?.code === "codeWrong";
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const words = t.value.login;
  useEffect(() => {
    (failure ? password : name).current?.focus();
  }, [failure]);
  const submit = async (event: Event) => {
    event.preventDefault();
    const field = password.current;
    if (busy || !field) {
      return;
    }
    const secret = field.value;
    field.value = "";
    held.current = secret;
    await go(secret);
  };
  const go = async (secret: string, code?: string) => {
    setBusy(true);
    await logIn(email.trim(), secret, code);
    setBusy(false);
  };
  if (asksCode && held.current !== null) {
    return <Code failure={failure} busy={busy} go={(code) => go(held.current ?? "", code)}
      back={() => {
        held.current = null;
        stage.value = { at: "login", failure: null, farewell: null };
      }} />;
  }
  return (
    <main class="login">
      <form class="login-card" onSubmit={submit} aria-describedby={failure ? "failure" : undefined}>
        <Mark />
        <h1>{words.title}</h1>
        <p class="lead">{words.lead}</p>
        {farewell && !failure && <p class="banner" role="status">{words[farewell]}</p>}
        <label for="email">{words.email}</label>
        <input id="email" type="email" name="email" required autoComplete="username" dir="ltr"
          value={email} onInput={(event) => setEmail(event.currentTarget.value)} ref={name}
          readOnly={busy} />
        <label for="password">{words.password}</label>
        <input id="password" type="password" name="password" required dir="ltr" ref={password}
          autoComplete="current-password" readOnly={busy} />
        <p id="failure" class="failure" role="alert">{failure ? sentence(failure) : ""}</p>
        <button type="submit" class="button primary wide" aria-disabled={busy}>
          {busy ? words.submitting : words.submit}
        </button>
      </form>
      <LanguagePicker />
    </main>
  );
}

/** The second step: what an authenticator shows, or one of the codes for when it is lost. */
function Code({ failure, busy, go, back }: {
  failure: LoginFailure; busy: boolean; go: (code: string) => Promise<void>; back: () => void;
}) {
  const words = t.value.login;
  const [code, setCode] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [failure]);
  const submit = async (event: Event) => {
    event.preventDefault();
    const typed = code.replace(/\s/g, "");
    if (!busy && typed !== "") {
      setCode("");
      await go(typed);
    }
  };
  return (
    <main class="login">
      <form class="login-card" onSubmit={(event) => void submit(event)}>
        <Mark />
        <h1>{words.codeTitle}</h1>
        <p class="lead">{words.codeLead}</p>
        <label for="code">{words.code}</label>
        <input id="code" name="code" dir="ltr" autoComplete="one-time-code" value={code} ref={field}
          readOnly={busy} aria-describedby="failure"
          onInput={(event) => setCode(event.currentTarget.value)} />
        <p id="failure" class="failure" role="alert">
          {failure.code === "codeNeeded" ? "" : sentence(failure)}
        </p>
        <button type="submit" class="button primary wide" aria-disabled={busy}>
          {busy ? words.submitting : words.submit}
        </button>
        <button type="button" class="button wide back-to-login" onClick={back}>{words.back}</button>
      </form>
    </main>
  );
}

function sentence(failure: LoginFailure): string {
  const words = t.value.login;
  return failure.code === "tooMany" ? words.tooMany(failure.seconds) : words[failure.code];
}
