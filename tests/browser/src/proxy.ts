import type { BrowserContext } from "@playwright/test";

/**
 * Something between a browser and the server that takes no file, as a proxy does whose bound is a
 * small one; says how often it was asked to.
 */
export async function takesNoFiles(context: BrowserContext): Promise<() => number> {
  let tries = 0;
  await context.route("**/api/v1/attachments/**", (route) => {
    const request = route.request();
    const isFile = request.method() === "PUT" && (request.postDataBuffer()?.length ?? 0) > 0;
    if (!isFile) return route.continue();
    tries += 1;
    return route.fulfill({ status: 413, body: "<html>Request Entity Too Large</html>" });
  });
  return () => tries;
}
