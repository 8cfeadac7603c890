import type { Body } from "@rejoinder/client";
import { useMemo } from "preact/hooks";
import { type Block, type Inline, parse } from "@rejoinder/client/markdown";

/** What somebody said: elements made of a tree, never of HTML. */
export function Words({ body }: { body: Body }) {
  const blocks = useMemo(() => parse(body.text), [body.text]);
  return (
    <div class="words" dir="auto">
      {blocks.map((block, place) => (
        <Part key={place} block={block} />
      ))}
    </div>
  );
}

function Part({ block }: { block: Block }) {
  switch (block.type) {
    case "paragraph":
      return (
        <p>
          <Line nodes={block.children} />
        </p>
      );
    case "code":
      return (
        <pre dir="ltr">
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return (
        <blockquote>
          {block.children.map((child, place) => (
            <Part key={place} block={child} />
          ))}
        </blockquote>
      );
    case "list": {
      const items = block.items.map((item, place) => (
        <li key={place}>
          <Line nodes={item} />
        </li>
      ));
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function Line({ nodes }: { nodes: Inline[] }) {
  return (
    <>
      {nodes.map((node, place) => (
        <Node key={place} node={node} />
      ))}
    </>
  );
}

function Node({ node }: { node: Inline }) {
  switch (node.type) {
    case "text":
      return <>{node.text}</>;
    case "code":
      return <code>{node.text}</code>;
    case "break":
      return <br />;
    case "bold":
      return (
        <strong>
          <Line nodes={node.children} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Line nodes={node.children} />
        </em>
      );
    case "strike":
      return (
        <del>
          <Line nodes={node.children} />
        </del>
      );
    case "mention":
      return <>@{node.name}</>;
    case "link":
      return (
        <a href={node.href} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
          <Line nodes={node.children} />
        </a>
      );
  }
}
