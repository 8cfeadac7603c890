/** The service worker that keeps the app: its start, and the coming of a new version. */

import { signal } from "@preact/signals";
import { trustedScriptUrl } from "../sdk.js";

const waiting = signal<ServiceWorker | null>(null);
export const newVersion = waiting;
let registration: ServiceWorkerRegistration | null = null;

export async function keepApp(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) {
    return;
  }
  try {
    registration = await navigator.serviceWorker.register(trustedScriptUrl("/desk/sw.js"),
      { scope: "/" });
    watch(registration);
  } catch (error) {
    // Without it the desk works as long as there is a network.
    console.warn("The desk will not open without a network:", error);
  }
}

function watch(kept: ServiceWorkerRegistration): void {
  const look = () => {
    waiting.value = navigator.serviceWorker.controller ? kept.waiting : null;
  };
  const follow = (worker: ServiceWorker | null) => worker?.addEventListener("statechange", look);
  look();
  follow(kept.installing);
  follow(kept.waiting);
  kept.addEventListener("updatefound", () => follow(kept.installing));
}

/** The server speaks a newer protocol: the app that speaks it is there to be fetched. */
export function lookForNewVersion(): void {
  registration?.update().catch(() => undefined);
}

/** Loads the new version in this tab, and takes its place in every other at their next load. */
export function takeNewVersion(): void {
  const worker = waiting.peek();
  if (worker?.state !== "installed") {
    location.reload();
    return;
  }
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(),
    { once: true });
  worker.postMessage("take over");
}
