import { useState } from "preact/hooks";
import { useDesk } from "../../components/context.js";
import { t } from "../../state/i18n.js";
import { Choice } from "../parts.js";

/** Of which site what is shown is; the first until another is chosen. */
export function useSite(): [string, (site: string) => void] {
  const desk = useDesk();
  const [site, setSite] = useState<string | null>(null);
  return [site ?? desk.people.value.sites[0]?.id ?? "", setSite];
}

export function SiteChoice({ site, pick }: { site: string; pick: (site: string) => void }) {
  const { sites } = useDesk().people.value;
  return sites.length < 2 ? null : (
    <div class="page-filters">
      <Choice label={t.value.details.site} value={site} pick={pick}
        options={sites.map(({ id, name }) => ({ id, label: name }))} />
    </div>
  );
}
