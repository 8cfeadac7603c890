import { trustedScriptUrl } from "@rejoinder/client";
import { effect } from "@preact/signals";
import type { Session } from "./session";

/** Keeps the app itself once it has nothing better to do, so that it opens without a network. */
export function keepApp(session: Session): void {
  if (import.meta.env.DEV || !("serviceWorker" in navigator)) return;
  const stop = effect(() => {
    if (session.connection.value !== "live") return;
    queueMicrotask(() => stop());
    const idle = window.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1_000));
    idle(() => {
      // Denied where storage is: then the chat needs a network to open.
      navigator.serviceWorker.register(trustedScriptUrl("/widget/offline.js")).catch(() => {});
    });
  });
}
