import { useEffect, useState } from "preact/hooks";
import type { CannedResponse } from "../../api/shapes.js";
import { useDesk } from "../../components/context.js";
import { CannedForm, removeCanned } from "../../components/details/CannedForm.js";
import { Icon } from "../../components/Icon.js";
import { Menu } from "../../components/Menu.js";
import { plain } from "@rejoinder/client/markdown";
import { t } from "../../state/i18n.js";
import { PageHead, Standing } from "../parts.js";
import { p } from "../words/index.js";
import { SiteChoice, useSite } from "./SiteChoice.js";

export function Canned() {
  const desk = useDesk();
  const words = p.value.canned;
  const [site, setSite] = useSite();
  const { canned } = desk.directory;
  const known = canned.state.value;
  useEffect(() => void canned.refresh(), [canned]);
  const [editing, setEditing] = useState<Partial<CannedResponse> | null>(null);
  const rows = (known.value ?? []).filter((one) => one.site === site);
  return (
    <>
      <PageHead title={p.value.settings.sections.canned} lead={words.lead}>
        <button type="button" class="button primary" onClick={() => setEditing({ site })}>
          {words.add}
        </button>
      </PageHead>
      <SiteChoice site={site} pick={setSite} />
      {editing && (
        <CannedForm key={editing.id ?? "new"} one={editing} done={() => setEditing(null)} />
      )}
      <Standing of={known} again={() => void canned.refresh()} empty={words.empty} icon="bolt"
        count={rows.length} />
      <ul class="list">
        {rows.map((one) => (
          <li key={one.id} class="list-item">
            <span class="list-row">
              <span class="list-main">
                <strong dir="ltr">/{one.shortcut}</strong>
                <span class="faint" dir="auto">{plain(one.text)}</span>
              </span>
            </span>
            <Menu label={t.value.shortcuts.menu(one.shortcut)} actions={[
              { label: t.value.shortcuts.edit, icon: "edit", run: () => setEditing(one) },
              { label: t.value.shortcuts.remove, icon: "removed", danger: true,
                run: () => void removeCanned(desk, one) },
            ]}>
              <Icon name="more" />
            </Menu>
          </li>
        ))}
      </ul>
    </>
  );
}
