/** What an app can still show: words that its device has a key for. */

import type { Client, Conversation, ConversationView } from "@rejoinder/client";

/** Newest conversations that are looked through. */
const CONVERSATIONS = 20;

/** How long a view may take to be read from its store. */
const PATIENCE_MILLIS = 1_500;

export interface Readable {
  /** Messages and notes with words. */
  readable: number;
  /** Of these and of drafts, those that hold the word. */
  holding: number;
  /** Messages that show as recalled. */
  recalled: number;
}

export async function searchClient(client: Client, word: string): Promise<Readable> {
  const rows = client.inbox.value.slice(0, CONVERSATIONS);
  const views = rows.map((row) => view(client.conversation(row.conversation)));
  const sum: Readable = { readable: 0, holding: 0, recalled: 0 };
  for (const found of await Promise.all(views)) {
    if (found !== null) {
      count(found, word, sum);
    }
  }
  return sum;
}

function count(view: ConversationView, word: string, sum: Readable): void {
  for (const { words } of [...view.timeline.messages, ...(view.team?.notes ?? [])]) {
    if (words === "recalled") {
      sum.recalled += 1;
    } else if (typeof words === "object" && "said" in words) {
      sum.readable += 1;
      sum.holding += Number(words.said.text.includes(word));
    }
  }
  for (const draft of view.drafts) {
    sum.holding += Number(draft.text.includes(word));
  }
}

function view(conversation: Conversation): Promise<ConversationView | null> {
  return new Promise((resolve) => {
    let leave = () => {};
    const end = (found: ConversationView | null) => {
      window.clearTimeout(patience);
      queueMicrotask(() => leave());
      resolve(found);
    };
    const patience = window.setTimeout(() => end(null), PATIENCE_MILLIS);
    leave = conversation.view.subscribe((found) => {
      if (found !== null) {
        end(found);
      }
    });
  });
}
