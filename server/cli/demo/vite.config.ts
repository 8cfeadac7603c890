import { defineConfig } from "vite";

/** The demo's pages, served under `/demo`; the shop is a plain page beside them. */
export default defineConfig({
  base: "/demo/",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    // A `data:` URL is another source in the policy.
    assetsInlineLimit: 0,
  },
});
