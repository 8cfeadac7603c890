import type { ConversationId, InboxRow } from "../views.js";

/** What of an inbox is other than it was. */
export interface RowChanges {
  rows: InboxRow[];
  gone: ConversationId[];
}

/**
 * The inbox as it was told last. A page is told what has changed, not thousands of rows with each
 * message: taking those apart would keep it from answering whoever works there.
 */
export class ToldRows {
  #told = new Map<ConversationId, string>();

  /** What has changed since it was asked last, given all rows as JSON. */
  changes(text: string): RowChanges {
    const now = new Map<ConversationId, string>();
    const rows = (JSON.parse(text) as InboxRow[]).filter((row) => {
      const json = JSON.stringify(row);
      now.set(row.conversation, json);
      return this.#told.get(row.conversation) !== json;
    });
    const gone = [...this.#told.keys()].filter((id) => !now.has(id));
    this.#told = now;
    return { rows, gone };
  }
}

/** An inbox with changes taken in: newest first, rows that have not changed are the same objects. */
export function withChanges(inbox: InboxRow[], { rows, gone }: RowChanges): InboxRow[] {
  const replaced = new Set([...gone, ...rows.map((row) => row.conversation)]);
  const kept = inbox.filter((row) => !replaced.has(row.conversation));
  return [...kept, ...rows].sort(
    (a, b) => b.at - a.at || (a.conversation < b.conversation ? 1 : -1),
  );
}
