import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = process.env.REJOINDER ?? join(import.meta.dirname, "../../../target/debug/rejoinder");

/** A real server with the demo's site and log-ins, on a free port, in a folder of its own. */
export class DemoServer {
  readonly folder = mkdtempSync(join(tmpdir(), "rejoinder-"));
  address = "";
  site = "";
  #process: ChildProcess | null = null;

  /** With this many conversations of the past in it, where it is to be full. */
  static async start(conversations = 0): Promise<DemoServer> {
    const server = new DemoServer();
    if (conversations > 0) {
      const data = join(server.folder, "data");
      execFileSync(PROGRAM, ["demo", "--conversations", String(conversations), "--data", data]);
    }
    await server.begin("127.0.0.1:0");
    return server;
  }

  async begin(listen: string): Promise<void> {
    const limits = ["--new-visitors-per-hour", "1000", "--passwords-per-minute", "1000"];
    const data = join(this.folder, "data");
    const args = ["serve", "--demo", "--data", data, "--listen", listen, ...limits];
    const child = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    let text = "";
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${text}`)));
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        this.address = /https?:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? "";
        this.site = /site\s+([0-9a-f-]{36})/.exec(text)?.[1] ?? "";
        if (this.address !== "" && this.site !== "" && text.includes("Ctrl-C")) resolve();
      });
    });
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    this.#process = null;
  }

  async again(): Promise<void> {
    const listen = new URL(this.address).host;
    await this.begin(listen);
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
