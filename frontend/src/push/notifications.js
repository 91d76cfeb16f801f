/** @file What the service worker does with a push message, a click on its notification, and a subscription that is replaced. */

/**
 * What the server sends, and what stays in the notification.
 * @typedef {{title: string, navigate: string, app_badge?: string, tag?: string, data?: object, [option: string]: unknown}} Shown
 */

/** The type checker knows pages only. @typedef {any} Worker */

/**
 * Shows the message. Every message is shown, also one that cannot be read and one of a room that is on the screen:
 * browsers take the permission away from a site whose messages show nothing. Open pages close what has been read.
 * @param {Worker} worker
 * @param {{json(): any} | null} data
 */
export async function show(worker, data) {
  const { title, navigate, app_badge, ...options } = read(worker, data);
  await worker.registration.showNotification(title, { ...options, data: { ...options.data, url: navigate } });
  const count = Number(app_badge);
  // The number on the icon is a nicety: not every browser has it, and none may fail for it.
  if (count >= 0) await worker.navigator.setAppBadge?.(count)?.catch(() => {});
  for (const page of await pages(worker)) page.postMessage({ type: "pairchat-push" });
}

/**
 * @param {Worker} worker
 * @param {{json(): any} | null} data
 * @returns {Shown}
 */
function read(worker, data) {
  try {
    const { notification } = data?.json();
    if (notification.title && notification.navigate) return { ...notification, renotify: Boolean(notification.tag) };
  } catch {
    // Shown below, without what it says.
  }
  return { title: worker.location.host, navigate: worker.registration.scope, tag: "pairchat" };
}

/**
 * Opens the room of a notification: in the tab that shows it, else in a new one.
 * @param {Worker} worker
 * @param {string} address
 */
export async function open(worker, address) {
  const { pathname, search } = new URL(address, worker.registration.scope);
  // The person is signed in here, by whatever name the site calls itself elsewhere.
  const wanted = new URL(pathname + search, worker.location.origin);
  const there = (await pages(worker)).find(({ url }) => new URL(url).pathname === wanted.pathname);
  const focused = await there?.focus().catch(() => undefined);
  return focused ?? worker.clients.openWindow(wanted.href);
}

/**
 * Tells the site what has taken the place of a subscription. Where the browser does not say which one it was, the next
 * visit does.
 * @param {Worker} worker
 * @param {{oldSubscription?: PushSubscription | null, newSubscription?: PushSubscription | null}} change
 */
export async function replace(worker, { oldSubscription, newSubscription }) {
  if (!oldSubscription) return;
  const { userVisibleOnly, applicationServerKey } = oldSubscription.options;
  const subscription =
    newSubscription ?? (await worker.registration.pushManager.subscribe({ userVisibleOnly, applicationServerKey }));
  const body = new URLSearchParams({ old: oldSubscription.endpoint, ...fieldsOf(subscription) });
  await fetch(new URL("devices/replaced/", worker.registration.scope), { method: "POST", body, credentials: "omit" });
}

/**
 * @param {PushSubscription} subscription
 * @returns {Record<string, string>}
 */
export function fieldsOf(subscription) {
  const { endpoint = "", keys = {} } = subscription.toJSON();
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth };
}

/**
 * All windows of the site, also those outside of the worker's own path.
 * @param {Worker} worker
 * @returns {Promise<any[]>}
 */
function pages(worker) {
  return worker.clients.matchAll({ type: "window", includeUncontrolled: true });
}
