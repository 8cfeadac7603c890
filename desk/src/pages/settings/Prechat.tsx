/** What a site asks before a visitor begins: questions, in their order. */

import {
  type PrechatField, PRECHAT_KINDS, type PrechatKind,
} from "../../api/shapes.js";
import { Icon } from "../../components/Icon.js";
import { Choice, Field, tied, type Wrong } from "../parts.js";
import { p } from "../words/index.js";
import { Check } from "./form.js";

/** As the server bounds them. */
const FIELDS = 10;
const LABEL = 40;
const OPTIONS = { least: 2, most: 20, longest: 100 };

/** A question as it is typed: its choices one a line. */
export interface Question {
  label: string;
  kind: PrechatKind;
  required: boolean;
  options: string;
}

export function questionsOf(fields: PrechatField[]): Question[] {
  return fields.map(({ label, kind, required, options }) => ({
    label, kind, required, options: (options ?? []).join("\n"),
  }));
}

export function fieldsOf(questions: Question[]): PrechatField[] {
  return questions.map(({ label, kind, required, options }) => ({
    label: label.trim(), kind, required, options: kind === "choice" ? lines(options) : [],
  }));
}

function lines(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** What is wrong with the first question that cannot be asked so. */
export function wrongQuestion(questions: Question[]): Wrong {
  const words = p.value.sites.prechat;
  const labels = questions.map(({ label }) => label.trim());
  for (const [i, { kind, options }] of questions.entries()) {
    const label = labels[i] ?? "";
    if (label === "" || [...label].length > LABEL) {
      return { field: `prechat-${i}`, text: words.badLabel };
    }
    if (labels.indexOf(label) !== i) {
      return { field: `prechat-${i}`, text: words.twice };
    }
    const all = lines(options);
    const fits = all.length >= OPTIONS.least && all.length <= OPTIONS.most
      && new Set(all).size === all.length && all.every((one) => [...one].length <= OPTIONS.longest);
    if (kind === "choice" && !fits) {
      return { field: `prechat-${i}-options`, text: words.badOptions };
    }
  }
  return null;
}

/** Names of all fields that these questions are typed into. */
export function fieldNames(questions: Question[]): string[] {
  return questions.flatMap((_, i) => [`prechat-${i}`, `prechat-${i}-options`]);
}

export function Prechat({ questions, wrong, set }: {
  questions: Question[]; wrong: Wrong; set: (questions: Question[]) => void;
}) {
  const words = p.value.sites.prechat;
  return (
    <fieldset>
      <legend>{words.title}</legend>
      <p class="muted">{words.lead}</p>
      {questions.map((one, i) => (
        <Row key={i} place={i} question={one} wrong={wrong}
          change={(part) => set(questions.map((other, j) => j === i ? { ...one, ...part } : other))}
          remove={() => set(questions.filter((_, j) => j !== i))} />
      ))}
      {questions.length < FIELDS && (
        <button type="button" class="button prechat-add" onClick={() =>
          set([...questions, { label: "", kind: "text", required: false, options: "" }])}>
          {words.add}
        </button>
      )}
    </fieldset>
  );
}

function Row({ place, question, wrong, change, remove }: {
  place: number; question: Question; wrong: Wrong;
  change: (part: Partial<Question>) => void; remove: () => void;
}) {
  const words = p.value.sites.prechat;
  const [label, options] = [`prechat-${place}`, `prechat-${place}-options`];
  return (
    <fieldset class="prechat-row" aria-label={words.nth(place + 1)}>
      <Field id={label} label={words.label} wrong={wrong}>
        <input class="picker" dir="auto" value={question.label} {...tied(label, wrong)}
          onInput={(event) => change({ label: event.currentTarget.value })} />
      </Field>
      <Choice<PrechatKind> label={words.kind} value={question.kind}
        options={PRECHAT_KINDS.map((id) => ({ id, label: words.kinds[id] }))}
        pick={(kind) => change({ kind })} />
      {question.kind === "choice" && (
        <Field id={options} label={words.options} hint={words.optionsHint} wrong={wrong}>
          <textarea class="picker pinned-field" rows={3} dir="auto" value={question.options}
            {...tied(options, wrong)}
            onInput={(event) => change({ options: event.currentTarget.value })} />
        </Field>
      )}
      <div class="prechat-foot">
        <Check label={words.required} checked={question.required}
          set={(required) => change({ required })} />
        <button type="button" class="button danger-quiet" onClick={remove}
          aria-label={words.removeNth(place + 1)}>
          <Icon name="close" size={16} />{words.remove}
        </button>
      </div>
    </fieldset>
  );
}
