import { defineConfig } from "vite";

/** The client for Node as one module beside the core: `dist/node.js`. */
export default defineConfig({
  build: {
    ssr: "src/node.ts",
    outDir: "dist",
    emptyOutDir: false,
    target: "node20",
    rolldownOptions: { external: [/core\/rejoinder\.js$/], output: { entryFileNames: "node.js" } },
  },
});
