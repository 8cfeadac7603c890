import { describe, expect, test } from "vitest";
import { type Block, type Inline, inline, parse } from "@rejoinder/client/markdown";

const text = (said: string): Inline => ({ type: "text", text: said });
const paragraph = (...children: Inline[]): Block => ({ type: "paragraph", children });

describe("marks", () => {
  test.each<[string, Inline[]]>([
    [
      "**bold** and *thin*",
      [
        { type: "bold", children: [text("bold")] },
        text(" and "),
        { type: "italic", children: [text("thin")] },
      ],
    ],
    [
      "~~gone~~ `a*b*c`",
      [{ type: "strike", children: [text("gone")] }, text(" "), { type: "code", text: "a*b*c" }],
    ],
    [
      "**a *b* c**",
      [
        {
          type: "bold",
          children: [text("a "), { type: "italic", children: [text("b")] }, text(" c")],
        },
      ],
    ],
    ["snake_case_name and 2 * 3 * 4", [text("snake_case_name and 2 * 3 * 4")]],
    ["a ** b", [text("a ** b")]],
    ["*open", [text("*open")]],
  ])("%s", (source, tree) => expect(inline(source)).toEqual(tree));

  test("a row of stars is read in no time", () => {
    const begun = performance.now();
    parse("*".repeat(10_000));
    parse("*a ".repeat(3_000));
    parse("_a **b ~~c ".repeat(900));
    parse("> ".repeat(5_000));
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe("links", () => {
  test.each<[string, string | null, string | null]>([
    ["see https://a.example/b?c=d.", "https://a.example/b?c=d", "https://a.example/b?c=d"],
    ["(https://a.example/x_(y))", "https://a.example/x_(y)", "https://a.example/x_(y)"],
    ["mailto:ann@a.example", "mailto:ann@a.example", "mailto:ann@a.example"],
    ["javascript:alert(1)", null, null],
    ["data:text/html,hi", null, null],
    ["xhttps://a.example", null, null],
    ["https://", null, null],
  ])("%s", (source, href, shown) => {
    const link = inline(source).find((node) => node.type === "link");
    expect(link?.href ?? null).toBe(href);
    const [label] = link?.children ?? [];
    expect(label?.type === "text" ? label.text : null).toBe(shown);
  });

  test("a link cannot be turned around", () => {
    const [block] = parse("https://good.example/\u202Emoc.live");
    expect(block).toEqual(
      paragraph({
        type: "link",
        href: "https://good.example/moc.live",
        children: [text("https://good.example/moc.live")],
      }),
    );
  });
});

describe("blocks", () => {
  test("lists, quotes, code and lines", () => {
    expect(parse("one\ntwo\n\n- a\n- *b*\n3. c\n> q\n```\n**x**\n```\nend")).toEqual([
      paragraph(text("one"), { type: "break" }, text("two")),
      {
        type: "list",
        start: null,
        items: [[text("a")], [{ type: "italic", children: [text("b")] }]],
      },
      { type: "list", start: 3, items: [[text("c")]] },
      { type: "quote", children: [paragraph(text("q"))] },
      { type: "code", text: "**x**" },
      paragraph(text("end")),
    ]);
  });

  test("pasted HTML stays text", () => {
    const html = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    expect(parse(html)).toEqual([paragraph(text(html))]);
  });

  test("a fence that is never closed holds the rest", () => {
    expect(parse("```\na\nb")).toEqual([{ type: "code", text: "a\nb" }]);
  });
});

test("a link with ten thousand brackets is read in time", () => {
  const before = performance.now();
  parse(`http://a${")".repeat(10_000)}${".".repeat(10_000)}`);
  expect(performance.now() - before).toBeLessThan(100);
});
