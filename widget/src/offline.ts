/// <reference lib="webworker" />
/**
 * The service worker: keeps the app itself, so that a chat that was open before opens without a
 * network too. It answers for the app's page and its files; everything else goes by untouched and
 * is never kept.
 */
import { cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: { url: string; revision: string | null }[];
};
/** The app's page that belongs to the files that are kept: put in when this is built. */
declare const PAGE: string;

/** What the types of the platform lack: rules that a browser follows without waking a worker. */
interface Rules {
  addRoutes?(rules: object[]): Promise<void>;
}

/** The server's answers for the page, one for each site: they say who may show it. */
const ANSWERS = "rejoinder widget answers";
/** How long the network may take to bring the page before the kept one is shown. */
const PATIENCE_MILLIS = 2_000;
const APP = "/widget/app";
/** The status of a page whose site there is not, or not any more. */
const GONE = 404;

precacheAndRoute(self.__WB_MANIFEST, { directoryIndex: "", cleanURLs: false });
cleanupOutdatedCaches();

self.addEventListener("install", (event: ExtendableEvent & Rules) => {
  // Waking a worker takes longer than what it would do: on the way to the first words it would be
  // in the way.
  const rules = event.addRoutes?.([
    { condition: { urlPattern: "/api/*" }, source: "network" },
    { condition: { urlPattern: `${APP}*` }, source: "race-network-and-fetch-handler" },
  ]);
  rules?.catch(() => {});
  event.waitUntil(askForOpenPages().catch(() => {}));
});

/** The pages that are open came before there was anybody to keep the answer. */
async function askForOpenPages(): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const pages = windows.map(({ url }) => new URL(url)).filter(({ pathname }) => pathname === APP);
  await Promise.all(pages.map(async ({ href }) => keep(href, await fetch(href))));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.mode === "navigate" && origin === self.location.origin && pathname === APP) {
    event.respondWith(page(event));
  }
});

/** From the network where it is quick, so that it fits the server; else as it was kept. */
async function page(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const asked = fetch(request);
  // Without room for anything a chat still opens from the network.
  const kept = await caches.match(request, { cacheName: ANSWERS }).catch(() => undefined);
  event.waitUntil(asked.then((answer) => keep(request.url, answer)).catch(() => {}));
  if (!kept) return asked;
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MILLIS));
  const answer = await Promise.race([asked.catch(() => null), late]);
  if (answer && (answer.ok || answer.status === GONE)) return answer;
  // Somebody in between may answer for a server that is down. The page of here, not the one that
  // was kept with the answer: that one may name files of another version.
  return new Response(PAGE, { headers: kept.headers });
}

/** Keeps what an answer says of the page, which is all in its head. */
async function keep(url: string, answer: Response): Promise<void> {
  if (!answer.ok && answer.status !== GONE) return;
  const answers = await caches.open(ANSWERS);
  if (answer.status === GONE) {
    await answers.delete(url);
    return;
  }
  const headers = new Headers(answer.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  await answers.put(url, new Response(null, { headers }));
}
