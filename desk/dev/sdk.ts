/** Stands in for `src/sdk.ts` with `--mode fake`: screenshots and layout without a server. */

import type { Client, ConnectOptions } from "@rejoinder/client";
import { ScriptedClient } from "./client.js";

type Policy = { createScriptURL: (url: string) => string };
type Factory = { createPolicy: (name: string, rules: Policy) => Policy };

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
const policy = factory?.createPolicy("rejoinder", { createScriptURL: (url) => url });

export function trustedScriptUrl(url: string): string {
  return policy?.createScriptURL(url) ?? url;
}

export function makeWorker(): Worker {
  throw new Error("the scripted client needs no worker");
}

export async function connect(options: ConnectOptions): Promise<Client> {
  return new ScriptedClient(options);
}

export { fetchApi } from "./directory.js";
