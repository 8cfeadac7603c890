/** Files: those that are picked and not sent, a composer apart, and those that messages have. */

import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import {
  type AttachmentId, type Client, type Connection, type ConversationId, type DocumentKind,
  type FileRefusal, type FileToSend, RejoinderError, type Upload,
} from "@rejoinder/client";
import {
  type FileProblem, isFileProblem, looksLikePicture, MOST_FILES, problemOf,
} from "../model/files.js";
import { Addresses } from "./addresses.js";
import { type Disposer, follow } from "./readable.js";

export interface Picked extends FileToSend {
  /** Apart from all others on this page. */
  key: number;
  /** Why it is not sent. */
  problem: FileProblem | null;
  /** Object URL of a picture. */
  preview: string | null;
}

export class Files {
  readonly addresses: Addresses;
  /** What this client attached and the server does not have yet. */
  readonly uploads: ReadonlySignal<ReadonlyMap<AttachmentId, Upload>>;
  /** What the server did not take, and why. */
  readonly refused = signal<ReadonlyMap<AttachmentId, FileRefusal>>(new Map());
  readonly #picked = new Map<string, Signal<readonly Picked[]>>();
  /** Those that have left a composer and are in no message yet. */
  readonly #handing = new Set<number>();
  readonly #stops: Disposer[] = [];
  #keys = 0;

  constructor(client: Client, connection: ReadonlySignal<Connection>) {
    this.addresses = new Addresses({
      fetch: ({ conversation, kind, message }, attachment) =>
        client.conversation(conversation).file(message, attachment, kind),
      isLive: () => connection.peek() === "live",
      make: (blob) => URL.createObjectURL(blob),
      revoke: (address) => URL.revokeObjectURL(address),
    });
    const uploads = follow(client.uploads, this.#stops);
    this.uploads = computed(() => new Map(uploads.value.map((one) => [one.attachment, one])));
    this.#stops.push(
      effect(() => {
        if (connection.value === "live") {
          this.addresses.live();
        }
      }),
      client.on("file_refused", ({ attachment, reason }) => {
        this.refused.value = new Map(this.refused.peek()).set(attachment, reason);
      }),
    );
  }

  /** They are kept for as long as the page lives: a browser gives a file to one page only. */
  picked(conversation: ConversationId, kind: DocumentKind): ReadonlySignal<readonly Picked[]> {
    return this.#of(conversation, kind);
  }

  /** Whether files would be lost with the page. */
  get isHolding(): boolean {
    return this.#handing.size > 0
      || [...this.#picked.values()].some((all) => ready(all.peek()).length > 0);
  }

  /** Until the server has all that was attached; false if that takes longer. */
  async sent(millis: number): Promise<boolean> {
    let stop: Disposer = () => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const all = await new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), millis);
      stop = this.uploads.subscribe((uploads) => uploads.size === 0 && resolve(true));
    });
    clearTimeout(timer);
    stop();
    return all;
  }

  /** Returns how many are too many for one message, and were left out. */
  add(conversation: ConversationId, kind: DocumentKind, files: FileToSend[]): number {
    const all = this.#of(conversation, kind);
    const room = MOST_FILES - ready(all.peek()).length;
    const isFine = ({ name, data }: FileToSend) => problemOf({ name, size: data.size }) === null;
    const out = new Set(files.filter(isFine).slice(room));
    const picked = files.filter((file) => !out.has(file)).map((file) => this.#pick(file));
    all.value = [...all.peek(), ...picked];
    for (const one of picked) {
      void this.#look(all, one);
    }
    return out.size;
  }

  remove(conversation: ConversationId, kind: DocumentKind, key: number): void {
    const all = this.#of(conversation, kind);
    forget(all.peek().filter((one) => one.key === key));
    all.value = all.peek().filter((one) => one.key !== key);
  }

  /** Those that can be sent leave the composer; what becomes of them is `taken` or `putBack`. */
  take(conversation: ConversationId, kind: DocumentKind): Picked[] {
    const all = this.#of(conversation, kind);
    const taken = ready(all.peek());
    all.value = all.peek().filter((one) => one.problem !== null);
    for (const { key } of taken) {
      this.#handing.add(key);
    }
    return taken;
  }

  taken(files: Picked[]): void {
    this.#handed(files);
    forget(files);
  }

  /** They were not sent: they stand there again, and the one that was the reason says so. */
  putBack(
    conversation: ConversationId, kind: DocumentKind, taken: Picked[], error: unknown,
  ): void {
    this.#handed(taken);
    const all = this.#of(conversation, kind);
    const { code, file } = error instanceof RejoinderError ? error : { code: "", file: null };
    const back = taken.map((one, place) => place === file && isFileProblem(code)
      ? { ...one, problem: code } : one);
    all.value = [...back, ...all.peek()];
  }

  dispose(): void {
    for (const stop of this.#stops.splice(0)) {
      stop();
    }
    this.addresses.dispose();
    for (const all of this.#picked.values()) {
      forget(all.peek());
      all.value = [];
    }
  }

  #of(conversation: ConversationId, kind: DocumentKind): Signal<readonly Picked[]> {
    const key = `${conversation} ${kind}`;
    const all = this.#picked.get(key) ?? signal<readonly Picked[]>([]);
    this.#picked.set(key, all);
    return all;
  }

  #handed(files: readonly Picked[]): void {
    for (const { key } of files) {
      this.#handing.delete(key);
    }
  }

  #pick({ name, data }: FileToSend): Picked {
    const problem = problemOf({ name, size: data.size });
    const preview = problem === null && looksLikePicture(name) ? URL.createObjectURL(data) : null;
    this.#keys += 1;
    return { key: this.#keys, name, data, problem, preview };
  }

  /** A folder, or a file without the right to read it, is told at once. */
  async #look(all: Signal<readonly Picked[]>, { key, data }: Picked): Promise<void> {
    try {
      await data.slice(0, 1).arrayBuffer();
    } catch {
      all.value = all.peek().map((one) => one.key === key && one.problem === null
        ? { ...one, problem: "file_unreadable" as const } : one);
    }
  }
}

export function ready(all: readonly Picked[]): Picked[] {
  return all.filter(({ problem }) => problem === null);
}

function forget(all: readonly Picked[]): void {
  for (const { preview } of all) {
    if (preview !== null) {
      URL.revokeObjectURL(preview);
    }
  }
}
