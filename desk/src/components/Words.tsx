/** Words as elements, from their tree: nothing of a text is ever read as HTML. */

import { useMemo } from "preact/hooks";
import { type Block, type Inline, parse } from "../model/markdown.js";

export function Words({ text }: { text: string }) {
  const blocks = useMemo(() => parse(text), [text]);
  return (
    <div class="words" dir="auto">
      {blocks.map((block, i) => <BlockOf key={i} block={block} />)}
    </div>
  );
}

function BlockOf({ block }: { block: Block }) {
  switch (block.type) {
    case "paragraph": return <p><Inlines nodes={block.children} /></p>;
    case "quote": return <blockquote><Inlines nodes={block.children} /></blockquote>;
    case "code": return <pre dir="ltr"><code>{block.text}</code></pre>;
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
    case "text": return <>{node.text}</>;
    case "break": return <br />;
    case "code": return <code dir="ltr">{node.text}</code>;
    case "bold": return <strong><Inlines nodes={node.children} /></strong>;
    case "italic": return <em><Inlines nodes={node.children} /></em>;
    case "strike": return <s><Inlines nodes={node.children} /></s>;
    case "link": return (
      <a href={node.href} target="_blank" rel="noopener noreferrer nofollow ugc">
        <Inlines nodes={node.children} />
      </a>
    );
  }
}
