/** The service worker that keeps the app: its start, and the coming of a new version. */

import { signal } from "@preact/signals";
import { trustedScriptUrl } from "../sdk.js";
import { go } from "./route.js";

const waiting = signal<ServiceWorker | null>(null);
export const newVersion = waiting;

export async function keepApp(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) {
    return;
  }
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener("message", (event: MessageEvent<{ open?: unknown }>) => {
    if (typeof event.data?.open === "string") {
      go({ page: "inbox", conversation: event.data.open });
    }
  });
  try {
    const registration = await serviceWorker.register(trustedScriptUrl("/desk/sw.js"),
      { scope: "/" });
    watch(registration);
  } catch (error) {
    // Without it the desk works as long as there is a network.
    console.warn("The desk will not open without a network:", error);
  }
}

function watch(registration: ServiceWorkerRegistration): void {
  const look = () => {
    waiting.value = navigator.serviceWorker.controller ? registration.waiting : null;
  };
  look();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", look);
  });
}

/** Loads the new version in this tab, and takes its place in every other at their next load. */
export function takeNewVersion(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(),
    { once: true });
  waiting.value?.postMessage("take over");
}
