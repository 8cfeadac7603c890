import { expect } from "@playwright/test";

/** Prints what was measured beside its aim, and fails far beyond it only: machines differ. */
export function figure(what: string, millis: number, { aim, bound }: { aim: number; bound: number }) {
  console.log(`      ${what} ${Math.round(millis)} ms (aim: ${aim} ms)`);
  expect(millis, what).toBeLessThan(bound);
}
