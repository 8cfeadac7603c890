/** One's own second factor: begun with the password, confirmed by a code, removed likewise. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Cached } from "../../api/cached.js";
import {
  beginSecondFactor, confirmSecondFactor, removeSecondFactor, secondFactor,
} from "../../api/endpoints.js";
import type { Enrolment } from "../../api/shapes.js";
import { useDesk } from "../../components/context.js";
import { attempt, tell } from "../../state/ask.js";
import { now } from "../../state/clock.js";
import { momentOf, t } from "../../state/i18n.js";
import { saveFile } from "../files.js";
import { Field, FormFailure, focusWrong, Standing, type Wrong, wrongOf } from "../parts.js";
import { p } from "../words/index.js";
import { QrCode } from "./QrCode.js";

type Step =
  | { at: "rest" }
  /** What the password is asked for. */
  | { at: "password"; to: "begin" | "remove" }
  | { at: "confirm"; enrolment: Enrolment }
  | { at: "codes"; codes: string[] };

export function SecondFactor() {
  const { requests } = useDesk().directory;
  const words = p.value.factor;
  const standing = useMemo(() => new Cached({ ask: () => secondFactor(requests) }), [requests]);
  useEffect(() => void standing.refresh(), [standing]);
  const [step, setStep] = useState<Step>({ at: "rest" });
  const known = standing.state.value;
  const isOn = (known.value?.since ?? null) !== null;
  const rest = () => {
    setStep({ at: "rest" });
    void standing.refresh();
  };
  return (
    <section class="block-of factor" aria-labelledby="factor">
      <h3 id="factor">{words.title}</h3>
      <p class="muted small">{words.lead}</p>
      {step.at === "rest" && (
        <>
          <Standing of={known} again={() => void standing.refresh()} empty="" icon="user"
            count={known.value ? 1 : 0} />
          {known.value && (
            <div class="standings">
              {known.value.since && (
                <p>
                  <span class="chip chip-active_human">{words.on}</span>{" "}
                  {words.since(momentOf(known.value.since, now.value))}{" "}
                  <span class="faint">{words.left(known.value.recovery_codes)}</span>
                </p>
              )}
              <button type="button" class={`button${isOn ? " danger-quiet" : ""}`}
                onClick={() => setStep({ at: "password", to: isOn ? "remove" : "begin" })}>
                {isOn ? words.remove : words.begin}
              </button>
            </div>
          )}
        </>
      )}
      {step.at === "password" && <Password to={step.to} go={setStep} rest={rest} />}
      {step.at === "confirm" && <Confirm enrolment={step.enrolment} go={setStep} rest={rest} />}
      {step.at === "codes" && <Codes codes={step.codes} done={rest} />}
    </section>
  );
}

type StepProps = { go: (step: Step) => void; rest: () => void };

/** The password is read once, when it is sent, and the field is emptied at once. */
function Password({ to, go, rest }: StepProps & { to: "begin" | "remove" }) {
  const { requests } = useDesk().directory;
  const words = p.value.factor;
  const field = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<Wrong>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const password = field.current?.value ?? "";
    if (field.current) {
      field.current.value = "";
    }
    try {
      if (to === "begin") {
        go({ at: "confirm", enrolment: await beginSecondFactor(requests, password) });
      } else {
        await removeSecondFactor(requests, password);
        tell(words.removed);
        rest();
      }
    } catch (error) {
      setWrong(wrongOf(error));
      focusWrong("password");
    }
  };
  return (
    <form class="form narrow-form" noValidate onSubmit={(event) => void submit(event)}>
      <Field id="password" label={words.password} wrong={wrong}>
        <input id="password" class="picker" type="password" dir="ltr" ref={field}
          autoComplete="current-password" aria-invalid={wrong?.field === "password"}
          aria-describedby="wrong-password" />
      </Field>
      <FormFailure wrong={wrong} fields={["password"]} />
      <div class="form-actions">
        <button type="submit" class={`button ${to === "begin" ? "primary" : "danger"}`}>
          {to === "begin" ? words.next : words.remove}
        </button>
        <button type="button" class="button" onClick={rest}>{t.value.dialog.cancel}</button>
      </div>
    </form>
  );
}

function Confirm({ enrolment, go, rest }: StepProps & { enrolment: Enrolment }) {
  const { requests } = useDesk().directory;
  const words = p.value.factor;
  const [code, setCode] = useState("");
  const [wrong, setWrong] = useState<Wrong>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const { recovery_codes: codes } = await confirmSecondFactor(requests,
        code.replace(/\s/g, ""));
      go({ at: "codes", codes });
    } catch (error) {
      setWrong(wrongOf(error));
      focusWrong("code");
    }
  };
  return (
    <form class="form factor-steps" noValidate onSubmit={(event) => void submit(event)}>
      <p>{words.scan}</p>
      <QrCode text={enrolment.uri} label={words.qr} />
      <p class="small">{words.typed} <code class="secret" dir="ltr">{enrolment.secret}</code></p>
      <Field id="code" label={words.code} wrong={wrong}>
        <input id="code" class="picker code-field" inputMode="numeric" dir="ltr" value={code}
          autoComplete="one-time-code" aria-invalid={wrong?.field === "code"}
          aria-describedby="wrong-code" onInput={(event) => setCode(event.currentTarget.value)} />
      </Field>
      <FormFailure wrong={wrong} fields={["code"]} />
      <div class="form-actions">
        <button type="submit" class="button primary">{words.confirm}</button>
        <button type="button" class="button" onClick={rest}>{t.value.dialog.cancel}</button>
      </div>
    </form>
  );
}

/** They are shown this once: the person says when they have them. */
function Codes({ codes, done }: { codes: string[]; done: () => void }) {
  const words = p.value.factor;
  const text = codes.join("\n");
  const copy = async () => {
    if (await attempt(() => navigator.clipboard.writeText(text))) {
      tell(p.value.sites.copied);
    }
  };
  return (
    <div class="factor-steps">
      <p role="status">{words.isOn}</p>
      <p>{words.keep}</p>
      <ul class="codes" aria-label={words.codes} dir="ltr">
        {codes.map((one) => <li key={one}><code>{one}</code></li>)}
      </ul>
      <div class="form-actions">
        <button type="button" class="button" onClick={() => void copy()}>
          {p.value.sites.copy}
        </button>
        <button type="button" class="button" onClick={() =>
          saveFile(new Blob([`${text}\n`], { type: "text/plain" }), "recovery-codes.txt")}>
          {words.saveCodes}
        </button>
        <button type="button" class="button primary" onClick={done}>{words.done}</button>
      </div>
    </div>
  );
}
