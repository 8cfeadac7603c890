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

/** How long the network may take to bring a page before the kept one is shown. */
const PATIENCE_MILLIS = 2_000;
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
  event.waitUntil(show());
});

/**
 * From the network where it is quick, so that reloading brings the page that fits the server, with
 * the rules that the server sets for it now; else as it was kept.
 */
async function page(request: Request): Promise<Response> {
  const kept = await matchPrecache("/desk/index.html");
  return kept ? await quick(request) ?? kept : fetch(request);
}

function quick(request: Request): Promise<Response | null> {
  const asked = fetch(request).then((answer) => answer.ok ? answer : null).catch(() => null);
  const late = new Promise<null>((resolve) => {
    setTimeout(() => resolve(null), PATIENCE_MILLIS);
  });
  return Promise.race([asked, late]);
}

async function show(): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const desk = windows.find((client) => PAGES.has(new URL(client.url).pathname));
  await (desk ? desk.focus() : self.clients.openWindow("/desk"));
}
