import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Frame, Page } from "@playwright/test";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Found {
  id: string;
  impact: string | null;
  nodes: { target: unknown[]; failureSummary: string }[];
}

/** What axe finds that keeps somebody from using a page, or a frame of one. */
export async function seriousIn(on: Page | Frame): Promise<string[]> {
  if (!(await on.evaluate(() => "axe" in globalThis))) await on.evaluate(AXE);
  const { violations } = await on.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (on: Document, how: object) => Promise<{ violations: Found[] }> };
    };
    return axe.run(document, { resultTypes: ["violations"], iframes: false });
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
