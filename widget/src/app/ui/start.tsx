import { useChat } from "../chat";
import { strings } from "../language";
import { initials } from "./message";

/** What stands above a thread that begins: who is there, and a greeting. */
export function Start() {
  const { session } = useChat();
  const words = strings.value;
  const info = session.site.info.value;
  const online = session.site.online.value.slice(0, 3);
  if (session.site.gone.value) return null;
  return (
    <div class="start">
      {online.length > 0 && (
        <p class="faces" aria-hidden="true">
          {online.map((agent) => (
            <span key={agent.id} class="avatar">
              {initials(agent.name)}
            </span>
          ))}
        </p>
      )}
      <h2>{session.host.look.value.greeting || info?.greeting || words.greeting}</h2>
      {info && !online.length && (
        <p>{info.human_support ? info.offline_message || words.away : words.assistantThere}</p>
      )}
    </div>
  );
}
