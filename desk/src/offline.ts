/// <reference lib="webworker" />
/**
 * The service worker: keeps the app itself, so that it opens without a network. It answers for
 * the app's two pages and its own files only; everything else, every answer of the server and
 * every page of a customer, goes by untouched and is never kept.
 */
import { cleanupOutdatedCaches, matchPrecache, precacheAndRoute } from "workbox-precaching";

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: { url: string; revision: string | null }[];
};

const PAGES = new Set(["/desk", "/desk/", "/portal", "/portal/"]);

precacheAndRoute(self.__WB_MANIFEST, { directoryIndex: "", cleanURLs: false });
cleanupOutdatedCaches();

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.mode === "navigate" && origin === self.location.origin && PAGES.has(pathname)) {
    event.respondWith(page(request));
  }
});

/** From the first visit on, pages of both names are controlled without a second visit. */
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

/** A new version waits until a person says so: a page is never changed under their hands. */
self.addEventListener("message", (event) => {
  if (event.data === "take over") {
    void self.skipWaiting();
  }
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

async function page(request: Request): Promise<Response> {
  return (await matchPrecache("/desk/index.html")) ?? fetch(request);
}

async function show(conversation: unknown): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const desk = windows.find((client) => PAGES.has(new URL(client.url).pathname));
  const hash = typeof conversation === "string" ? `#/c/${conversation}` : "";
  if (desk) {
    await desk.focus();
    desk.postMessage({ open: conversation });
  } else {
    await self.clients.openWindow(`/desk${hash}`);
  }
}
