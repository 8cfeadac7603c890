/** Whether one takes chats, at the top of the inbox, and the way to why none come. */

import { useEffect } from "preact/hooks";
import { ApiError } from "../api/request.js";
import { AVAILABILITIES, type Availability } from "../api/shapes.js";
import { sheet, tell } from "../state/ask.js";
import { t } from "../state/i18n.js";
import { useDesk } from "./context.js";
import { failureText } from "./Failure.js";
import { Menu } from "./Menu.js";

export function AvailabilitySwitch() {
  const desk = useDesk();
  const words = t.value.availability;
  const { standing } = desk;
  const connection = desk.connection.value;
  useEffect(() => {
    if (connection === "live") {
      void standing.me.refresh();
    }
  }, [standing, connection]);
  const state = standing.shown.value ?? "unknown";
  // Without a connection nobody is given chats, whatever they chose.
  const shown = connection === "offline" && state === "online" ? "offline" : state;
  const choose = async (availability: Availability) => {
    try {
      await standing.choose(availability);
    } catch (error) {
      tell(error instanceof ApiError ? failureText(error) : t.value.api.codes.other, "bad");
    }
  };
  if (!desk.directory.isThere.value) {
    return null;
  }
  return (
    <Menu class={`availability is-${shown}`} label={words.label(words.states[shown])}
      actions={[
        ...AVAILABILITIES.map((id) => ({
          label: words.states[id], detail: words.leads[id], checked: state === id,
          disabled: connection === "offline" ? words.needsNetwork : null,
          run: () => void choose(id),
        })),
        { label: words.why, icon: "help" as const, run: () => {
          sheet.value = "why";
        } },
      ]}>
      <i class="pill-dot" aria-hidden="true" />{words.states[shown]}
    </Menu>
  );
}
