/** The service worker: keeps the page, so that it works offline. A new version of the page is a new one of this file. */

declare const self: ServiceWorkerGlobalScope;

// The build writes these.
const VERSION = '%VERSION%';
const FILES = '%FILES%';
const RUNTIME = '%RUNTIME%';

const CACHE = `scgan-${VERSION}`;

/** Cache of what is kept when it is used: LiteRT.js, of which each browser takes a part, and the examples. */
const USED = 'scgan-used';
const KEPT_WHEN_USED = /\/(litert-[^/]+|examples)\/[^/]+$/;

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const isOurs = request.method === 'GET' && new URL(request.url).origin === self.location.origin;
  if (isOurs) event.respondWith(answer(request));
});

/** Files that the page loaded before this worker saw what it loads. */
self.addEventListener('message', (event) => {
  const files = (event.data as string[]).filter((file) => KEPT_WHEN_USED.test(file));
  event.waitUntil(keep(files));
});

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.split('|'));
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith('scgan-') && name !== CACHE && name !== USED);
  await Promise.all(old.map((name) => caches.delete(name)));
  const used = await caches.open(USED);
  const outdated = (await used.keys()).filter(({ url }) => url.includes('/litert-') && !url.includes(`/${RUNTIME}`));
  await Promise.all(outdated.map((request) => used.delete(request)));
  await self.clients.claim();
}

async function keep(files: string[]): Promise<void> {
  const used = await caches.open(USED);
  for (const file of files) if (!(await used.match(file))) await used.add(file);
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const used = await caches.open(USED);
  const isPage = request.mode === 'navigate' && new URL(request.url).href.split(/[?#]/)[0] === self.registration.scope;
  const kept = isPage ? await cache.match('./') : ((await cache.match(request)) ?? (await used.match(request)));
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok && KEPT_WHEN_USED.test(request.url)) await used.put(request, response.clone());
  return response;
}

export {};
