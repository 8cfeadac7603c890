// What a visitor's page pays, in brotli: fails when it grows past what was promised.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const KIB = 1024;
const dist = new URL("../dist/", import.meta.url).pathname;
const weigh = (file) => brotliCompressSync(readFileSync(file)).length;

const assets = join(dist, "app/assets");
// The worker and its wasm come with the frame, which few pages need; another language when chosen.
const later = /^(worker|ar)[.-]|\.wasm$|\.map$/;
const first = readdirSync(assets).filter((name) => !later.test(name));

const parts = [
  { name: "launcher", bytes: weigh(join(dist, "widget.js")), limit: 4 * KIB },
  {
    name: "app, before worker and wasm",
    bytes: first.reduce((sum, name) => sum + weigh(join(assets, name)), 0),
    limit: 45 * KIB,
  },
];

for (const { name, bytes, limit } of parts) {
  const verdict = bytes > limit ? "TOO LARGE" : "ok";
  console.log(`${name}: ${bytes} of ${limit} bytes of brotli, ${verdict}`);
  if (bytes > limit) process.exitCode = 1;
}
