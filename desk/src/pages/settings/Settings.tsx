/** What admins set, and others may see of it: which sections there are, roles decide. */

import type { ComponentType } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { ConnectionPill } from "../../components/ConnectionPill.js";
import { useDesk } from "../../components/context.js";
import { Icon } from "../../components/Icon.js";
import { sectionsOf } from "../../state/rights.js";
import { go, route, type Section } from "../../state/route.js";
import { p } from "../words/index.js";
import { Account } from "./Account.js";
import { Agents } from "./Agents.js";
import { Audit } from "./Audit.js";
import { Canned } from "./Canned.js";
import { Categories } from "./Categories.js";
import { Sites } from "./Sites.js";

const PARTS: Record<Section, ComponentType<{ item: string | null }>> = {
  sites: Sites, agents: Agents, categories: Categories, canned: Canned, audit: Audit,
  account: Account,
};

export function Settings() {
  const desk = useDesk();
  const words = p.value.settings;
  const here = route.value;
  const allowed = sectionsOf(desk);
  const asked = here.page === "settings" ? here.section : "account";
  const section = allowed.includes(asked) ? asked : allowed[0];
  const nav = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "nearest",
      block: "nearest" });
  }, [section]);
  if (!section) {
    return null;
  }
  const Part = PARTS[section];
  const item = here.page === "settings" && section === asked ? here.item : null;
  return (
    <main class="column page" aria-label={words.title}>
      <div class={`settings${item ? " has-item" : ""}`}>
        <nav class="settings-nav" aria-label={words.title} ref={nav}>
          <div class="settings-title"><h1>{words.title}</h1><ConnectionPill /></div>
          {allowed.map((id) => (
            <button key={id} type="button" class="settings-link"
              aria-current={id === section ? "page" : undefined}
              onClick={() => go({ page: "settings", section: id, item: null })}>
              {words.sections[id]}
            </button>
          ))}
        </nav>
        <div class="settings-body">
          {desk.connection.value === "offline" && (
            <p class="age" role="status"><Icon name="alert" size={16} />{words.needsNetwork}</p>
          )}
          <Part item={item} />
        </div>
      </div>
    </main>
  );
}
