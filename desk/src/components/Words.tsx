/** Words as elements, from their tree: nothing of a text is ever read as HTML. */

import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import { split } from "../model/find.js";
import { type Block, type Inline, parse } from "@rejoinder/client/markdown";
import { useDesk } from "./context.js";

type Look = {
  /** What is looked for, and marked. */
  find: string;
  /** Whether mentions are shown as such: they are a thing of notes. */
  mentions: boolean;
};

const LookContext = createContext<Look>({ find: "", mentions: false });

export function Words({ text, find = "", mentions = false }: { text: string } & Partial<Look>) {
  const blocks = useMemo(() => parse(text), [text]);
  const look = useMemo(() => ({ find, mentions }), [find, mentions]);
  return (
    <LookContext.Provider value={look}>
      <div class="words" dir="auto">
        {blocks.map((block, i) => <BlockOf key={i} block={block} />)}
      </div>
    </LookContext.Provider>
  );
}

function BlockOf({ block }: { block: Block }) {
  switch (block.type) {
    case "paragraph": return <p><Inlines nodes={block.children} /></p>;
    case "quote": return (
      <blockquote>{block.children.map((one, i) => <BlockOf key={i} block={one} />)}</blockquote>
    );
    case "code": return <pre dir="ltr"><code><Text text={block.text} /></code></pre>;
    case "list": {
      const items = block.items.map((item, i) => <li key={i}><Inlines nodes={item} /></li>);
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function Inlines({ nodes }: { nodes: Inline[] }) {
  return <>{nodes.map((node, i) => <InlineOf key={i} node={node} />)}</>;
}

function InlineOf({ node }: { node: Inline }) {
  switch (node.type) {
    case "text": return <Text text={node.text} />;
    case "break": return <br />;
    case "code": return <code dir="ltr"><Text text={node.text} /></code>;
    case "bold": return <strong><Inlines nodes={node.children} /></strong>;
    case "italic": return <em><Inlines nodes={node.children} /></em>;
    case "strike": return <s><Inlines nodes={node.children} /></s>;
    case "mention": return <Mention id={node.id} name={node.name} />;
    case "link": return (
      <a href={node.href} target="_blank" rel="noopener noreferrer nofollow ugc">
        <Inlines nodes={node.children} />
      </a>
    );
  }
}

function Text({ text }: { text: string }) {
  const { find } = useContext(LookContext);
  if (find === "") {
    return <>{text}</>;
  }
  return <>{split(text, find).map((part, i) => i % 2 ? <mark key={i}>{part}</mark> : part)}</>;
}

/** By the name that the person has now, where it is known. */
function Mention({ id, name }: { id: string; name: string }) {
  const desk = useDesk();
  const { mentions } = useContext(LookContext);
  if (!mentions) {
    return <Text text={`@${name}`} />;
  }
  const known = desk.people.value.agents.find((agent) => agent.id === id)?.name ?? name;
  return (
    <span class={`mention${desk.me.value.has(id) ? " mention-me" : ""}`}>
      <Text text={`@${known}`} />
    </span>
  );
}
