/** What the service worker shows and opens, and how a device describes itself. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { bytesOf, deviceLabel, isSame } from "../src/push/device.js";
import { open, replace, show } from "../src/push/notifications.js";

const ORIGIN = "https://chat.example";
const SCOPE = `${ORIGIN}/chat/notifications/`;

/** A worker whose world is as far as a test looks at it. */
function makeWorker({ urls = /** @type {string[]} */ ([]), mayFocus = true, badge = () => Promise.resolve() } = {}) {
  const seen = { shown: /** @type {any[]} */ ([]), told: 0, opened: /** @type {string[]} */ ([]), focused: /** @type {string[]} */ ([]), badges: /** @type {number[]} */ ([]) };
  const pages = urls.map((url) => ({
    url,
    postMessage: () => (seen.told += 1),
    async focus() {
      if (!mayFocus) throw new Error("Not allowed.");
      seen.focused.push(url);
      return this;
    },
  }));
  const worker = {
    location: new URL(`${ORIGIN}/chat/notifications/worker.js`),
    navigator: { setAppBadge: (/** @type {number} */ count) => (seen.badges.push(count), badge()) },
    registration: {
      scope: SCOPE,
      showNotification: async (/** @type {string} */ title, /** @type {any} */ options) => seen.shown.push({ title, ...options }),
      pushManager: { subscribe: async (/** @type {any} */ options) => subscription(`${ORIGIN}/fresh`, options) },
    },
    clients: { matchAll: async () => pages, openWindow: async (/** @type {string} */ url) => seen.opened.push(url) },
  };
  return { worker, seen };
}

function subscription(/** @type {string} */ endpoint, /** @type {any} */ options = {}) {
  return /** @type {any} */ ({ endpoint, options, toJSON: () => ({ endpoint, keys: { p256dh: "P", auth: "A" } }) });
}

const data = (/** @type {unknown} */ value) => ({ json: () => value });
const MESSAGE = {
  web_push: 8030,
  notification: {
    ...{ title: "New message from Minji", navigate: `${ORIGIN}/chat/rooms/7/`, tag: "pairchat-7", app_badge: "3" },
    ...{ body: "Found", data: { user: "1", room: "7" } },
  },
};

test("a message is shown with what opens its room, and open pages hear of it", async () => {
  const { worker, seen } = makeWorker({ urls: [`${ORIGIN}/`, `${ORIGIN}/chat/`] });
  await show(worker, data(MESSAGE));
  const [shown] = seen.shown;
  assert.equal(seen.shown.length, 1);
  assert.deepEqual([shown.title, shown.body, shown.tag, shown.renotify], ["New message from Minji", "Found", "pairchat-7", true]);
  assert.deepEqual(shown.data, { user: "1", room: "7", url: `${ORIGIN}/chat/rooms/7/` });
  assert.deepEqual([seen.told, seen.badges], [2, [3]]);
});

for (const [name, payload] of /** @type {[string, any][]} */ ([
  ["nothing", null],
  ["no JSON", { json: () => JSON.parse("{") }],
  ["null", data(null)],
  ["no notification", data({ web_push: 8030 })],
  ["no title", data({ notification: { navigate: "/" } })],
])) {
  test(`a message of ${name} is shown, too`, async () => {
    const { worker, seen } = makeWorker();
    await show(worker, payload);
    assert.deepEqual(seen.shown, [{ title: "chat.example", tag: "pairchat", data: { url: SCOPE } }]);
  });
}

test("a badge that fails stops nothing", async () => {
  const { worker, seen } = makeWorker({ urls: [`${ORIGIN}/`], badge: () => Promise.reject(new Error("No icon.")) });
  await show(worker, data(MESSAGE));
  assert.deepEqual([seen.shown.length, seen.told], [1, 1]);
});

test("a click goes to the tab with the room, wherever in the room it is", async () => {
  const { worker, seen } = makeWorker({ urls: [`${ORIGIN}/chat/`, `${ORIGIN}/chat/rooms/7/?around=3#m3`] });
  await open(worker, `${ORIGIN}/chat/rooms/7/`);
  assert.deepEqual([seen.focused, seen.opened], [[`${ORIGIN}/chat/rooms/7/?around=3#m3`], []]);
});

test("a click opens a new tab if there is none, or it may not be focused", async () => {
  const alone = makeWorker({ urls: [`${ORIGIN}/chat/rooms/70/`] });
  await open(alone.worker, `${ORIGIN}/chat/rooms/7/`);
  const refused = makeWorker({ urls: [`${ORIGIN}/chat/rooms/7/`], mayFocus: false });
  await open(refused.worker, `${ORIGIN}/chat/rooms/7/`);
  assert.deepEqual([alone.seen.opened, refused.seen.opened], [[`${ORIGIN}/chat/rooms/7/`], [`${ORIGIN}/chat/rooms/7/`]]);
});

test("a click stays on the site that the person has subscribed at", async () => {
  const { worker, seen } = makeWorker();
  await open(worker, "https://www.chat.example/chat/rooms/7/?a=1");
  assert.deepEqual(seen.opened, [`${ORIGIN}/chat/rooms/7/?a=1`]);
});

test("a subscription that is replaced is reported with the old address, or made anew", async (context) => {
  const posted = /** @type {any[]} */ ([]);
  context.mock.method(globalThis, "fetch", async (/** @type {URL} */ url, /** @type {any} */ init) => posted.push([url.href, init.method, Object.fromEntries(init.body)]));
  const { worker } = makeWorker();
  const old = subscription(`${ORIGIN}/old`, { userVisibleOnly: true, applicationServerKey: new ArrayBuffer(65) });
  await replace(worker, { oldSubscription: old, newSubscription: subscription(`${ORIGIN}/new`) });
  await replace(worker, { oldSubscription: old });
  await replace(worker, { newSubscription: subscription(`${ORIGIN}/new`) });
  const sent = (/** @type {string} */ endpoint) => [`${SCOPE}devices/replaced/`, "POST", { old: `${ORIGIN}/old`, endpoint, p256dh: "P", auth: "A" }];
  assert.deepEqual(posted, [sent(`${ORIGIN}/new`), sent(`${ORIGIN}/fresh`)]);
});

test("a key is compared byte by byte", () => {
  const key = bytesOf("BAEC-_8");
  assert.deepEqual([...key], [4, 1, 2, 251, 255]);
  assert.ok(isSame(key.buffer, key));
  assert.ok(!isSame(bytesOf("BAEC-_4").buffer, key));
  assert.ok(!isSame(bytesOf("BAEC").buffer, key));
  assert.ok(!isSame(null, key));
});

test("a device is named by browser and system", () => {
  const names = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox, Linux",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0": "Edge, Windows",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":
      "Samsung Internet, Android",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Version/18.4 Mobile/15E148 Safari/604.1":
      "Safari, iPhone",
    "": "",
  };
  for (const [userAgent, label] of Object.entries(names)) assert.equal(deviceLabel({ userAgent }), label);
});
