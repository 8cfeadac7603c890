// Serves the scripted app and the launcher under the policies that the real server sends.
// `node dev/serve.mjs PORT`, then /host?site=SCENE, with data-… settings as further parameters.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const port = Number(process.argv[2] ?? 4180);
const here = new URL(".", import.meta.url).pathname;
const types = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html" };
const APP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
  "style-src 'self'; connect-src 'self' ws: wss:; img-src 'self'; " +
  "require-trusted-types-for 'script'; trusted-types rejoinder";
const HOST =
  "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self'; " +
  "connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

const file = (path) => readFileSync(join(here, path));
const escaped = (text) => text.replace(/[&"<>]/g, (one) => `&#${one.codePointAt(0)};`);

function host(url) {
  const data = [...url.searchParams].map(([name, value]) => `data-${name}="${escaped(value)}"`);
  const tag = `<script async src="/widget.js" ${data.join(" ")}></script></body>`;
  return file("host.html").toString().replace("</body>", tag);
}

function answer(url) {
  const { pathname } = url;
  if (pathname === "/host") return [".html", host(url), HOST];
  if (pathname === "/widget.js") return [".js", file("../dist/widget.js")];
  if (pathname === "/widget/app") return [".html", file("dist/index.html"), APP];
  if (pathname.startsWith("/widget/assets/")) {
    return [extname(pathname), file(`dist/assets/${pathname.split("/").pop()}`)];
  }
  if (pathname === "/api/v1/unread") return [".json", JSON.stringify({ unread: true })];
  if (pathname.endsWith("/widget")) {
    const agents = [{ id: "ann", name: "Ann Baker", online: true },
      { id: "bo", name: "Bo", online: true }];
    const online = !pathname.includes("away");
    return [".json", JSON.stringify({
      site: "s", name: "Mill & Thread", mode: "assistant_then_human", human_support: true, online,
      visitor_edit: true, visitor_recall: true,
      agents: online ? agents : [],
    })];
  }
  return null;
}

createServer((request, response) => {
  try {
    const found = answer(new URL(request.url ?? "/", "http://localhost"));
    if (!found) throw new Error("not found");
    const [kind, body, policy] = found;
    response.writeHead(200, {
      "content-type": types[kind] ?? "application/json",
      ...(policy ? { "content-security-policy": policy } : {}),
    });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/host?site=conversation`));
