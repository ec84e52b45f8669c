// Keeps the page for when there is no network: each file under its content's hash, so that versions never mix.
"use strict";
const FILES = {};
const PAGE = ["index.html", "look.css", "page.css", "page.js"];
const CACHE = `self-check ${registration.scope}`;
const key = name => `${new URL(name, registration.scope)}?sha256=${FILES[name]}`;
const hex = bytes => [...new Uint8Array(bytes)].map(byte => byte.toString(16).padStart(2, "0")).join("");

/** The file from the cache, or from the network. `kept` is fulfilled when it is in the cache, if it is what it should be. */
async function have(name) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(key(name));
  if (found) return {response: found, kept: Promise.resolve()};
  const response = await fetch(new URL(name, registration.scope), {cache: "no-cache"});
  const copy = response.clone();
  const keep = async () => {
    const bytes = await copy.arrayBuffer();
    if (!copy.ok || hex(await crypto.subtle.digest("SHA-256", bytes)) !== FILES[name]) throw new Error(`${name} is of another version`);
    await cache.put(key(name), new Response(bytes, {headers: copy.headers}));
  };
  return {response, kept: keep()};
}
const all = names => Promise.all(names.map(async name => (await have(name)).kept));

addEventListener("install", event => {
  // The first time, the page is loading the rest itself; a later version is complete before it takes over.
  event.waitUntil(all(registration.active ? Object.keys(FILES) : PAGE));
});
addEventListener("activate", event => {
  event.waitUntil((async () => {
    const [cache, wanted] = [await caches.open(CACHE), new Set(Object.keys(FILES).map(key))];
    for (const request of await cache.keys()) if (!wanted.has(request.url)) await cache.delete(request);
    await clients.claim();
  })());
});
addEventListener("fetch", event => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || !address.href.startsWith(registration.scope)) return;
  const name = address.pathname.slice(new URL(registration.scope).pathname.length) || "index.html";
  if (!Object.hasOwn(FILES, name)) return;
  const answer = have(name);
  event.waitUntil(answer.then(({kept}) => kept).catch(() => undefined));
  event.respondWith(answer.then(({response}) => response));
});
addEventListener("message", event => {
  if (event.data === "take over") skipWaiting();
  if (event.data === "rest") event.waitUntil(all(Object.keys(FILES)).then(() => event.source.postMessage("complete"), () => undefined));
});
