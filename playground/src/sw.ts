// Lets the site work offline: what was seen once is kept, and shown when the network is not there.
//
// The network comes first, so nobody reads an old page while they are online. Packs are not for
// here: the worker keeps them itself, by their hash.

/** Set by build.mjs: another one for another build. */
declare const VERSION: string;

const scope = self as unknown as ServiceWorkerGlobalScope;
const PREFIX = `fastapi-course-site ${scope.registration.scope} `;
const CACHE = `${PREFIX}${VERSION}`;

scope.addEventListener("install", () => void scope.skipWaiting());

scope.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
      }
      await scope.clients.claim();
    })(),
  );
});

// The page says what it has loaded before we were there, and what it will need.
scope.addEventListener("message", (event) => {
  const { keep } = event.data as { keep?: string[] };
  if (keep) event.waitUntil(keepAll(keep.filter(ours)));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && ours(request.url)) event.respondWith(answer(request));
});

function ours(url: string): boolean {
  const { origin, pathname } = new URL(url);
  return origin === scope.location.origin && !pathname.endsWith(".zst");
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok && response.status === 200) await put(cache, request.url, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(plain(request.url));
    if (kept) return kept;
    throw error;
  }
}

async function keepAll(urls: string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const url of new Set(urls.map(plain))) {
    if (await cache.match(url)) continue;
    // What the page has loaded a moment ago is not asked for a second time.
    const response = await fetch(url, { cache: "force-cache" }).catch(() => null);
    if (response?.ok) await put(cache, url, response);
  }
}

async function put(cache: Cache, url: string, response: Response): Promise<void> {
  await cache.put(plain(url), response).catch(() => {}); // the disk is full
}

/** Without what a page is told of where to begin. */
const plain = (url: string) => url.replace(/[?#].*$/, "");
