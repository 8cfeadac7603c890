import { useEffect, useState } from "preact/hooks";
import { changeSite, putSite } from "../../api/endpoints.js";
import {
  OFFLINE_MODES, type OfflineMode, ROUTINGS, type Routing, type Site, type SiteInput, SITE_MODES, type SiteMode,
} from "../../api/shapes.js";
import { useDesk } from "../../components/context.js";
import { Icon } from "../../components/Icon.js";
import { attempt, tell } from "../../state/ask.js";
import { administers, mayErase } from "../../state/rights.js";
import { localeId } from "../../state/i18n.js";
import { go } from "../../state/route.js";
import { settings } from "../../state/settings.js";
import { Choice, PageHead, Standing, type Wrong } from "../parts.js";
import { p } from "../words/index.js";
import { Check, FormPage, numberIn, TextField, useForm } from "./form.js";
import { DeleteSite } from "./DeleteSite.js";
import {
  fieldNames, fieldsOf, Prechat, type Question, questionsOf, wrongQuestion,
} from "./Prechat.js";
import { listsOf, newest, withOne } from "./lists.js";

export function Sites({ item }: { item: string | null }) {
  const desk = useDesk();
  const words = p.value.sites;
  const { sites } = listsOf(desk);
  const known = sites.state.value;
  useEffect(() => void sites.refresh(), [sites]);
  const rows = known.value ?? [];
  const one = rows.find(({ id }) => id === item);
  if (item === "new" || one) {
    return <SiteForm key={item} site={one ?? null} />;
  }
  return (
    <>
      <PageHead title={p.value.settings.sections.sites} lead={words.lead}>
        {administers(desk) && (
          <button type="button" class="button primary"
            onClick={() => go({ page: "settings", section: "sites", item: "new" })}>
            {words.add}
          </button>
        )}
      </PageHead>
      <Standing of={known} again={() => void sites.refresh()} empty={words.empty} icon="globe"
        count={rows.length} />
      <ul class="list">
        {rows.map((site) => (
          <li key={site.id}>
            <button type="button" class="list-row"
              onClick={() => go({ page: "settings", section: "sites", item: site.id })}>
              <span class="list-main">
                <strong dir="auto">{site.name}</strong>
                <span class="faint">
                  {words.modes[site.mode]} · {words.routings[site.routing]}
                </span>
              </span>
              {!site.human_support && (
                <span class="chip chip-waiting_for_human">{words.supportOff}</span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

type WindowKind = "any" | "last" | "minutes";
/** Texts, as they are typed; what they become is decided when the form is sent. */
interface Values {
  name: string;
  allowed_origins: string;
  mode: SiteMode;
  human_support: boolean;
  routing: Routing;
  close_after_minutes: string;
  retention_days: string;
  edit: WindowKind;
  edit_minutes: string;
  recall: WindowKind;
  recall_minutes: string;
  visitor_edit: boolean;
  visitor_recall: boolean;
  keep_former_words: boolean;
  chat_limit: string;
  theme_color: string;
  greeting: string;
  offline_message: string;
  offline_mode: OfflineMode;
  prechat_fields: Question[];
  /** Which version the others are of. */
  version: number;
}

const MINUTES = /^minutes\((\d+)\)$/;

function valuesOf(site: Site | null): Values {
  const kind = (text = "any"): WindowKind => text === "last" ? "last"
    : MINUTES.test(text) ? "minutes" : "any";
  const minutes = (text = "") => MINUTES.exec(text)?.[1] ?? "15";
  return {
    name: site?.name ?? "", allowed_origins: site?.allowed_origins.join("\n") ?? "",
    mode: site?.mode ?? "live_chat", human_support: site?.human_support ?? true,
    routing: site?.routing ?? "pick_up",
    close_after_minutes: site?.close_after_minutes?.toString() ?? "",
    retention_days: site?.retention_days?.toString() ?? "",
    edit: kind(site?.edit), edit_minutes: minutes(site?.edit),
    recall: kind(site?.recall), recall_minutes: minutes(site?.recall),
    visitor_edit: site?.visitor_edit ?? true, visitor_recall: site?.visitor_recall ?? true,
    keep_former_words: site?.keep_former_words ?? false,
    chat_limit: String(site?.chat_limit ?? 5), theme_color: site?.theme_color ?? "#3350b4",
    greeting: site?.greeting ?? "", offline_message: site?.offline_message ?? "",
    offline_mode: site?.offline_mode ?? "message",
    prechat_fields: questionsOf(site?.prechat_fields ?? []),
    version: site?.version ?? 0,
  };
}

function origins(text: string): string[] {
  return text.split(/\s+/).map((line) => line.replace(/\/+$/, "")).filter(Boolean);
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function check(values: Values): Wrong {
  const words = p.value.sites;
  const wrong = (field: keyof Values, text: string): Wrong => ({ field, text });
  const name = [...values.name.trim()].length;
  if (name === 0 || name > 100) {
    return wrong("name", words.noName);
  }
  const bad = origins(values.allowed_origins).find((text) => !isOrigin(text));
  if (bad !== undefined) {
    return wrong("allowed_origins", words.badOrigin(bad));
  }
  if (numberIn(values.close_after_minutes, 5, 10_080) === undefined) {
    return wrong("close_after_minutes", words.badCloseAfter);
  }
  if (numberIn(values.retention_days, 1, 3_650) === undefined) {
    return wrong("retention_days", words.badRetention);
  }
  for (const kind of ["edit", "recall"] as const) {
    if (values[kind] === "minutes" && !numberIn(values[`${kind}_minutes`], 1, 1_000_000)) {
      return wrong(`${kind}_minutes`, words.badMinutes);
    }
  }
  if (!numberIn(values.chat_limit, 1, 100)) {
    return wrong("chat_limit", words.badChatLimit);
  }
  for (const field of ["greeting", "offline_message"] as const) {
    if ([...values[field]].length > 500) {
      return wrong(field, words.long);
    }
  }
  return wrongQuestion(values.prechat_fields);
}

function inputOf(values: Values): SiteInput {
  const { edit_minutes, recall_minutes, version: _, ...rest } = values;
  const window = (kind: WindowKind, minutes: string) => kind === "minutes"
    ? `minutes(${Number(minutes)})` : kind;
  return {
    ...rest, name: values.name.trim(), allowed_origins: origins(values.allowed_origins),
    close_after_minutes: numberIn(values.close_after_minutes, 5, 10_080) ?? null,
    retention_days: numberIn(values.retention_days, 1, 3_650) ?? null,
    edit: window(values.edit, edit_minutes), recall: window(values.recall, recall_minutes),
    chat_limit: Number(values.chat_limit), prechat_fields: fieldsOf(values.prechat_fields),
  };
}

const FIELDS: (keyof Values)[] = [
  "name", "allowed_origins", "close_after_minutes", "edit_minutes", "recall_minutes",
  "retention_days", "chat_limit", "theme_color", "greeting", "offline_message",
];

function SiteForm({ site }: { site: Site | null }) {
  const desk = useDesk();
  const words = p.value.sites;
  const form = useForm<Values>({
    key: `site ${site?.id ?? "new"}`, begin: valuesOf(site), check,
    save: async (values) => {
      const { requests } = desk.directory;
      const saved = site
        ? await changeSite(requests, site.id, { ...inputOf(values), version: values.version })
        : await putSite(requests, crypto.randomUUID(), inputOf(values));
      listsOf(desk).sites.set((all) => withOne(all, saved));
      void desk.directory.keepFormer.refresh();
      go({ page: "settings", section: "sites", item: saved.id }, site ? "replace" : "push");
      return valuesOf(saved);
    },
    renew: async () => valuesOf(await newest(listsOf(desk).sites, site?.id)),
  });
  const { values, set } = form;
  const options = <T extends string>(ids: readonly T[], labels: Record<T, string>) =>
    ids.map((id) => ({ id, label: labels[id] }));
  const window = (kind: "edit" | "recall") => (
    <div class="choices">
      <Choice label={words[kind]} value={values[kind]}
        options={options(["any", "last", "minutes"] as const, words.windows)}
        pick={(chosen) => set({ [kind]: chosen })} />
      {values[kind] === "minutes" && (
        <TextField form={form} name={`${kind}_minutes`} label={words.minutes} type="number" />
      )}
    </div>
  );
  return (
    <>
      <FormPage title={site?.name ?? words.newTitle} section="sites" form={form}
        fields={[...FIELDS, ...fieldNames(values.prechat_fields)]}>
        {site && <Embed site={site.id} />}
        {site && <Preview site={site} />}
        <fieldset>
          <legend>{words.general}</legend>
          <TextField form={form} name="name" label={words.name} />
          <TextField form={form} name="allowed_origins" label={words.origins} rows={2} dir="ltr"
            hint={words.originsHint} />
        </fieldset>
        <fieldset>
          <legend>{words.answering}</legend>
          <Choice label={words.mode} value={values.mode} options={options(SITE_MODES, words.modes)}
            pick={(mode) => set({ mode })} />
          <Check label={words.humanSupport} checked={values.human_support}
            set={(human_support) => set({ human_support })} />
          <Choice label={words.routing} value={values.routing}
            options={options(ROUTINGS, words.routings)} pick={(routing) => set({ routing })} />
          <div class="choices">
            <TextField form={form} name="chat_limit" label={words.chatLimit} type="number" />
            <TextField form={form} name="close_after_minutes" label={words.closeAfter}
              hint={words.closeAfterHint} type="number" />
          </div>
        </fieldset>
        <fieldset>
          <legend>{words.words}</legend>
          {window("edit")}
          <Check label={words.visitorEdit} checked={values.visitor_edit}
            set={(visitor_edit) => set({ visitor_edit })} />
          {window("recall")}
          <Check label={words.visitorRecall} checked={values.visitor_recall}
            set={(visitor_recall) => set({ visitor_recall })} />
          <Check label={words.keepFormer} hint={words.keepFormerHint}
            checked={values.keep_former_words}
            set={(keep_former_words) => set({ keep_former_words })} />
          <TextField form={form} name="retention_days" label={words.retention}
            hint={words.retentionHint} type="number" />
        </fieldset>
        <fieldset>
          <legend>{words.look}</legend>
          <TextField form={form} name="theme_color" label={words.color} type="color" dir="ltr" />
          <TextField form={form} name="greeting" label={words.greeting} hint={words.greetingHint}
            rows={2} />
          <TextField form={form} name="offline_message" label={words.offlineMessage}
            hint={words.greetingHint} rows={2} />
          <Choice label={words.offlineMode} value={values.offline_mode}
            options={options(OFFLINE_MODES, words.offlineModes)}
            pick={(offline_mode) => set({ offline_mode })} />
        </fieldset>
        <Prechat questions={values.prechat_fields} wrong={form.wrong}
          set={(prechat_fields) => set({ prechat_fields })} />
      </FormPage>
      {site && mayErase(desk) && <DeleteSite site={site} />}
    </>
  );
}

/** The widget itself, as the server has it: once it is asked for, as what is written there is real. */
function Preview({ site }: { site: Site }) {
  const words = p.value.sites;
  const [isShown, setShown] = useState(false);
  const { theme } = settings.value;
  const about = new URLSearchParams({ site: site.id, locale: localeId.value, scheme: theme });
  return (
    <section class="embed" aria-label={words.preview}>
      <h3>{words.preview}</h3>
      <p class="faint small">{words.previewLead}</p>
      {isShown ? (
        <iframe key={site.version} class="preview" title={words.preview}
          src={`/desk/preview.html?${about}`} />
      ) : (
        <button type="button" class="button" onClick={() => setShown(true)}>
          <Icon name="eye" size={16} />{words.showPreview}
        </button>
      )}
    </section>
  );
}

/** What a customer puts into their pages. */
function Embed({ site }: { site: string }) {
  const words = p.value.sites;
  const snippet = `<script async src="${location.origin}/widget.js" data-site="${site}"></script>`;
  const copy = async () => {
    if (await attempt(() => navigator.clipboard.writeText(snippet))) {
      tell(words.copied);
    }
  };
  return (
    <section class="embed" aria-label={words.embed}>
      <h3>{words.embed}</h3>
      <p class="faint small">{words.embedLead}</p>
      <div class="embed-code">
        <code dir="ltr">{snippet}</code>
        <button type="button" class="button" onClick={() => void copy()}>
          <Icon name="copy" size={16} />{words.copy}
        </button>
      </div>
    </section>
  );
}
