import { defineConfig } from "vite";

/** The app in the iframe, served under `/widget/`. */
export default defineConfig({
  base: "/widget/",
  build: {
    outDir: "dist/app",
    emptyOutDir: true,
    target: "es2022",
    // Chromium, Firefox and Safari preload modules by themselves; the polyfill is weight.
    modulePreload: { polyfill: false },
    // A `data:` URL would need another line in the policy.
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
});
