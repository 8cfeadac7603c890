/** Searching all words that are there now. What was found is kept nowhere, nor in the address. */

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { conversations, search as ask, visitorsByEmail } from "../api/endpoints.js";
import { ApiError } from "../api/request.js";
import type { Found, Past } from "../api/shapes.js";
import { useDesk } from "../components/context.js";
import { failureText } from "../components/Failure.js";
import { StatusChip } from "../components/StatusChip.js";
import { split } from "../model/find.js";
import { plain } from "@rejoinder/client/markdown";
import { siteName } from "../model/names.js";
import { now } from "../state/clock.js";
import type { Desk } from "../state/desk.js";
import { showFound } from "../state/find.js";
import { momentOf, t } from "../state/i18n.js";
import { go } from "../state/route.js";
import { PageHead } from "./parts.js";
import { p } from "./words/index.js";

/** In memory while the page lives, so that one can come back from what was opened. */
const typed = signal("");
/** Chats of visitors by their e-mail address; null where none was asked for. */
const people = signal<Past[] | null>(null);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const found = signal<(Found & { query: string }) | null>(null);

export function Search() {
  const desk = useDesk();
  const words = p.value.search;
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  // What is recalled while the results are on the screen must not stay there.
  useEffect(() => desk.client.on("recalled", ({ message }) => {
    const { value } = found;
    found.value = value && { ...value, hits: value.hits.filter((hit) => hit.message !== message) };
  }), [desk]);
  const run = async (query: string, from: Found["next"]) => {
    people.value = null;
    if (UUID.test(query)) {
      go({ page: "inbox", conversation: query.toLowerCase() });
      return;
    }
    if ([...query].length < 2) {
      setFailure(words.short);
      return;
    }
    setBusy(true);
    setFailure(null);
    try {
      const answer = await ask(desk.directory.requests, query, from);
      if (query.includes("@") && from === null) {
        people.value = await chatsOf(desk, query);
      }
      const before = from === null ? [] : found.peek()?.hits ?? [];
      found.value = { ...answer, hits: [...before, ...answer.hits], query };
    } catch (error) {
      const isOffline = error instanceof ApiError && error.failure === "offline";
      setFailure(isOffline ? words.offline : error instanceof ApiError ? failureText(error)
        : t.value.api.codes.other);
    } finally {
      setBusy(false);
    }
  };
  const result = found.value;
  return (
    <main class="column page" aria-label={words.title}>
      <div class="page-main">
        <PageHead title={words.title} lead={words.lead} whole />
        <form class="search-form" onSubmit={(event) => {
          event.preventDefault();
          void run(typed.peek().trim(), null);
        }}>
          <input type="search" class="picker" ref={field} autoComplete="off" name="search-words"
            aria-label={words.label} placeholder={words.label} value={typed.value} dir="auto"
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }} />
          <button type="submit" class="button primary" aria-disabled={busy}>{words.submit}</button>
        </form>
        <p class={failure ? "bad small" : "faint small"} role="status">
          {failure ?? (busy ? p.value.loading : result === null ? words.start
            : result.hits.length === 0 && result.next === null ? words.empty
              : words.looked(result.messages))}
        </p>
        {people.value && <Chats of={people.value} />}
        <ul class="list" aria-label={words.title}>
          {result?.hits.map((hit) => <Hit key={`${hit.document} ${hit.message}`} hit={hit}
            query={result.query} />)}
        </ul>
        {result !== null && result.next !== null && (
          <button type="button" class="button more" aria-disabled={busy}
            onClick={() => void run(result.query, result.next)}>{words.goOn}</button>
        )}
      </div>
    </main>
  );
}

/** Chats of those whose address begins so. Support agents may not look visitors up. */
async function chatsOf(desk: Desk, email: string): Promise<Past[]> {
  const { requests } = desk.directory;
  if (desk.role.peek() === "support_agent") {
    return [];
  }
  const visitors = await visitorsByEmail(requests, email);
  for (const visitor of visitors) {
    desk.directory.names.learn(visitor);
  }
  const pages = await Promise.all(visitors.map(({ id }) => conversations(requests,
    { visitor: id })));
  return pages.flatMap(({ rows }) => rows);
}

function Chats({ of }: { of: Past[] }) {
  const desk = useDesk();
  const words = p.value.search;
  return (
    <section aria-label={words.chats}>
      <h2 class="small">{words.chats}</h2>
      {of.length === 0 && <p class="faint small">{words.noChats}</p>}
      <ul class="list">
        {of.map((row) => (
          <li key={row.conversation}>
            <button type="button" class="list-row" onClick={() =>
              go({ page: "inbox", conversation: row.conversation })}>
              <span class="list-main">
                <strong>{desk.visitorName(row.visitor)}</strong>
                <span class="faint">{siteName(desk.people.value, row.site) ?? ""}</span>
              </span>
              <StatusChip status={row.status} closed={row.closed} />
              <time class="faint">{momentOf(row.at, now.value)}</time>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Hit({ hit, query }: { hit: Found["hits"][number]; query: string }) {
  const desk = useDesk();
  const { conversation, document, message } = hit;
  const row = desk.row(conversation)?.row ?? null;
  const author = desk.nameOf(hit.author, hit.kind === "visitor" ? hit.author : null);
  const isAssistant = hit.kind === "assistant";
  const words = query.split(/\s+/).filter(Boolean);
  return (
    <li>
      <button type="button" class="list-row" onClick={() => {
        showFound(conversation, words[0] ?? "", message);
      }}>
        <span class="list-main">
          <span class="faint">
            <strong>{isAssistant ? t.value.who.source.assistant : author}</strong>
            {document === "team" && <span class="label label-note">{p.value.search.note}</span>}
            {row && hit.kind !== "visitor" && <> · {desk.visitorName(row.visitor)}</>}
            {" · "}{siteName(desk.people.value, hit.site) ?? ""}
          </span>
          <span class="excerpt" dir="auto">
            <Marked text={plain(hit.excerpt)} words={words} />
          </span>
        </span>
        <time class="faint">{momentOf(hit.at, now.value)}</time>
      </button>
    </li>
  );
}

function Marked({ text, words }: { text: string; words: string[] }) {
  const [first, ...rest] = words;
  if (first === undefined) {
    return <>{text}</>;
  }
  return (
    <>
      {split(text, first).map((part, i) => i % 2 ? <mark key={i}>{part}</mark>
        : <Marked key={i} text={part} words={rest} />)}
    </>
  );
}
