/** Asking the server to search its own files, and to try every key it has. */

export interface ServerSearch {
  files: number;
  bytes: number;
  traces: string[];
  messages: { readable: number; holding: number; recalled: number; superseded: number };
}

/** What to do, where the server did not search. */
export class NotSearched extends Error {}

export async function searchServer(word: string): Promise<ServerSearch> {
  const asked = fetch("/demo/search", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ word }),
  });
  const answer = await asked.catch(() => null);
  if (answer === null) {
    throw new NotSearched("The server cannot be reached: is it still running?");
  }
  const said: unknown = await answer.json().catch(() => null);
  if (answer.ok && isServerSearch(said)) {
    return said;
  }
  throw new NotSearched("The server could not search its files: its log says why.");
}

function isServerSearch(said: unknown): said is ServerSearch {
  return (
    typeof said === "object" &&
    said !== null &&
    typeof Reflect.get(said, "files") === "number" &&
    Array.isArray(Reflect.get(said, "traces")) &&
    typeof Reflect.get(said, "messages") === "object"
  );
}
