/** Who came: what is known of them, where they were, and what an agent may do about it. */

import type { ConversationView, FeedRow } from "@rejoinder/client";
import { useEffect } from "preact/hooks";
import { blockVisitor, eraseVisitor } from "../../api/endpoints.js";
import { ApiError } from "../../api/request.js";
import type { Visitor } from "../../api/shapes.js";
import { withoutBidi } from "@rejoinder/client/markdown";
import { siteName } from "../../model/names.js";
import { confirm, tell } from "../../state/ask.js";
import { now } from "../../state/clock.js";
import { momentOf, t } from "../../state/i18n.js";
import { mayCategorise, mayErase } from "../../state/rights.js";
import { go } from "../../state/route.js";
import { useDesk } from "../context.js";
import { Age, failureText } from "../Failure.js";
import { Fact } from "./Picker.js";
import { VisitorField } from "./VisitorField.js";

export function VisitorFacts({ view }: { view: ConversationView }) {
  const { row } = view;
  return row && <Known key={row.visitor} row={row} />;
}

function Known({ row }: { row: FeedRow }) {
  const desk = useDesk();
  const words = t.value.details;
  const cached = desk.directory.visitor(row.visitor);
  const known = cached.state.value;
  const erased = known.value?.erased_at ?? null;
  useEffect(() => void cached.refresh(), [row.visitor]);
  return (
    <>
      <dl class="facts">
        <Fact label={words.visitor}>
          {known.value && erased === null && mayCategorise(desk)
            ? <VisitorField field="name" visitor={row.visitor} value={known.value.name} />
            : desk.visitorName(row.visitor)}
          {known.value?.verified && <span class="chip chip-active_human">{words.verified}</span>}
          {known.value?.blocked && <span class="chip chip-priority-urgent">{words.blocked}</span>}
          {erased !== null && <span class="chip">{words.erased}</span>}
        </Fact>
        {erased === null && (
          <Fact label={words.email}>
            <VisitorField field="email" visitor={row.visitor} value={known.value?.email ?? null} />
          </Fact>
        )}
        {known.value && <More visitor={known.value} />}
        <Fact label={words.site}>{siteName(desk.people.value, row.site) ?? "–"}</Fact>
        <Fact label={words.channel}>{words.web}</Fact>
        <Fact label={words.began}>{momentOf(row.at, now.value)}</Fact>
        {row.follows && <Followed id={row.follows} />}
      </dl>
      {known.error?.failure !== "refused" && (
        <Age of={known} again={() => void cached.refresh()} />
      )}
      {erased !== null && <p class="faint small after-facts">{words.erasedLead(momentOf(erased, now.value))}</p>}
      {known.value && erased === null && (
        <div class="danger-actions">
          {desk.role.value !== "support_agent" && <Block visitor={known.value} />}
          {mayErase(desk) && <Erase visitor={known.value} />}
        </div>
      )}
    </>
  );
}

function Followed({ id }: { id: string }) {
  const words = t.value.details;
  return (
    <Fact label={words.follows}>
      <button type="button" class="link"
        onClick={() => go({ page: "inbox", conversation: id })}>{words.openFollowed}</button>
    </Fact>
  );
}

function More({ visitor }: { visitor: Visitor }) {
  const words = t.value.details;
  const attributes = Object.entries(visitor.attributes);
  return (
    <>
      {attributes.map(([name, value]) => (
        <Fact key={name} label={name}><span dir="auto">{value}</span></Fact>
      ))}
      {visitor.pages.length > 0 && (
        <Fact label={words.pages}>
          <ul class="visited">
            {visitor.pages.slice(0, 5).map((page) => (
              <li key={`${page.at} ${page.url}`}>
                <PageLink url={page.url} title={page.title} />
                <small class="faint"> {momentOf(page.at, now.value)}</small>
              </li>
            ))}
          </ul>
        </Fact>
      )}
    </>
  );
}

/** Pages come from strangers: only web addresses become links, which say where they lead. */
function PageLink({ url, title }: { url: string; title: string }) {
  const text = withoutBidi(title).trim() || url;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed && ["http:", "https:"].includes(parsed.protocol) ? (
    <>
      <a href={parsed.href} target="_blank" rel="noopener noreferrer nofollow" dir="auto">{text}</a>
      {text !== url && <small class="faint"> <bdi>{parsed.host}</bdi> ·</small>}
    </>
  ) : <span dir="auto">{text}</span>;
}

function Block({ visitor }: { visitor: Visitor }) {
  const desk = useDesk();
  const words = t.value.details;
  const toggle = async () => {
    const { blocked } = visitor;
    if (!blocked && !await confirm(words.blockQuestion, words.blockLead, words.block, "danger")) {
      return;
    }
    try {
      const changed = await blockVisitor(desk.directory.requests, visitor.id, !blocked);
      desk.directory.visitor(visitor.id).set(() => changed);
    } catch (error) {
      tell(error instanceof ApiError ? failureText(error) : t.value.api.codes.other, "bad");
    }
  };
  return (
    <button type="button" class="button danger-quiet" onClick={() => void toggle()}>
      {visitor.blocked ? words.unblock : words.block}
    </button>
  );
}

/** Final, and said so once: everything that can be lost by it stands in the question. */
function Erase({ visitor }: { visitor: Visitor }) {
  const desk = useDesk();
  const words = t.value.details;
  const erase = async () => {
    if (!await confirm(words.eraseQuestion, words.eraseLead, words.erase, "danger")) {
      return;
    }
    try {
      const erased = await eraseVisitor(desk.directory.requests, visitor.id);
      desk.directory.visitor(visitor.id).set(() => erased);
      desk.directory.names.learn(erased);
      tell(words.eraseBegun);
    } catch (error) {
      tell(error instanceof ApiError ? failureText(error) : t.value.api.codes.other, "bad");
    }
  };
  return (
    <button type="button" class="button danger-quiet" onClick={() => void erase()}>
      {words.erase}
    </button>
  );
}
