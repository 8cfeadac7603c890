/** One WebSocket at a time: opened, watched, ended. When to open another is the host's. */

/** Milliseconds that connecting may take: on a slow mobile network a few seconds. */
const CONNECT_MILLIS = 10_000;
/** Milliseconds without an answer to something that is answered, after which a line counts as lost. */
const ANSWER_MILLIS = 20_000;
const WATCH_MILLIS = 2_000;
/** Milliseconds without a byte after which a line counts as lost: the server speaks every 25 s. */
const SILENT_MILLIS = 75_000;
/** Milliseconds between two looks that tell of a computer that slept, rather than a busy one. */
const SLEPT_MILLIS = 60_000;

/** Frames that the server answers. */
const ANSWERED = new Set(["hello", "open", "push", "want", "log_out"]);

export interface LineEvents {
  opened(): void;
  frame(bytes: Uint8Array): void;
  /** It could not be opened. */
  unreachable(reason: string): void;
  /** It was open, and is not any more. */
  ended(lastedMillis: number, byPeer: boolean): void;
}

export type SocketFactory = (url: string) => WebSocket;

/** Where a server takes connections. */
export function addressOf(server: string): string {
  const url = new URL("/api/v1/sync", server);
  url.protocol = url.protocol === "https:" || url.protocol === "wss:" ? "wss:" : "ws:";
  return url.href;
}

export class Line {
  readonly #events: LineEvents;
  readonly #make: SocketFactory;
  readonly #url: string;
  #socket: WebSocket | null = null;
  #openedAt: number | null = null;
  #awaiting: number | null = null;
  #heardAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(server: string, make: SocketFactory, events: LineEvents) {
    this.#url = addressOf(server);
    this.#make = make;
    this.#events = events;
  }

  get isUsed(): boolean {
    return this.#socket !== null;
  }

  open(): void {
    if (this.#socket !== null) return;
    let socket: WebSocket;
    try {
      socket = this.#make(this.#url);
    } catch {
      this.#events.unreachable("this page may not open a connection to the server");
      return;
    }
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    const opened = () => {
      if (this.#socket !== socket) return;
      clearTimeout(this.#timer);
      this.#openedAt = Date.now();
      this.#heardAt = this.#openedAt;
      this.#watch(socket);
      this.#events.opened();
    };
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (this.#socket !== socket) return;
      this.#awaiting = null;
      this.#heardAt = Date.now();
      if (message.data instanceof ArrayBuffer) this.#events.frame(new Uint8Array(message.data));
    };
    socket.onclose = () => this.#over(socket, true);
    socket.onerror = () => this.#over(socket, true);
    socket.onopen = opened;
    this.#timer = setTimeout(() => this.#over(socket, true), CONNECT_MILLIS);
    // It may have been made a while ago: what has happened to it since is not told again.
    if (socket.readyState === 1) opened();
    if (socket.readyState > 1) this.#over(socket, true);
  }

  send(name: string, bytes: Uint8Array): void {
    if (this.#socket?.readyState !== 1) return;
    if (ANSWERED.has(name)) this.#awaiting ??= Date.now();
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  /** Ends it from this side. */
  close(): void {
    if (this.#socket !== null) this.#over(this.#socket, false);
  }

  #watch(socket: WebSocket): void {
    const began = Date.now();
    this.#timer = setTimeout(() => {
      const waited = this.#awaiting === null ? 0 : Date.now() - this.#awaiting;
      // A computer that slept holds a socket that nobody else knows of any more.
      const slept = Date.now() - began > SLEPT_MILLIS;
      const silent = Date.now() - this.#heardAt > SILENT_MILLIS;
      if (slept || silent || waited > ANSWER_MILLIS) this.#over(socket, true);
      else if (this.#socket === socket) this.#watch(socket);
    }, WATCH_MILLIS);
  }

  #over(socket: WebSocket, byPeer: boolean): void {
    if (this.#socket !== socket) return;
    clearTimeout(this.#timer);
    const openedAt = this.#openedAt;
    [this.#socket, this.#openedAt, this.#awaiting] = [null, null, null];
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    // Some implementations tell of the end of a socket that never opened.
    socket.onerror = () => {};
    socket.close();
    if (openedAt === null) this.#events.unreachable("the server cannot be reached");
    else this.#events.ended(Date.now() - openedAt, byPeer);
  }
}
