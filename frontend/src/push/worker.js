/** @file The service worker. It has no handler for fetch: pages load as without it. */

import { open, replace, show } from "./notifications.js";

const worker = /** @type {any} */ (self);

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(show(worker, event.data)));
worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(open(worker, event.notification.data?.url ?? worker.registration.scope));
});
worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) => event.waitUntil(replace(worker, event)));
