import {
  type Client,
  type Conversation,
  connect,
  type FileToSend,
  type MessageId,
} from "@rejoinder/client/node";
import WebSocket from "ws";
import { PASSWORD } from "./desk.ts";

/** An agent without a desk, for stories that look at the visitor: the same client, in this process. */
export class Agent {
  readonly #client: Client;
  readonly #server: string;

  constructor(client: Client, server: string) {
    this.#client = client;
    this.#server = server;
  }

  static async logIn(server: string, email: string): Promise<Agent> {
    const credential = { password: { email, password: PASSWORD } };
    const client = connect({ server, credential, WebSocket });
    await client.contact();
    return new Agent(client, server);
  }

  async say(conversation: string, text: string, files: FileToSend[] = []): Promise<MessageId> {
    const { message } = await (await this.#chat(conversation)).send(text, files);
    await this.#client.settled();
    return message;
  }

  /** One after the other, without waiting for each. */
  async sayAll(conversation: string, texts: readonly string[]): Promise<MessageId[]> {
    const chat = await this.#chat(conversation);
    const said: MessageId[] = [];
    for (const text of texts) said.push((await chat.send(text)).message);
    await this.#client.settled(60_000);
    return said;
  }

  /** What was attached, fetched and opened: names, types and sizes. */
  async files(conversation: string): Promise<string[]> {
    const chat = await this.#chat(conversation);
    const attached = () =>
      (chat.view.value?.timeline.messages ?? []).flatMap(({ id: message, words }) =>
        typeof words === "object" && "said" in words
          ? (words.said.attachments ?? []).map((file) => ({ message, ...file }))
          : [],
      );
    await until(() => attached().length > 0);
    return Promise.all(
      attached().map(async ({ message, id, name }) => {
        const blob = await chat.file(message, id);
        return `${name} ${blob.type} ${blob.size}`;
      }),
    );
  }

  /** Asks the server over REST, as programs do; what it does not take is an error. */
  async rest(method: string, path: string, body: unknown): Promise<void> {
    const { status, text } = await this.#rest(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
  }

  /** Whether it was taken. */
  async tries(method: string, path: string, body: unknown): Promise<boolean> {
    return (await this.#rest(method, path, body)).status < 300;
  }

  async #rest(method: string, path: string, body: unknown) {
    const response = await fetch(`${this.#server}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.#client.token()}`, "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  async note(conversation: string, text: string): Promise<void> {
    await (await this.#chat(conversation)).note(text);
    await this.#client.settled();
  }

  async edit(conversation: string, message: MessageId, text: string): Promise<void> {
    await (await this.#chat(conversation)).edit(message, text);
    await this.#client.settled();
  }

  /** Until it is carried out on the server and on every device that is not away. */
  async recall(conversation: string, message: MessageId): Promise<void> {
    await (await this.#chat(conversation)).recall(message);
    await this.#client.settled();
  }

  async recallAll(conversation: string, messages: readonly MessageId[]): Promise<void> {
    const chat = await this.#chat(conversation);
    for (const message of messages) await chat.recall(message);
    await this.#client.settled(60_000);
  }

  async close(conversation: string): Promise<void> {
    await (await this.#chat(conversation)).close();
    await this.#client.settled();
  }

  /** Everything that is said, in its order. */
  async texts(conversation: string): Promise<string[]> {
    const chat = await this.#chat(conversation);
    const messages = () => chat.view.value?.timeline.messages ?? [];
    await until(() => messages().every(({ words }) => words !== "absent"));
    return messages().flatMap(({ words }) =>
      typeof words === "object" && "said" in words ? [words.said.text] : [],
    );
  }

  async leave(): Promise<void> {
    await this.#client.close();
  }

  async #chat(id: string): Promise<Conversation> {
    const chat = this.#client.conversation(id);
    const stop = chat.view.subscribe(() => {});
    this.#stops.push(stop);
    await until(() => chat.view.value?.freshness === "live");
    return chat;
  }

  readonly #stops: (() => void)[] = [];
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
