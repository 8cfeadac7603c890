/** A server and who talks there, for stories. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import WebSocket from "ws";
import type { Client, Conversation, ConversationView, NodeOptions } from "../src/node.ts";
import { connect } from "../src/node.ts";
import { DemoServer } from "./server.ts";

const PASSWORD = "a demo for everybody";

export class Cast {
  readonly server: DemoServer;
  readonly #clients: Client[] = [];

  private constructor(server: DemoServer) {
    this.server = server;
  }

  static async begin(): Promise<Cast> {
    return new Cast(await DemoServer.start());
  }

  /** A story that failed leaves its clients connected: nothing must wait for them. */
  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.server.end();
  }

  visitor(folder?: string): Client {
    const credential = { visitor: this.server.site };
    const where = folder === undefined ? {} : { folder: join(this.server.folder, folder) };
    return this.#connect({ server: this.server.address, credential, WebSocket, ...where });
  }

  agent(email: string, folder?: string): Client {
    const credential = { password: { email: `${email}@demo.example`, password: PASSWORD } };
    const where = folder === undefined ? {} : { folder: join(this.server.folder, folder) };
    const { address } = this.server;
    return this.#connect({ server: address, credential, WebSocket, followNewest: 100, ...where });
  }

  #connect(options: NodeOptions): Client {
    const client = connect(options);
    this.#clients.push(client);
    return client;
  }
}

/** Waits until a conversation looks so. */
export function until(
  chat: Conversation,
  holds: (view: ConversationView) => boolean,
): Promise<ConversationView> {
  return new Promise((resolve, reject) => {
    let stop = () => {};
    const timer = setTimeout(() => {
      // Nobody keeps a view that nobody looks at.
      const last = JSON.stringify(chat.view.value);
      stop();
      reject(new Error(`it never looked so: ${last}`));
    }, 15_000);
    stop = chat.view.subscribe((view) => {
      if (view === null || !holds(view)) return;
      clearTimeout(timer);
      setTimeout(() => stop());
      resolve(view);
    });
  });
}

/** The files below a folder that hold a word in UTF-8, UTF-16 or base64. */
export function found(folder: string, word: string): string[] {
  const forms = [Buffer.from(word, "utf8"), Buffer.from(word, "utf16le")];
  for (const pad of ["", " ", "  "]) {
    const text = Buffer.from(pad + word).toString("base64");
    forms.push(Buffer.from(text.slice(pad === "" ? 0 : 4, -4)));
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return forms.some((form) => form.length > 3 && bytes.includes(form));
    });
}
