import { useEffect, useState } from "preact/hooks";
import { putCategory, removeCategory } from "../../api/endpoints.js";
import type { Category } from "../../api/shapes.js";
import { useDesk } from "../../components/context.js";
import { Icon } from "../../components/Icon.js";
import { Menu } from "../../components/Menu.js";
import { confirm, tell } from "../../state/ask.js";
import { t } from "../../state/i18n.js";
import { Field, PageHead, Standing, tied, type Wrong, wrongOf } from "../parts.js";
import { p } from "../words/index.js";
import { SiteChoice, useSite } from "./SiteChoice.js";

export function Categories() {
  const desk = useDesk();
  const words = p.value.categories;
  const [site, setSite] = useSite();
  const { categories } = desk.directory;
  const known = categories.state.value;
  useEffect(() => void categories.refresh(), [categories]);
  const [editing, setEditing] = useState<Category | null>(null);
  const rows = (known.value ?? []).filter((one) => one.site === site);
  const remove = async (one: Category) => {
    if (!await confirm(words.removeQuestion(one.name), words.removeLead, words.remove, "danger")) {
      return;
    }
    try {
      await removeCategory(desk.directory.requests, one.id);
      categories.set((all) => (all ?? []).filter(({ id }) => id !== one.id));
    } catch (error) {
      tell(wrongOf(error)?.text ?? "", "bad");
    }
  };
  return (
    <>
      <PageHead title={p.value.settings.sections.categories} lead={words.lead} />
      <SiteChoice site={site} pick={setSite} />
      <Standing of={known} again={() => void categories.refresh()} empty={words.empty} icon="tag"
        count={rows.length} />
      <ul class="list">
        {rows.map((one) => editing?.id === one.id
          ? (
            <li key={one.id} class="list-item">
              <Name key={one.id} site={site} one={one} done={() => setEditing(null)} />
            </li>
          ) : (
            <li key={one.id} class="list-item">
              <span class="list-row"><strong class="list-main" dir="auto">{one.name}</strong></span>
              <Menu label={one.name} actions={[
                { label: words.rename, icon: "edit", run: () => setEditing(one) },
                { label: words.remove, icon: "removed", danger: true,
                  run: () => void remove(one) },
              ]}>
                <Icon name="more" />
              </Menu>
            </li>
          ))}
      </ul>
      {site !== "" && <Name key={`new ${site}`} site={site} one={null} done={() => undefined} />}
    </>
  );
}

function Name({ site, one, done }: { site: string; one: Category | null; done: () => void }) {
  const desk = useDesk();
  const words = p.value.categories;
  const [name, setName] = useState(one?.name ?? "");
  const [wrong, setWrong] = useState<Wrong>(null);
  const id = one ? "name" : "new-name";
  const save = async (event: Event) => {
    event.preventDefault();
    const text = name.trim();
    if (text === "" || [...text].length > 100) {
      setWrong({ field: id, text: words.bad });
      return;
    }
    try {
      const saved = await putCategory(desk.directory.requests,
        { id: one?.id ?? crypto.randomUUID(), site, name: text });
      desk.directory.categories.set((all) => [
        ...(all ?? []).filter((other) => other.id !== saved.id), saved,
      ].toSorted((a, b) => a.name.localeCompare(b.name)));
      setWrong(null);
      setName("");
      done();
    } catch (error) {
      setWrong({ field: id, text: wrongOf(error)?.text ?? "" });
    }
  };
  return (
    <form class="form inline-form" noValidate onSubmit={(event) => void save(event)}>
      <Field id={id} label={one ? words.rename : words.name} wrong={wrong}>
        <input class="picker" dir="auto" value={name} {...tied(id, wrong)}
          onInput={(event) => setName(event.currentTarget.value)} />
      </Field>
      <button type="submit" class="button primary">{one ? p.value.save : words.add}</button>
      {one && (
        <button type="button" class="button" onClick={done}>{t.value.dialog.cancel}</button>
      )}
    </form>
  );
}
