// Builds the app, then the service worker with the list of what it keeps, and weighs the result.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "vite";
import { injectManifest } from "workbox-build";

const root = dirname(fileURLToPath(import.meta.url));
const mode = process.argv.includes("--fake") ? "fake" : "production";
const dist = join(root, mode === "fake" ? "dist-fake" : "dist");

/** KiB of brotli that may travel before an agent can use the desk, the wasm apart. */
const LIMIT_KIB = 150;

await build({ root, mode, configFile: join(root, "vite.config.ts"), logLevel: "warn" });
await build({
  root,
  mode,
  configFile: false,
  publicDir: false,
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warn",
  build: {
    target: "es2022",
    outDir: dist,
    emptyOutDir: false,
    lib: { entry: join(root, "src/offline.ts"), formats: ["iife"], name: "offline",
      fileName: () => "sw.js" },
  },
});

// Names under `assets/` carry a hash of what they hold, so no revision is needed for them.
const { count, size, warnings } = await injectManifest({
  swSrc: join(dist, "sw.js"),
  swDest: join(dist, "sw.js"),
  globDirectory: dist,
  globIgnores: ["assets/preview-*"],
  globPatterns: ["index.html", "assets/*", "icons/*", "manifest.webmanifest"],
  dontCacheBustURLsMatching: /\/assets\//,
  modifyURLPrefix: { "": "/desk/" },
  maximumFileSizeToCacheInBytes: 8 << 20,
});
for (const warning of warnings) {
  console.warn(warning);
}
console.log(`sw.js keeps ${count} files, ${Math.round(size / 1024)} KiB`);
weigh();

/** Every script and style counts, also those that are fetched only when they are needed. */
function weigh() {
  let total = 0;
  for (const file of walk(dist)) {
    if (!/\.(js|css|html|webmanifest)$/.test(file) || file.endsWith("sw.js")) {
      continue;
    }
    const bytes = brotliCompressSync(readFileSync(file), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11 },
    }).length;
    total += bytes;
    console.log(`${(bytes / 1024).toFixed(1).padStart(7)} KiB  ${relative(dist, file)}`);
  }
  console.log(`${(total / 1024).toFixed(1).padStart(7)} KiB brotli, of ${LIMIT_KIB}`);
  if (total > LIMIT_KIB * 1024) {
    console.error("The desk grew past its limit: make it lighter, or argue for another limit.");
    process.exit(1);
  }
}

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}
