/** One's own: who one is here, how one logs in, and where one is logged in. */

import { useDesk } from "../../components/context.js";
import { agentName } from "../../model/names.js";
import { p } from "../words/index.js";
import { PageHead } from "../parts.js";
import { SecondFactor } from "./SecondFactor.js";
import { Sessions } from "./Sessions.js";

export function Account() {
  const desk = useDesk();
  const me = desk.participant;
  const role = desk.role.value;
  if (me === null || role === null) {
    return null;
  }
  const name = agentName(desk.people.value, me) ?? "";
  return (
    <>
      <PageHead title={p.value.settings.sections.account}
        lead={`${name} · ${p.value.agents.roles[role]}`} />
      <SecondFactor />
      <Sessions agent={me} />
    </>
  );
}
