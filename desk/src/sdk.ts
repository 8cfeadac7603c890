/** The one place where the desk takes the client's code; everything else knows its types only. */

import { connect, trustedScriptUrl, workerFrom } from "@rejoinder/client";
import workerUrl from "@rejoinder/client/worker?worker&url";

export { connect, trustedScriptUrl };

export function makeWorker(): Worker {
  return workerFrom(workerUrl);
}

/** REST, apart so that a scripted directory can stand in for it. */
export function fetchApi(address: string, init: RequestInit): Promise<Response> {
  return fetch(address, init);
}
