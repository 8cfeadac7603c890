import type { Status } from "@rejoinder/client";
import { t } from "../state/i18n.js";

export function StatusChip({ status, closed }: { status: Status; closed: boolean }) {
  const id = closed ? "closed" : status;
  return <span class={`chip chip-${id}`}>{t.value.status[id]}</span>;
}
