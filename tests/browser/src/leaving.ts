import type { Page } from "@playwright/test";

/** What a browser asks as its page is left; each time the answer is to stay. */
export function leavingAsks(page: Page): string[] {
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  return asked;
}
