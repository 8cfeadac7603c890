/** Who follows a conversation besides its assignee; anybody of the team may be added. */

import type { ConversationView } from "@rejoinder/client";
import { agentName } from "../../model/names.js";
import { setFollowing } from "../../state/actions.js";
import { t } from "../../state/i18n.js";
import { Avatar } from "../Avatar.js";
import { useDesk } from "../context.js";
import { Icon } from "../Icon.js";

export function Collaborators({ view }: { view: ConversationView }) {
  const desk = useDesk();
  const words = t.value.details;
  const all = view.team?.collaborators ?? [];
  const mine = all.filter((id) => desk.me.value.has(id));
  const follow = () => void (mine.length === 0
    ? setFollowing(desk, desk.participant ?? "", true)
    : Promise.all(mine.map((id) => setFollowing(desk, id, false))));
  return (
    <div class="collaborators">
      {all.length > 0 && (
        <ul>
          {all.map((id) => (
            <li key={id}>
              <Avatar id={id} size="small" name={agentName(desk.people.value, id)} />
              <span>{desk.nameOf(id, null)}</span>
              <button type="button" class="icon-button small"
                aria-label={words.removeCollaborator(desk.nameOf(id, null))}
                title={words.removeCollaborator(desk.nameOf(id, null))}
                onClick={() => void setFollowing(desk, id, false)}>
                <Icon name="close" size={14} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <Add all={all} />
      <button type="button" class="link" aria-pressed={mine.length > 0} onClick={follow}>
        {mine.length > 0 ? words.unfollow : words.follow}
      </button>
    </div>
  );
}

function Add({ all }: { all: string[] }) {
  const desk = useDesk();
  const words = t.value.details;
  const others = desk.teammates.value.filter(({ id }) => !all.includes(id)
    && !desk.me.value.has(id));
  if (others.length === 0) {
    return null;
  }
  return (
    <select class="picker" aria-label={words.addCollaborator} value=""
      onChange={(event) => {
        const { value } = event.currentTarget;
        event.currentTarget.value = "";
        if (value) {
          void setFollowing(desk, value, true);
        }
      }}>
      <option value="">{words.addCollaborator}</option>
      {others.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
    </select>
  );
}
