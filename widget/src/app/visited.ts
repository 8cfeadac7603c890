import { effect, untracked } from "@preact/signals";
import type { VisitedPage } from "../bridge";
import { post } from "./posting";
import type { Session } from "./session";

/** How often the page around is asked where it is, while somebody looks at the chat. */
const ASK_MILLIS = 5_000;

/** Tells the server which page the chat is on, once it is known who is there. */
export function tellPage(session: Session): void {
  let told: VisitedPage | null = null;
  effect(() => {
    if (!session.host.shown.value || session.connection.value !== "live") return undefined;
    const ask = () => {
      if (document.visibilityState === "visible") session.host.askForPage();
    };
    ask();
    const timer = setInterval(ask, ASK_MILLIS);
    return () => clearInterval(timer);
  });
  effect(() => {
    const page = session.host.page.value;
    const isThere = session.connection.value === "live" && session.principal.value !== null;
    if (!isThere || page === null || page === told) return;
    told = page;
    untracked(() => void send(session, page));
  });
}

/** It is lossy: an agent who does not see it asks. */
async function send(session: Session, [title, url]: VisitedPage): Promise<void> {
  if (/^https?:/.test(url)) await post(session, "page", { title, url });
}
