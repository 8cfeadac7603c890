import { addressOf } from "./line.js";

/** Opens sockets to a server, the first one before it is known what to say on it. */
export class Sockets {
  #prepared: WebSocket | null = null;
  #wasOpen = false;

  /** Begins to open one: a handshake takes as long as reading a store. */
  prepare(server: string): void {
    try {
      this.#prepared = new WebSocket(addressOf(server));
      this.#prepared.onopen = () => {
        this.#wasOpen = true;
      };
    } catch {
      // Whoever asks for one is told why.
    }
  }

  /** The one that was prepared, however far it has come, or another. */
  open(url: string): WebSocket {
    const prepared = this.#prepared;
    this.#prepared = null;
    // A server waits only so long for somebody to say who they are, and then hangs up.
    const hungUp = this.#wasOpen && prepared !== null && prepared.readyState > 1;
    if (prepared?.url === url && !hungUp) return prepared;
    prepared?.close();
    return new WebSocket(url);
  }

  /** Nobody will ask for one. */
  close(): void {
    this.#prepared?.close();
    this.#prepared = null;
  }
}
