/** Narrows the inbox down; what that hides is always said, with a way to see it. */

import { type Filters, isNarrowed, NO_FILTERS, PRIORITIES, STATUSES } from "../model/inbox.js";
import { t } from "../state/i18n.js";
import { change, settings } from "../state/settings.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { type Action, Menu } from "./Menu.js";

export function FilterMenu() {
  const words = t.value.filters;
  const { filters } = settings.value;
  const on = Object.values(filters).filter((value) => value !== null).length;
  return (
    <Menu label={on > 0 ? words.on(on) : words.label} title={words.label}
      class={`sort${on > 0 ? " is-on" : ""}`} actions={useActions(filters)}>
      <Icon name="filter" />
    </Menu>
  );
}

function useActions(filters: Filters): Action[] {
  const desk = useDesk();
  const words = t.value;
  const sites = desk.people.value.sites;
  return [
    ...(sites.length > 1 ? choices("site", filters, words.details.site,
      sites.map(({ id, name }) => ({ id, label: name }))) : []),
    ...choices("status", filters, words.details.status,
      STATUSES.map((id) => ({ id, label: words.status[id] }))),
    ...choices("priority", filters, words.details.priority,
      PRIORITIES.map((id) => ({ id, label: words.priority[id] }))),
    ...choices("category", filters, words.details.category,
      (desk.directory.categories.state.value.value ?? [])
        .map(({ id, name }) => ({ id, label: name }))),
    { heading: words.details.channel, label: words.details.web, checked: true,
      disabled: words.filters.webOnly, run: () => undefined },
    ...(isNarrowed(filters)
      ? [{ heading: words.filters.label, label: words.filters.clear, run: clearFilters }] : []),
  ];
}

/** Chosen again, a filter is taken off. */
function choices<K extends keyof Filters>(
  key: K, filters: Filters, heading: string,
  options: { id: NonNullable<Filters[K]>; label: string }[],
): Action[] {
  return options.map(({ id, label }, i) => ({
    ...(i === 0 ? { heading } : {}), label, checked: filters[key] === id,
    run: () => change({ filters: { ...filters, [key]: filters[key] === id ? null : id } }),
  }));
}

export function clearFilters(): void {
  change({ filters: NO_FILTERS });
}

/** "3 hidden by filters: clear", above the list while anything is filtered. */
export function FilteredLine() {
  const desk = useDesk();
  const words = t.value.filters;
  const { filters } = settings.value;
  if (!isNarrowed(filters)) {
    return null;
  }
  return (
    <p class="filtered" role="status">
      <span>{words.hidden(desk.list.filtered.value)}</span>
      <button type="button" class="link" onClick={clearFilters}>{words.clear}</button>
    </p>
  );
}
