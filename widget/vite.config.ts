import { defineConfig, type Plugin } from "vite";

/**
 * The client's own way to its worker is not taken here, but leaves the worker's source among the
 * assets: sources are not served.
 */
const withoutSources: Plugin = {
  name: "without-sources",
  generateBundle(_, bundle) {
    for (const name of Object.keys(bundle)) if (name.endsWith(".ts")) delete bundle[name];
  },
};

/** The app in the iframe, served under `/widget/`. */
export default defineConfig({
  base: "/widget/",
  plugins: [withoutSources],
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
