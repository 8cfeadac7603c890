import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../state/i18n.js";
import { type LoginFailure, logIn } from "../state/session.js";
import { LanguagePicker } from "./LanguagePicker.js";
import { Mark } from "./Mark.js";

type Props = { failure: LoginFailure | null; farewell: "loggedOut" | "wiped" | null };

/** The password is read once, when it is sent, and the field is emptied at once. */
export function Login({ failure, farewell }: Props) {
  const [busy, setBusy] = useState(false);
  const [email, setEmail] = useState("");
  const password = useRef<HTMLInputElement>(null);
  const words = t.value.login;
  useEffect(() => {
    if (failure) {
      password.current?.focus();
    }
  }, [failure]);
  const submit = async (event: Event) => {
    event.preventDefault();
    const field = password.current;
    if (busy || !field) {
      return;
    }
    const secret = field.value;
    field.value = "";
    setBusy(true);
    await logIn(email.trim(), secret);
    setBusy(false);
  };
  return (
    <main class="login">
      <form class="login-card" onSubmit={submit} aria-describedby={failure ? "failure" : undefined}>
        <Mark />
        <h1>{words.title}</h1>
        <p class="lead">{words.lead}</p>
        {farewell && !failure && <p class="banner" role="status">{words[farewell]}</p>}
        <label for="email">{words.email}</label>
        <input id="email" type="email" name="email" required autoComplete="username" dir="ltr"
          value={email} onInput={(event) => setEmail(event.currentTarget.value)}
          autofocus readOnly={busy} />
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

function sentence(failure: LoginFailure): string {
  const words = t.value.login;
  return failure.code === "tooMany" ? words.tooMany(failure.seconds) : words[failure.code];
}
