/** A client for Rejoinder in a browser. See the README for a chat in ten lines. */

import { type Client, type ConnectOptions, RejoinderError } from "./api.js";
import { PortClient } from "./client.js";

export * from "./api.js";
export * from "./views.js";
export { newId } from "./ids.js";
export { State } from "./readable.js";
export { workerFrom } from "./starting.js";
export { trustedScriptUrl } from "./trusted.js";

/** Opens a client on its store, in a worker. It connects by itself, and again after a loss. */
export function connect(options: ConnectOptions): Client {
  const start = options.worker;
  if (start === undefined) {
    const how = "give a worker: () => workerFrom(url), made from @rejoinder/client/worker";
    throw new RejoinderError("unsupported", how);
  }
  return new PortClient(options, (listener) => {
    const worker = start();
    worker.onmessage = ({ data }) => listener(data);
    worker.onerror = (event) => listener({ kind: "trapped", reason: event.message });
    return {
      post: (message) => worker.postMessage(message),
      end: () => {
        worker.terminate();
        return Promise.resolve();
      },
    };
  });
}
