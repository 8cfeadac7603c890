import { defineConfig } from "vite";

/** The launcher: one classic script, beside the app that it opens. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: "es2022",
    lib: {
      entry: "src/launcher/main.ts",
      formats: ["iife"],
      name: "_",
      fileName: () => "widget.js",
    },
  },
});
