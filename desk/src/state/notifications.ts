/** "New message", and never a word of it. Asked for only when a person presses the switch. */

import { effect, signal } from "@preact/signals";
import { isWatching } from "./attention.js";
import type { Desk } from "./desk.js";
import { t } from "./i18n.js";
import type { Disposer } from "./readable.js";
import { change, settings } from "./settings.js";

const TAG = "rejoinder";
/**
 * How long the inbox is up to date before more unread messages are news: until then old ones are
 * counted, one conversation after the other.
 */
const SETTLED_MILLIS = 3_000;

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
  const isRead = signal(false);
  const stopWaiting = effect(() => {
    if (isRead.value || desk.connection.value !== "live") {
      return undefined;
    }
    const timer = setTimeout(() => {
      isRead.value = true;
    }, SETTLED_MILLIS);
    return () => clearTimeout(timer);
  });
  const stopOffers = desk.client.on("offer", () => {
    if (!isWatching.peek() && settings.peek().notify && canNotify() === "yes") {
      void show(t.peek().offers.title);
    }
  });
  let before = desk.news.peek();
  const stopNews = effect(() => {
    const unread = desk.news.value;
    const more = isRead.value && unread > before;
    if (more && !isWatching.peek() && settings.peek().notify && canNotify() === "yes") {
      void show();
    } else if (unread === 0 && before > 0) {
      void withdraw();
    }
    before = unread;
  });
  return () => {
    stopWaiting();
    stopOffers();
    stopNews();
  };
}

async function show(title = t.peek().notification.title): Promise<void> {
  const { body } = t.peek().notification;
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.showNotification(title, { body, tag: TAG, icon: "/desk/icons/desk-192.png" });
}

async function withdraw(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const notification of await registration?.getNotifications({ tag: TAG }) ?? []) {
    notification.close();
  }
}
