// Builds the service worker, with the list of the files that it keeps and the page they belong to.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { injectManifest } from "workbox-build";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const dist = path("../dist/app");
const worker = path("../dist/app/offline.js");

await build({
  configFile: false,
  publicDir: false,
  define: {
    "process.env.NODE_ENV": '"production"',
    PAGE: JSON.stringify(readFileSync(`${dist}/index.html`, "utf8")),
  },
  logLevel: "warn",
  build: {
    target: "es2022",
    outDir: dist,
    emptyOutDir: false,
    lib: {
      entry: path("../src/offline.ts"),
      formats: ["iife"],
      name: "offline",
      fileName: () => "offline.js",
    },
  },
});

// Names under `assets/` carry a hash of what they hold, so no revision is needed for them.
const { warnings } = await injectManifest({
  swSrc: worker,
  swDest: worker,
  globDirectory: dist,
  globPatterns: ["assets/*"],
  dontCacheBustURLsMatching: /\/assets\//,
  modifyURLPrefix: { "": "/widget/" },
  maximumFileSizeToCacheInBytes: 8 << 20,
});
for (const warning of warnings) console.warn(warning);
