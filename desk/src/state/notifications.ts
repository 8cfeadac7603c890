/** "New message", and never a word of it. Asked for only when a person presses the switch. */

import { effect } from "@preact/signals";
import { isWatching } from "./attention.js";
import type { Desk } from "./desk.js";
import { t } from "./i18n.js";
import type { Disposer } from "./readable.js";
import { change, settings } from "./settings.js";

const TAG = "rejoinder";

export function canNotify(): "yes" | "blocked" | "unknown" {
  if (!("Notification" in globalThis) || Notification.permission === "denied") {
    return "blocked";
  }
  return Notification.permission === "granted" ? "yes" : "unknown";
}

export async function toggleNotifications(): Promise<void> {
  if (settings.value.notify || !("Notification" in globalThis)) {
    change({ notify: false });
    return;
  }
  change({ notify: await Notification.requestPermission() === "granted" });
}

/** A message more is told; one less, a recall, takes the notification back. */
export function startNotifications(desk: Desk): Disposer {
  let before = desk.news.peek();
  return effect(() => {
    const unread = desk.news.value;
    if (unread > before && !isWatching.peek() && settings.peek().notify && canNotify() === "yes") {
      void show();
    } else if (unread === 0 && before > 0) {
      void withdraw();
    }
    before = unread;
  });
}

async function show(): Promise<void> {
  const { title, body } = t.peek().notification;
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.showNotification(title, { body, tag: TAG, icon: "/desk/icons/desk-192.png" });
}

async function withdraw(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const notification of await registration?.getNotifications({ tag: TAG }) ?? []) {
    notification.close();
  }
}
