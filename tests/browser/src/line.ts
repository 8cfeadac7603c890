import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { connect } from "node:net";

/** What gets through: everything, nothing, or everything but the protocol's WebSocket. */
type Lets = "all" | "nothing" | "pages";

const SYNC = "GET /api/v1/sync";

/**
 * The network between one person and the server, which can be cut. A relay of bytes, because
 * browsers' own switches for being offline leave open sockets of workers alone.
 */
export class Line {
  readonly #relay: Server;
  readonly #open = new Set<Socket>();
  readonly #target: string;
  #lets: Lets = "all";
  /** Milliseconds that every piece takes to the server. */
  delay = 0;

  private constructor(target: string) {
    this.#target = target;
    this.#relay = createServer((near) => this.#join(near));
  }

  static async to(target: string): Promise<Line> {
    const line = new Line(target);
    await new Promise<void>((resolve) => line.#relay.listen(0, "127.0.0.1", resolve));
    return line;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#relay.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#let("nothing");
  }

  /** As company networks do. */
  blockSockets(): void {
    this.#let("pages");
  }

  mend(): void {
    this.#lets = "all";
  }

  async end(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#relay.close(resolve));
  }

  #let(lets: Lets): void {
    this.#lets = lets;
    for (const socket of this.#open) socket.destroy();
  }

  #join(near: Socket): void {
    // Kept from here on: browsers open connections that they may never use.
    this.#open.add(near);
    near.on("error", () => near.destroy()).on("close", () => this.#open.delete(near));
    if (this.#lets === "nothing") {
      near.destroy();
      return;
    }
    near.once("data", (first: Buffer) => {
      near.pause();
      if (this.#lets === "pages" && first.toString("latin1", 0, SYNC.length) === SYNC) {
        near.destroy();
        return;
      }
      this.#relayTo(near, first);
    });
  }

  #relayTo(near: Socket, first: Buffer): void {
    const { hostname, port } = new URL(this.#target);
    const far = connect(Number(port), hostname);
    far.setNoDelay(true);
    near.setNoDelay(true);
    this.#open.add(far);
    const end = () => {
      near.destroy();
      far.destroy();
      this.#open.delete(far);
    };
    far.on("error", end).on("close", end);
    near.on("close", end);
    const hand = (bytes: Buffer) => {
      if (this.delay === 0) far.write(bytes);
      else setTimeout(() => far.writable && far.write(bytes), this.delay);
    };
    hand(first);
    near.on("data", hand);
    far.pipe(near);
    near.resume();
  }
}
