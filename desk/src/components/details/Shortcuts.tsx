/** Canned responses by click, and one's own of them to add, change and remove. */

import type { ConversationView } from "@rejoinder/client";
import { useState } from "preact/hooks";
import type { CannedResponse } from "../../api/shapes.js";
import { cannedFor } from "../../model/trigger.js";
import { plain } from "@rejoinder/client/markdown";
import { insert } from "../../state/composing.js";
import { t } from "../../state/i18n.js";
import { isWide, setDetails } from "../../state/layout.js";
import { useDesk } from "../context.js";
import { Age } from "../Failure.js";
import { Icon } from "../Icon.js";
import { Menu } from "../Menu.js";
import { CannedForm, removeCanned } from "./CannedForm.js";

export function Shortcuts({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.shortcuts;
  const { canned } = desk.directory;
  const [typed, setTyped] = useState("");
  const [editing, setEditing] = useState<Partial<CannedResponse> | null>(null);
  const known = canned.state.value;
  const all = cannedFor(known.value ?? [], view.row?.site ?? null);
  const wanted = typed.trim().toLocaleLowerCase();
  const shown = all.filter(({ shortcut, text }) =>
    `${shortcut} ${text}`.toLocaleLowerCase().includes(wanted));
  return (
    <section class="shortcuts" aria-label={words.title}>
      <input type="search" class="picker" autoComplete="off" name="shortcuts" value={typed}
        aria-label={words.filter} placeholder={words.filter}
        onInput={(event) => setTyped(event.currentTarget.value)} />
      <Age of={known} again={() => void canned.refresh()} />
      {all.length === 0 && known.at !== null && <p class="faint small">{words.none}</p>}
      {known.at === null && known.error === null && <p class="faint small">{words.loading}</p>}
      {all.length > 0 && shown.length === 0 && <p class="faint small">{words.noneFits}</p>}
      <ul>
        {shown.map((one) => (
          <Shortcut key={one.id} one={one} edit={() => setEditing(one)} />
        ))}
      </ul>
      {editing === null
        ? (
          <button type="button" class="button" onClick={() => setEditing({})}>
            {words.add}
          </button>
        ) : <CannedForm key={editing.id ?? "new"} one={editing} done={() => setEditing(null)} />}
    </section>
  );
}

function Shortcut({ one, edit }: { one: CannedResponse; edit: () => void }) {
  const desk = useDesk();
  const words = t.value.shortcuts;
  const use = () => {
    insert(one.text);
    if (!isWide.peek()) {
      setDetails(false);
    }
  };
  return (
    <li class="shortcut">
      <button type="button" class="shortcut-use" title={words.use} onClick={use}>
        <b dir="ltr">/{one.shortcut}</b>
        <span dir="auto">{plain(one.text)}</span>
      </button>
      {one.site === null && (
        <Menu label={words.menu(one.shortcut)} actions={[
          { label: words.edit, icon: "edit", run: edit },
          { label: words.remove, icon: "removed", danger: true, run: () => void removeCanned(desk, one) },
        ]}>
          <Icon name="more" size={16} />
        </Menu>
      )}
    </li>
  );
}
