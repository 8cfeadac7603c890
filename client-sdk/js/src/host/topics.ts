import type { People, StorageMode, Upload } from "../api.js";
import type { Topic, Topics } from "../protocol.js";
import type { Core } from "./core.js";
import { conversationOf } from "./following.js";
import { NO_PEOPLE } from "./people.js";

/** Where topics are read. */
interface Sources {
  core: Core;
  mode: StorageMode;
  people: People | null;
  uploads: Upload[];
}

/** What a topic is now, as JSON. */
export function textOf(topic: Topic, { core, mode, people, uploads }: Sources): string {
  const conversation = conversationOf(topic);
  if (conversation !== null) return core.conversation(conversation, Date.now());
  switch (topic as keyof Topics) {
    case "identity":
      return core.identity();
    case "connection":
      return JSON.stringify(core.connection());
    case "storage":
      return JSON.stringify(mode);
    case "waiting":
      return JSON.stringify(core.waiting());
    case "inbox":
      return core.inbox();
    case "offers":
      return core.offers();
    case "notifications":
      return core.notifications();
    case "uploads":
      return JSON.stringify(uploads);
    case "people":
      return JSON.stringify(people ?? NO_PEOPLE);
  }
}
