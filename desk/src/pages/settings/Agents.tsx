import type { AgentRole } from "@rejoinder/client";
import { useEffect, useState } from "preact/hooks";
import { changeAgent, makeLink, putAgent, takeOffSecondFactor } from "../../api/endpoints.js";
import { ApiError } from "../../api/request.js";
import type { Agent, Link } from "../../api/shapes.js";
import { Avatar } from "../../components/Avatar.js";
import { useDesk } from "../../components/context.js";
import { failureText } from "../../components/Failure.js";
import { attempt, confirm, tell } from "../../state/ask.js";
import { now } from "../../state/clock.js";
import { momentOf, t } from "../../state/i18n.js";
import { ROLES, ranks } from "../../state/rights.js";
import { go } from "../../state/route.js";
import { Choice, PageHead, Standing, type Wrong } from "../parts.js";
import { p } from "../words/index.js";
import { Check, FormPage, numberIn, TextField, useForm } from "./form.js";
import { Sessions } from "./Sessions.js";
import { listsOf, newest, withOne } from "./lists.js";

export function Agents({ item }: { item: string | null }) {
  const desk = useDesk();
  const words = p.value.agents;
  const { agents } = listsOf(desk);
  const known = agents.state.value;
  useEffect(() => void agents.refresh(), [agents]);
  const rows = known.value ?? [];
  const one = rows.find(({ id }) => id === item);
  if (item === "new" || one) {
    return <AgentForm key={item} agent={one ?? null} />;
  }
  return (
    <>
      <PageHead title={p.value.settings.sections.agents} lead={words.lead}>
        <button type="button" class="button primary"
          onClick={() => go({ page: "settings", section: "agents", item: "new" })}>
          {words.add}
        </button>
      </PageHead>
      <Standing of={known} again={() => void agents.refresh()} empty={words.empty} icon="user"
        count={rows.length} />
      <ul class="list">{rows.map((agent) => <Row key={agent.id} agent={agent} />)}</ul>
    </>
  );
}

function Row({ agent }: { agent: Agent }) {
  const words = p.value.agents;
  return (
    <li>
      <button type="button" class={`list-row${agent.disabled ? " is-off" : ""}`}
        onClick={() => go({ page: "settings", section: "agents", item: agent.id })}>
        <Avatar id={agent.id} name={agent.name} online={agent.available && !agent.disabled} />
        <span class="list-main">
          <strong dir="auto">{agent.name}</strong>
          <span class="faint" dir="ltr">{agent.email}</span>
        </span>
        {agent.disabled && <span class="chip">{words.disabled}</span>}
        {!agent.has_password && !agent.disabled && (
          <span class="chip chip-waiting_for_human">{words.invited}</span>
        )}
        <span class="list-who">{words.roles[agent.role]}</span>
      </button>
    </li>
  );
}

interface Values {
  name: string;
  email: string;
  role: AgentRole;
  sites: string[];
  chat_limit: string;
  /** Which version the others are of. */
  version: number;
}
const FIELDS: (keyof Values)[] = ["name", "email", "chat_limit"];

function valuesOf(agent: Agent | null): Values {
  return {
    name: agent?.name ?? "", email: agent?.email ?? "", role: agent?.role ?? "agent",
    sites: agent?.sites ?? [], chat_limit: agent?.chat_limit?.toString() ?? "",
    version: agent?.version ?? 0,
  };
}

function check({ name, email, chat_limit }: Values): Wrong {
  const words = p.value.agents;
  const length = [...name.trim()].length;
  if (length === 0 || length > 100) {
    return { field: "name", text: words.noName };
  }
  if (!/^[^\s@]+@[^\s@]+$/.test(email.trim())) {
    return { field: "email", text: words.badEmail };
  }
  return numberIn(chat_limit, 0, 100) === undefined
    ? { field: "chat_limit", text: words.badLimit } : null;
}

/** Nobody gives, or changes, a role above their own: the server decides, this only says so. */
function AgentForm({ agent }: { agent: Agent | null }) {
  const desk = useDesk();
  const words = p.value.agents;
  const own = desk.role.value ?? "support_agent";
  const isHigher = agent !== null && ranks(agent.role) > ranks(own);
  const form = useForm<Values>({
    key: `agent ${agent?.id ?? "new"}`, begin: valuesOf(agent), check,
    save: async ({ name, email, role, sites, chat_limit: limit, version }) => {
      const { requests } = desk.directory;
      const part = {
        name: name.trim(), role, sites, chat_limit: numberIn(limit, 0, 100) ?? null,
      };
      const saved = agent
        ? await changeAgent(requests, agent.id, { ...part, version })
        : await putAgent(requests, crypto.randomUUID(), { ...part, email: email.trim() });
      listsOf(desk).agents.set((all) => withOne(all, saved));
      go({ page: "settings", section: "agents", item: saved.id }, agent ? "replace" : "push");
      return valuesOf(saved);
    },
    renew: async () => valuesOf(await newest(listsOf(desk).agents, agent?.id)),
  });
  const { values, set } = form;
  const seesAll = values.role === "admin" || values.role === "owner";
  return (
    <>
      <FormPage title={agent?.name ?? words.newTitle} section="agents" form={form} fields={FIELDS}>
        {isHigher && <p class="age">{words.higher}</p>}
        <TextField form={form} name="name" label={words.name} />
        {agent ? <p class="faint" dir="ltr">{agent.email}</p>
          : <TextField form={form} name="email" label={words.email} type="email" dir="ltr" />}
        <Choice<AgentRole> label={words.role} value={values.role}
          options={ROLES.filter((role) => ranks(role) <= ranks(own) || role === values.role)
            .map((id) => ({ id, label: words.roles[id] }))}
          pick={(role) => set({ role })} />
        <fieldset>
          <legend>{words.sites}</legend>
          {seesAll ? <p class="faint small">{words.allSites}</p>
            : desk.people.value.sites.map(({ id, name }) => (
              <Check key={id} label={name} checked={values.sites.includes(id)}
                set={(on) => set({
                  sites: on ? [...values.sites, id] : values.sites.filter((one) => one !== id),
                })} />
            ))}
        </fieldset>
        <TextField form={form} name="chat_limit" label={words.limit} hint={words.limitHint}
          type="number" />
        {agent && !isHigher && (
          <Standings agent={agent} changed={(saved) => form.accept(valuesOf(saved))} />
        )}
      </FormPage>
      {agent && !isHigher && <Sessions agent={agent.id} />}
    </>
  );
}

function Standings({ agent, changed }: { agent: Agent; changed: (saved: Agent) => void }) {
  const desk = useDesk();
  const words = p.value.agents;
  const [link, setLink] = useState<Link | null>(null);
  const { requests } = desk.directory;
  const run = async (action: () => Promise<void>) => {
    try {
      await action();
    } catch (error) {
      tell(error instanceof ApiError ? failureText(error) : t.value.api.codes.other, "bad");
    }
  };
  const toggle = async () => {
    const { disabled, name } = agent;
    const sure = disabled
      || await confirm(words.disableQuestion(name), words.disableLead, words.disable, "danger");
    if (sure) {
      await run(async () => {
        const saved = await changeAgent(requests, agent.id,
          { disabled: !disabled, version: agent.version });
        listsOf(desk).agents.set((all) => withOne(all, saved));
        changed(saved);
      });
    }
  };
  const takeOff = async () => {
    const question = words.takeOffQuestion(agent.name);
    if (await confirm(question, words.takeOffLead, words.takeOff, "danger")) {
      await run(async () => {
        await takeOffSecondFactor(requests, agent.id);
        listsOf(desk).agents.set((all) => withOne(all, { ...agent, second_factor: false }));
      });
    }
  };
  return (
    <div class="standings">
      {link ? <HandOver agent={agent} link={link} /> : (
        <button type="button" class="button"
          onClick={() => void run(async () => setLink(await makeLink(requests, agent.id)))}>
          {words.link}
        </button>
      )}
      {agent.second_factor && !desk.me.value.has(agent.id) && (
        <button type="button" class="button" onClick={() => void takeOff()}>
          {words.takeOff}
        </button>
      )}
      {!desk.me.value.has(agent.id) && (
        <button type="button" class={`button${agent.disabled ? "" : " danger-quiet"}`}
          onClick={() => void toggle()}>
          {agent.disabled ? words.enable : words.disable}
        </button>
      )}
    </div>
  );
}

function HandOver({ agent, link }: { agent: Agent; link: Link }) {
  const words = p.value.agents;
  const address = `${location.origin}/desk#/link/${link.token}`;
  const copy = async () => {
    if (await attempt(() => navigator.clipboard.writeText(address))) {
      tell(p.value.sites.copied);
    }
  };
  return (
    <section class="embed" aria-label={words.linkTitle(agent.name)}>
      <h3>{words.linkTitle(agent.name)}</h3>
      <p class="faint small">{words.linkLead(momentOf(link.expires_at, now.value))}</p>
      <div class="embed-code">
        <code dir="ltr">{address}</code>
        <button type="button" class="button" onClick={() => void copy()}>
          {p.value.sites.copy}
        </button>
      </div>
    </section>
  );
}
