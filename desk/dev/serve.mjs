// Serves a build under the headers of the real server, for looking at it without one.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css",
  ".svg": "image/svg+xml", ".png": "image/png", ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};
const POLICY = [
  "default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'",
  "img-src 'self' data: blob:", "connect-src 'self'", "object-src 'none'", "base-uri 'none'",
  "require-trusted-types-for 'script'", "trusted-types rejoinder",
].join("; ");

export function serve(folder, port) {
  const dist = fileURLToPath(new URL(`../${folder}`, import.meta.url));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://desk");
    const page = /^\/(desk|portal)\/?$/.test(pathname);
    const file = join(dist, page ? "index.html" : pathname.replace(/^\/desk/, ""));
    if (!file.startsWith(dist) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-security-policy": POLICY, "service-worker-allowed": "/",
      "cache-control": "no-cache",
    });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}
