import wasm from "../dist/core/rejoinder_bg.wasm?url";
import type { ToWorker } from "./protocol.js";
import { trustedScriptUrl } from "./trusted.js";

let core: Promise<WebAssembly.Module> | null = null;

/** The core's program, compiled once for all workers of a page. */
function compiled(): Promise<WebAssembly.Module> {
  core ??= WebAssembly.compileStreaming(fetch(wasm));
  return core;
}

/** A worker from a module of this origin. It is handed its core, compiled while it starts. */
export function workerFrom(url: string | URL): Worker {
  const worker = new Worker(trustedScriptUrl(url), { type: "module", name: "rejoinder" });
  const hand = (module: WebAssembly.Module | null) => {
    worker.postMessage({ kind: "core", module } satisfies ToWorker);
  };
  compiled().then(hand, () => {
    core = null;
    hand(null);
  });
  return worker;
}
