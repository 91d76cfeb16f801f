/** @file This browser as a device that takes push messages: turned on by a click, renewed by visits, off for others. */

import { localStore } from "../browser.js";
import { csrfToken } from "../csrf.js";
import { fieldsOf } from "./notifications.js";

/**
 * What the server has written beside the module: the person, the site's public key, and addresses.
 * @typedef {{me: string, key: string, scope: string, worker: string, devices: string, unread: string}} Config
 */

const POLICY = "pairchat-push";
const TAG = "pairchat";
const VISITED = "pairchat:push";

/** @type {{createScriptURL(text: string): any} | undefined} */
let policy;

/** @returns {Config | null} null where nobody is signed in */
export function configOf(root = document) {
  /** @type {HTMLElement | null} */
  const script = root.querySelector("script[data-pc-push]");
  return script && /** @type {Config} */ ({ ...script.dataset });
}

export class Device {
  /** @param {Config} config */
  constructor(config) {
    this.config = config;
  }

  get isSupported() {
    return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  }

  get isDenied() {
    return Notification.permission === "denied";
  }

  /** Whether this person has turned it on in this browser, where another person may have done so, too. */
  get isWanted() {
    return this.isSupported && Notification.permission === "granted" && localStore()?.getItem(this.#wish) === "on";
  }

  get #wish() {
    return `pairchat:push:${this.config.me}`;
  }

  /** Asks for the permission, within a click, and subscribes. */
  async turnOn() {
    if ((await Notification.requestPermission()) !== "granted") return;
    const subscription = await this.#subscribed();
    if (!(await this.#post("add", { ...fieldsOf(subscription), label: deviceLabel(navigator) })).ok) throw new Error("add");
    localStorage.setItem(this.#wish, "on");
  }

  async turnOff() {
    localStorage.removeItem(this.#wish);
    const subscription = await this.#subscription();
    if (!subscription) return;
    await this.#post("remove", { endpoint: subscription.endpoint });
    await subscription.unsubscribe();
  }

  /**
   * Tells the site once for each tab that the subscription is alive: it may have been replaced without a word. What
   * another person has turned on in this browser ends as soon as this one is here.
   * @param {boolean} [always]
   */
  async visit(always = false) {
    if (!this.isSupported) return;
    const subscription = this.isWanted ? await this.#subscribed() : await this.#subscription();
    if (!subscription) return;
    const visited = `${this.config.me} ${subscription.endpoint} ${this.isWanted}`;
    if (!always && sessionStorage.getItem(VISITED) === visited) return;
    const { endpoint } = subscription;
    const label = deviceLabel(navigator);
    const answer = this.isWanted
      ? await this.#post("renew", { ...fieldsOf(subscription), label })
      : await this.#post("remove", { endpoint });
    if (!answer.ok) return;
    // Another device may have removed this one.
    if (this.isWanted && !(await answer.json()).on) await this.turnOff();
    else sessionStorage.setItem(VISITED, visited);
  }

  /** Closes the notifications of rooms that have been read, on whichever device, and those for another person. */
  async tidy() {
    const registration = this.isSupported ? await this.#registration() : undefined;
    const shown = (await registration?.getNotifications()) ?? [];
    const ours = shown.filter(({ tag }) => tag.startsWith(TAG));
    const mine = ours.filter(({ data }) => data?.user === this.config.me);
    for (const other of ours) if (!mine.includes(other)) other.close();
    if (!mine.length) return;
    const rooms = mine.flatMap(({ data }) => (data.room ? [["room", data.room]] : []));
    const answer = await fetch(`${this.config.unread}?${new URLSearchParams(rooms)}`, { redirect: "manual" });
    if (!answer.ok) return;
    const { unread, count } = await answer.json();
    for (const each of mine) if (each.data.room ? !unread.includes(each.data.room) : !count) each.close();
    await navigator.setAppBadge?.(count).catch(() => {});
  }

  /** @returns {Promise<ServiceWorkerRegistration | undefined>} our own, not one of the host that is for more pages */
  async #registration() {
    const found = await navigator.serviceWorker.getRegistration(this.config.scope);
    return found?.scope === new URL(this.config.scope, location.href).href ? found : undefined;
  }

  /** @returns {Promise<PushSubscription | null | undefined>} */
  async #subscription() {
    return (await this.#registration())?.pushManager.getSubscription();
  }

  /** @returns {Promise<PushSubscription>} with the site's present key */
  async #subscribed() {
    const { scope, worker, key } = this.config;
    const registration = await navigator.serviceWorker.register(trusted(worker), { scope, updateViaCache: "none" });
    await active(registration);
    const applicationServerKey = bytesOf(key);
    const found = await registration.pushManager.getSubscription();
    if (found && isSame(found.options.applicationServerKey, applicationServerKey)) return found;
    await found?.unsubscribe();
    return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  }

  /**
   * @param {string} act
   * @param {Record<string, string>} fields
   */
  #post(act, fields) {
    return fetch(this.config.devices, {
      method: "POST",
      redirect: "manual",
      headers: { "X-CSRFToken": csrfToken() },
      body: new URLSearchParams({ act, as: this.config.me, ...fields }),
    });
  }
}

/**
 * The address of the worker, as pages with trusted types want it.
 * @param {string} url
 */
function trusted(url) {
  const types = /** @type {any} */ (window).trustedTypes;
  if (!types) return url;
  policy ??= types.createPolicy(POLICY, { createScriptURL: sameOrigin });
  return /** @type {NonNullable<typeof policy>} */ (policy).createScriptURL(url);
}

/** @param {string} text */
function sameOrigin(text) {
  const { origin, href } = new URL(text, location.href);
  if (origin !== location.origin) throw new TypeError("The worker of the chat is of this site.");
  return href;
}

/**
 * Waits until the worker runs: before, nobody can subscribe.
 * @param {ServiceWorkerRegistration} registration
 * @returns {Promise<void>}
 */
function active(registration) {
  const coming = registration.installing ?? registration.waiting;
  if (registration.active || !coming) return Promise.resolve();
  return new Promise((resolve, reject) => {
    coming.addEventListener("statechange", () => {
      if (coming.state === "activated") resolve();
      if (coming.state === "redundant") reject(new Error("The worker did not start."));
    });
  });
}

/** @param {string} text in URL-safe Base64 */
export function bytesOf(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/**
 * @param {ArrayBuffer | null} key
 * @param {Uint8Array} other
 */
export function isSame(key, other) {
  return key !== null && key.byteLength === other.length && new Uint8Array(key).every((byte, index) => byte === other[index]);
}

const BROWSERS = [
  ["Edg", "Edge"],
  ["OPR", "Opera"],
  ["SamsungBrowser", "Samsung Internet"],
  ["Firefox", "Firefox"],
  ["FxiOS", "Firefox"],
  ["CriOS", "Chrome"],
  ["Chrome", "Chrome"],
  ["Safari", "Safari"],
];
const SYSTEMS = ["iPhone", "iPad", "Android", "CrOS", "Windows", "Mac OS", "Linux"];

/**
 * By what a person knows the device in a list: "Firefox, Windows".
 * @param {{userAgent: string}} browser
 */
export function deviceLabel({ userAgent }) {
  const name = BROWSERS.find(([sign]) => userAgent.includes(`${sign}/`))?.[1];
  const system = SYSTEMS.find((sign) => userAgent.includes(sign));
  return [name, system].filter(Boolean).join(", ");
}
