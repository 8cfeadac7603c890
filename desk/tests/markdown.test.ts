import { describe, expect, test } from "vitest";
import { parse, plain, withoutBidi } from "@rejoinder/client/markdown";

const paragraph = (source: string) => {
  const block = parse(source)[0];
  return block?.type === "paragraph" ? block.children : null;
};
const text = (value: string) => ({ type: "text", text: value });

describe("marks", () => {
  test("bold, italic, strike and code", () => {
    expect(paragraph("**a** *b* ~~c~~ `d*e*`")).toEqual([
      { type: "bold", children: [text("a")] }, text(" "),
      { type: "italic", children: [text("b")] }, text(" "),
      { type: "strike", children: [text("c")] }, text(" "), { type: "code", text: "d*e*" },
    ]);
  });

  test("one may stand in another, and what is not closed stays as it was typed", () => {
    expect(paragraph("**a *b* c**")).toEqual([{
      type: "bold", children: [text("a "), { type: "italic", children: [text("b")] }, text(" c")],
    }]);
    expect(paragraph("2 * 3 * 4")).toEqual([text("2 * 3 * 4")]);
    expect(paragraph("**open")).toEqual([text("**open")]);
    expect(paragraph("snake_case_name")).toEqual([text("snake_case_name")]);
  });
});

describe("links", () => {
  test("only what a click may open", () => {
    expect(paragraph("[here](https://a.example/x)")).toEqual([
      { type: "link", href: "https://a.example/x", children: [text("here (a.example)")] },
    ]);
    for (const bad of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"]) {
      expect(JSON.stringify(paragraph(`[here](${bad})`))).not.toContain("link");
      expect(JSON.stringify(paragraph(bad))).not.toContain("link");
    }
  });

  test("a label that reads as another address is followed by the real one", () => {
    const shown = (source: string) => {
      const node = paragraph(source)?.[0];
      return node?.type === "link" ? node.children : null;
    };
    for (const label of ["https://bank.example", "bank.example/login", "Visit www.bank.example now",
      "ann@bank.example", "https://evil.example@bank.example"]) {
      expect(shown(`[${label}](https://evil.example/x)`), label)
        .toEqual([text(`${label} (https://evil.example/x)`)]);
    }
    expect(shown("[https://bank.example](https://bank.example@evil.example/)"))
      .toEqual([text("https://bank.example (https://bank.example@evil.example/)")]);
    for (const [label, target] of [["bank.example", "https://www.bank.example/login"],
      ["ann@bank.example", "mailto:ann@bank.example"],
      ["bücher.example", "https://bücher.example/"]]) {
      expect(shown(`[${label}](${target})`), label).toEqual([text(label ?? "")]);
    }
  });

  test("a label that reads as none is followed by the host", () => {
    expect(plain("[here](https://evil.example:8443/x)")).toBe("here (evil.example:8443)");
    expect(plain("[write](mailto:ann@a.example)")).toBe("write (ann@a.example)");
  });

  test("an address ends before what ends the sentence", () => {
    expect(paragraph("See https://a.example/x. Or mailto:a@b.example!")).toEqual([
      text("See "),
      { type: "link", href: "https://a.example/x", children: [text("https://a.example/x")] },
      text(". Or "),
      { type: "link", href: "mailto:a@b.example", children: [text("mailto:a@b.example")] },
      text("!"),
    ]);
  });
});

describe("blocks", () => {
  test("lists, quotes, code and paragraphs", () => {
    expect(parse("a\nb\n\n- one\n- two\n\n3. three\n\n> said\n\n```\n<b> **x**\n```")
      .map((block) => block.type)).toEqual(["paragraph", "list", "list", "quote", "code"]);
    expect(parse("3. three")[0]).toMatchObject({ type: "list", start: 3 });
    expect(paragraph("a\nb")).toEqual([text("a"), { type: "break" }, text("b")]);
  });
});

test("HTML is text", () => {
  expect(paragraph("<img src=x onerror=alert(1)>")).toEqual([text("<img src=x onerror=alert(1)>")]);
});

test("controls that turn the direction of writing are taken out", () => {
  expect(paragraph("a\u202Eb\u2066c")).toEqual([text("abc")]);
});

test("the longest allowed text takes no noticeable time, whatever it is", () => {
  for (const piece of ["*", "**a", "_a_", "[", "`", "[a](http://", "> ", "- ", "~~*_", "http://",
    `[${"a.".repeat(240)}](http://a.b)`]) {
    // The quickest of three: what else the machine does is no matter of the text's.
    const source = piece.repeat(10_000 / piece.length);
    const millis = [1, 2, 3].map(() => {
      const began = performance.now();
      parse(source);
      return performance.now() - began;
    });
    expect(Math.min(...millis), piece).toBeLessThan(250);
  }
});

test("a preview is the words alone, on one line", () => {
  expect(plain("**Hello**\n- a\n- `b`")).toBe("Hello a b");
});

test("a file's name turns nothing around", () => {
  expect(withoutBidi("invoice\u202Efdp.exe")).toBe("invoicefdp.exe");
  expect(withoutBidi("\u200Fa\u2066b\u061C.pdf")).toBe("ab.pdf");
});
