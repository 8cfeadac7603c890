import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a page of the shop embeds. */
export interface Embedding {
  server: string;
  site: string;
  /** What stands in the script's element beside the site. */
  attributes?: string;
  /** Embeds the widget a second time. */
  twice?: boolean;
  language?: string;
}

/**
 * A customer's page on a site of its own, under the strictest policy that lets the widget in:
 * nothing inline, no style sheet, Trusted Types required and no policy of that kind allowed.
 * Reached as 127.0.0.1 it is of one site with the server, as localhost of another.
 */
export class Shop {
  readonly #server: Server;
  /** What browsers reported against the policy. */
  readonly reports: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async open(): Promise<Shop> {
    const shop = new Shop();
    await new Promise<void>((resolve) => shop.#server.listen(0, "127.0.0.1", resolve));
    return shop;
  }

  page(embedding: Embedding, host: "127.0.0.1" | "localhost" = "127.0.0.1"): string {
    const { port } = this.#server.address() as AddressInfo;
    const about = encodeURIComponent(JSON.stringify(embedding));
    return `http://${host}:${port}/?${about}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === "POST") {
      request.setEncoding("utf8");
      let text = "";
      request.on("data", (piece: string) => {
        text += piece;
      });
      request.on("end", () => {
        this.reports.push(text);
        response.writeHead(204).end();
      });
      return;
    }
    const about = /^\/\?(.+)$/.exec(request.url ?? "")?.[1];
    if (about === undefined) {
      response.writeHead(404).end();
      return;
    }
    const embedding = JSON.parse(decodeURIComponent(about)) as Embedding;
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(embedding.server),
      "cache-control": "no-store",
    });
    response.end(html(embedding));
  }
}

function policy(server: string): string {
  return [
    "default-src 'none'",
    "img-src 'self'",
    `script-src ${server}`,
    `frame-src ${server}`,
    `connect-src ${server}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "report-uri /report",
  ].join("; ");
}

function html({ server, site, attributes = "", twice = false, language = "en" }: Embedding): string {
  const script = `<script async src="${server}/widget.js" data-site="${site}" ${attributes}></script>`;
  return `<!doctype html>
<html lang="${language}" dir="${language === "ar" ? "rtl" : "ltr"}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>A shop</title>
<h1>A shop</h1>
<p>Something to buy.</p>
${script}${twice ? script : ""}
</html>`;
}
