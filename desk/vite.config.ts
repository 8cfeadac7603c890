import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** With `--mode fake` a scripted client stands in for the SDK; what is shipped never holds it. */
export default defineConfig(({ mode }) => ({
  root: here("."),
  base: "/desk/",
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: mode === "fake" })],
  resolve: {
    alias: mode === "fake" ? [{ find: /^.*\/sdk\.js$/, replacement: here("dev/sdk.ts") }] : [],
  },
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    outDir: mode === "fake" ? "dist-fake" : "dist",
    emptyOutDir: true,
    rolldownOptions: { input: [here("index.html"), here("preview.html")] },
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: "es" as const },
  test: { include: ["tests/*.test.ts", "tests/*.test.tsx"], environment: "node" },
}));
