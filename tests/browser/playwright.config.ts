import { defineConfig } from "@playwright/test";
import { CHROMIUM, SWITCHES } from "./src/chromium.ts";

/** One after the other: stories measure, and a machine that plays two measures neither. */
export default defineConfig({
  testDir: "stories",
  outputDir: "dist/results",
  workers: 1,
  fullyParallel: false,
  // A second try tells a machine that was busy from a program that is wrong; it is printed as flaky.
  retries: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    launchOptions: { executablePath: CHROMIUM, args: SWITCHES },
    screenshot: "only-on-failure",
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
  },
});
