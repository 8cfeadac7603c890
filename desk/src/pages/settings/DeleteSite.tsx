/** The end of a site. What it takes along is said before, and its name is typed. */

import { useState } from "preact/hooks";
import { deleteSite } from "../../api/endpoints.js";
import type { Site } from "../../api/shapes.js";
import { useDesk } from "../../components/context.js";
import { tell } from "../../state/ask.js";
import { t } from "../../state/i18n.js";
import { go } from "../../state/route.js";
import { Field, focusWrong, tied, type Wrong, wrongOf } from "../parts.js";
import { p } from "../words/index.js";
import { listsOf } from "./lists.js";

const FIELD = "delete-name";

export function DeleteSite({ site }: { site: Site }) {
  const words = p.value.sites;
  const [isOpen, setOpen] = useState(false);
  return (
    <section class="embed form danger-zone" aria-label={words.delete}>
      <h3>{words.delete}</h3>
      <p class="muted">{words.deleteLead}</p>
      {isOpen ? <Confirm site={site} cancel={() => setOpen(false)} /> : (
        <button type="button" class="button danger-quiet" onClick={() => setOpen(true)}>
          {words.delete}
        </button>
      )}
    </section>
  );
}

function Confirm({ site, cancel }: { site: Site; cancel: () => void }) {
  const desk = useDesk();
  const words = p.value.sites;
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState<Wrong>(null);
  const [busy, setBusy] = useState(false);
  const refuse = (why: Wrong) => {
    setWrong(why);
    focusWrong(FIELD);
  };
  const run = async () => {
    if (typed.trim() !== site.name) {
      refuse({ field: FIELD, text: words.otherName });
      return;
    }
    setBusy(true);
    try {
      await deleteSite(desk.directory.requests, site.id, typed.trim());
      listsOf(desk).sites.set((all) => (all ?? []).filter(({ id }) => id !== site.id));
      tell(words.deleted(site.name));
      go({ page: "settings", section: "sites", item: null }, "replace");
    } catch (error) {
      refuse({ field: FIELD, text: wrongOf(error)?.text ?? words.otherName });
      setBusy(false);
    }
  };
  return (
    <>
      <Field id={FIELD} label={words.typeName(site.name)} wrong={wrong}>
        <input class="picker" dir="auto" autocomplete="off" value={typed} {...tied(FIELD, wrong)}
          onInput={(event) => setTyped(event.currentTarget.value)} />
      </Field>
      <div class="danger-actions">
        <button type="button" class="button danger" aria-disabled={busy}
          onClick={() => void (busy || run())}>{words.deleteNow}</button>
        <button type="button" class="button" onClick={cancel}>{t.value.dialog.cancel}</button>
      </div>
    </>
  );
}
