/**
 * Attachments' bytes. Their messages go through the core; the bytes follow by HTTP, sealed, and
 * wait here until the server has them. They are sealed under a key that stands in the message's
 * words, so what erases those makes them unreadable wherever they are.
 */

import type { ErrorCode, FileRefusal, FileToSend, Upload } from "../api.js";
import type { HostEvent } from "../protocol.js";
import { after, BYTES, compare, type Table } from "../store/table.js";
import type { AttachmentId, ConversationId, DocumentId, MessageId } from "../views.js";
import { type Core, readFault } from "./core.js";

/** Where it stands what is known of files that wait. The core leaves such keys alone. */
const ABOUT = new Uint8Array([0x0f, 0x03]);

/** Milliseconds to wait after a try that failed; doubled each time, up to the longest. */
const AGAIN_MILLIS = 500;
const LONGEST_MILLIS = 60_000;
/** Milliseconds between two tellings of how far an upload is. */
const TELL_MILLIS = 250;
/** Milliseconds that a log-out waits for others to be told of files that will never come. */
const GIVE_UP_MILLIS = 2_000;

/** Answers below 500 that may be others the next time: not accepted yet, too busy, logged out. */
const PASSING = [401, 404, 407, 408, 421, 423, 425, 429];
/** What the server itself says of a file that it does not take. */
const OWN: Readonly<Record<string, FileRefusal>> = {
  blocked: "blocked",
  files_full: "full",
  invalid: "invalid",
  not_allowed: "not_allowed",
};
const NOTHING = new Uint8Array();

/** Frames after which a file may go that could not before. */
const MAY_GO = new Set(["welcome", "entries", "revisions"]);

interface Waiting {
  document: DocumentId;
  message: MessageId;
  attachment: AttachmentId;
  bytes: number;
}

/** What the core knows of an attachment of a message. */
type Whereabouts =
  /** `accepted`: the server has the message; until then it takes no file of it. */
  | { here: { media_type: string; accepted: boolean } }
  /** The message may have gone on in this conversation. */
  | { next: ConversationId }
  | "gone"
  | "unknown";

/** Where an attachment was found. */
interface Found {
  document: DocumentId;
  media_type: string;
  accepted: boolean;
}

/** Conversations that a message may have gone on through. */
const FOLLOWED = 8;

/** What it takes of the host around. */
export interface FilesAround {
  server: string;
  table: Table;
  core(): Core;
  token(): string | null;
  /** Whether there is a line to the server. */
  isLive(): boolean;
  /** Loads a conversation. */
  open(conversation: ConversationId): Promise<void>;
  input(run: () => Promise<void>): void;
  event(event: HostEvent): void;
  changed(): void;
}

/** A file that is described and sealed, for the command that sends it. */
export interface Attached {
  /** JSON for the core: the key is in it. */
  attachment: string;
  waiting: Waiting;
  rows: Uint8Array[];
}

/** What the core makes of a file. */
interface Made {
  attachment: string;
  sealed: Uint8Array;
}

/** `held`: it waits for something else than time. */
type Refused = { refused: FileRefusal };
type Answer = "kept" | "gone" | "held" | "later" | Refused;

export class Files {
  readonly #around: FilesAround;
  readonly #waiting = new Map<AttachmentId, Waiting>();
  readonly #sent = new Map<AttachmentId, number>();
  #uploading = false;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #toldAt = 0;
  #ended = false;
  #isDue = false;
  /** Those who wait for an input, to be told that none is carried out any more. */
  readonly #asked = new Set<() => void>();
  #request: XMLHttpRequest | null = null;

  constructor(around: FilesAround) {
    this.#around = around;
  }

  /** Takes what was kept. */
  read(head: Uint8Array[]): void {
    this.#waiting.clear();
    for (let at = 0; at + 1 < head.length; at += 2) {
      const [key, value] = [head[at], head[at + 1]];
      if (key === undefined || value === undefined) continue;
      if (compare(key.subarray(0, ABOUT.length), ABOUT) !== 0) continue;
      const waiting = JSON.parse(new TextDecoder().decode(value)) as Waiting;
      this.#waiting.set(waiting.attachment, waiting);
    }
  }

  uploads(): Upload[] {
    return [...this.#waiting.values()].map(({ attachment, bytes }) => {
      return { attachment, bytes, sent: this.#sent.get(attachment) ?? 0 };
    });
  }

  /** Describes and seals what is to be sent. The core may refuse it. */
  async attach(
    document: DocumentId,
    message: MessageId,
    files: FileToSend[],
  ): Promise<Attached[]> {
    const attached: Attached[] = [];
    for (const [place, { name, data }] of files.entries()) {
      const bytes = await read(data, place);
      const made = this.#make(name, bytes, place);
      const { id } = JSON.parse(made.attachment) as { id: AttachmentId };
      const waiting = { document, message, attachment: id, bytes: bytes.length };
      const about = new TextEncoder().encode(JSON.stringify(waiting));
      const rows = [key(ABOUT, id), about, key(BYTES, id), made.sealed];
      attached.push({ attachment: made.attachment, waiting, rows });
    }
    return attached;
  }

  /** Whoever sends several files is told which one is not taken. */
  #make(name: string, bytes: Uint8Array, file: number): Made {
    try {
      return this.#around.core().attach(name, bytes) as Made;
    } catch (error) {
      if (typeof error !== "string") throw error;
      throw JSON.stringify({ ...readFault(error), file });
    }
  }

  /** They are durable, as the message is. */
  add(attached: Attached[]): void {
    for (const { waiting } of attached) this.#waiting.set(waiting.attachment, waiting);
    if (attached.length > 0) this.#soon(0);
  }

  /** There is a line, or something was accepted: what waits is tried. */
  heard(frame: string | undefined): void {
    if (this.#waiting.size > 0 && frame !== undefined && MAY_GO.has(frame)) this.#soon(0);
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#request?.abort();
    for (const ended of this.#asked) ended();
    this.#waiting.clear();
  }

  #soon(millis: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#upload(), millis);
  }

  async #upload(): Promise<void> {
    this.#isDue = true;
    if (this.#uploading || this.#ended) return;
    this.#uploading = true;
    try {
      let failed = false;
      // What was added or accepted meanwhile is not left behind.
      while (this.#isDue && this.#around.isLive()) {
        this.#isDue = false;
        failed = false;
        for (const waiting of [...this.#waiting.values()]) {
          const answer = await this.#try(waiting).catch((): Answer => "later");
          if (this.#ended) return;
          if (answer === "later") failed = true;
          else if (answer !== "held") await this.#settle(waiting, answer);
        }
      }
      if (!failed) this.#failures = 0;
      else this.#soon(Math.min(AGAIN_MILLIS * 2 ** this.#failures++, LONGEST_MILLIS));
    } finally {
      this.#uploading = false;
    }
  }

  async #settle(waiting: Waiting, answer: "kept" | "gone" | Refused): Promise<void> {
    if (typeof answer === "object") {
      const detail = { attachment: waiting.attachment, reason: answer.refused };
      this.#around.event({ name: "file_refused", detail });
    }
    await this.#forget(waiting);
  }

  async #try(waiting: Waiting): Promise<Answer> {
    const { attachment, message } = waiting;
    const found = await this.#find(waiting.document, message, attachment);
    // Recalled before it was sent.
    if (found === "gone") return "gone";
    // An entry that comes, or words, are a reason to try again.
    if (found === "unknown" || !found.accepted) return "held";
    const sealed = await this.#kept(attachment);
    if (sealed === undefined) return "gone";
    const token = this.#around.token();
    if (token === null) return "held";
    const address = this.#address(found.document, message, attachment);
    const answer = await this.#send(address, token, sealed, (sent) => {
      this.#sent.set(attachment, Math.min(sent, waiting.bytes));
      const now = Date.now();
      if (now - this.#toldAt < TELL_MILLIS) return;
      this.#toldAt = now;
      this.#around.changed();
    });
    if (answer.status === 204) return "kept";
    if (answer.status === 410) return "gone";
    const refused = finalOf(answer);
    if (refused === null) return "later";
    // What something on the way does not let through, the server knows nothing of.
    const told = answer.code in OWN || (await this.#giveUp(address, token));
    return told ? { refused } : "later";
  }

  /**
   * Sends no bytes where a file's are expected: they are not those that the message describes, so
   * that the server tells whoever waits for them that it was not taken. False: try again.
   */
  async #giveUp(address: string, token: string): Promise<boolean> {
    const answer = await this.#send(address, token, NOTHING, () => {});
    return answer.status === 410 || finalOf(answer) !== null;
  }

  /** Nothing of what waits will be sent: whoever waits for it learns so, where there is a line. */
  async giveUp(): Promise<void> {
    const token = this.#around.token();
    if (token === null || !this.#around.isLive()) return;
    const all = [...this.#waiting.values()].filter(({ document, message, attachment }) => {
      const known = this.#around.core().attachment(JSON.stringify(document), message, attachment);
      const found = JSON.parse(known) as Whereabouts;
      return typeof found === "object" && "here" in found && found.here.accepted;
    });
    const tell = async () => {
      for (const { document, message, attachment } of all) {
        await this.#giveUp(this.#address(document, message, attachment), token);
      }
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, GIVE_UP_MILLIS);
    });
    await Promise.race([tell().catch(() => {}), late]);
    clearTimeout(timer);
  }

  /** What the core knows, with the conversations loaded that it takes. */
  async #find(
    document: DocumentId,
    message: MessageId,
    id: AttachmentId,
  ): Promise<Found | "gone" | "unknown"> {
    let { conversation } = document;
    for (let steps = 0; steps < FOLLOWED; steps += 1) {
      const at = { ...document, conversation };
      const known = await this.#ask(at, message, id);
      if (typeof known === "string") return known;
      if ("here" in known) return { document: at, ...known.here };
      conversation = known.next;
    }
    return "unknown";
  }

  #ask(document: DocumentId, message: MessageId, id: AttachmentId): Promise<Whereabouts> {
    return this.#input(async () => {
      await this.#around.open(document.conversation);
      const known = this.#around.core().attachment(JSON.stringify(document), message, id);
      return JSON.parse(known) as Whereabouts;
    });
  }

  /** An input with an answer; none comes once the host has ended. */
  #input<T>(run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(fault("closed", "the client is closed: connect again"));
      if (this.#ended) return ended();
      this.#asked.add(ended);
      this.#around.input(async () => {
        try {
          resolve(await run());
        } catch (error) {
          reject(error as Error);
          throw error;
        } finally {
          this.#asked.delete(ended);
        }
      });
    });
  }

  #forget({ attachment }: Waiting): Promise<void> {
    return this.#input(async () => {
      const deletes = [key(ABOUT, attachment), key(BYTES, attachment)];
      await this.#around.table.commit({ clear: false, puts: [], deletes });
      this.#waiting.delete(attachment);
      this.#sent.delete(attachment);
    });
  }

  /** The bytes of an attachment, opened: what this client sends itself needs no network. */
  async fetch(at: DocumentId, message: MessageId, id: AttachmentId): Promise<Blob> {
    const found = await this.#find(at, message, id);
    if (found === "gone") throw fault("recalled", "the file was taken back");
    if (found === "unknown") throw fault("unknown_message", "the file's message is not here");
    const { document, media_type: type } = found;
    const sealed = await this.#sealed(this.#address(document, message, id), id);
    const opened = await this.#input(() => {
      const name = JSON.stringify(document);
      return Promise.resolve(this.#around.core().open_attachment(name, message, id, sealed));
    });
    return new Blob([opened as BlobPart], { type });
  }

  async #sealed(address: string, id: AttachmentId): Promise<Uint8Array> {
    const kept = await this.#kept(id);
    if (kept !== undefined) return kept;
    const token = this.#around.token();
    if (token === null) throw fault("offline", "the file is not here: go online first");
    const headers = { authorization: `Bearer ${token}` };
    const wanted: RequestInit = { headers, credentials: "omit", cache: "no-store" };
    const answer = await fetch(address, wanted).catch(() => {
      throw fault("offline", "the file is not here, and the server cannot be reached");
    });
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    if (answer.status === 410) throw fault("recalled", "the file was taken back");
    if (answer.status === 404) {
      const code = codeOf(await answer.text());
      if (code === "not_taken") throw fault("file_not_taken", "the server did not take the file");
      throw fault("file_waiting", "its author is still sending the file");
    }
    throw fault("offline", "the server does not give the file now: try again in a moment");
  }

  /** Sends bytes; where the platform tells how far they are, so does this. */
  async #send(
    address: string,
    token: string,
    bytes: Uint8Array,
    sent: (bytes: number) => void,
  ): Promise<{ status: number; code: string }> {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/octet-stream",
    };
    if (typeof XMLHttpRequest === "undefined") {
      const body = bytes as BodyInit;
      const answer = await fetch(address, { method: "PUT", headers, body, credentials: "omit" });
      return { status: answer.status, code: codeOf(await answer.text()) };
    }
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.#request = request;
      request.open("PUT", address);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => sent(loaded);
      request.onload = () => {
        resolve({ status: request.status, code: codeOf(request.responseText) });
      };
      request.onerror = () => reject(new Error("the server cannot be reached"));
      request.onabort = () => reject(new Error("the client is closed"));
      request.send(bytes as XMLHttpRequestBodyInit);
    });
  }

  /** The sealed bytes of an attachment that waits. */
  async #kept(id: AttachmentId): Promise<Uint8Array | undefined> {
    const from = key(BYTES, id);
    return (await this.#around.table.range(from, after(from)))[1];
  }

  #address(document: DocumentId, message: MessageId, id: AttachmentId): string {
    const path = `/api/v1/attachments/${document.conversation}/${document.kind}/${message}/${id}`;
    return new URL(path, this.#around.server.replace(/^ws/, "http")).href;
  }
}

async function read(data: Blob, file: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await data.arrayBuffer());
  } catch {
    // No fault of the store, whatever the browser calls it.
    const message = "the file cannot be read: it was moved or changed; pick it again";
    throw JSON.stringify({ code: "file_unreadable", message, file });
  }
}

/** What a call is answered with that failed, as the core would throw it. */
function fault(code: string, message: string): Error {
  return new Error(message, { cause: JSON.stringify({ code, message }) });
}

/** The fault that a rejection of {@link Files.fetch} is about. */
export function faultOf(error: unknown): { code: ErrorCode; message: string } {
  const cause = error instanceof Error ? error.cause : undefined;
  return readFault(cause ?? error) as { code: ErrorCode; message: string };
}

function key(rows: Uint8Array, id: AttachmentId): Uint8Array {
  const pairs = id.replaceAll("-", "").match(/../g) ?? [];
  return new Uint8Array([...rows, ...pairs.map((pair) => Number.parseInt(pair, 16))]);
}

/** Why a file is not taken, where that will be the same the next time. */
function finalOf({ status, code }: { status: number; code: string }): FileRefusal | null {
  if (status === 413) return "too_large";
  const own = OWN[code];
  if (own !== undefined) return own;
  const isFinal = status === 501 || (status >= 400 && status < 500 && !PASSING.includes(status));
  return isFinal ? "refused" : null;
}

/** The code of an answer's error; empty where there is none. */
function codeOf(text: string): string {
  try {
    return (JSON.parse(text) as { error: { code: string } }).error.code;
  } catch {
    return "";
  }
}
