/** @file The line that says how the connection is, once that is worth a word. */

import { fill, show, slot } from "./dom.js";

const QUIET_MS = 2_000;
const OFFLINE_MS = 10_000;
/** Here nothing more is sent. */
export const ENDED = ["signed-out", "stopped"];

/**
 * The catalogue's key ("" for silence), and when to look again.
 * @param {string} state of the client
 * @param {number} broken milliseconds since there was a connection
 * @param {boolean} online what the browser believes
 * @returns {{key: string, wait: number | null}}
 */
export function banner(state, broken, online) {
  if (state !== "connecting" && state !== "waiting") return { key: ENDED.includes(state) || state === "paused" ? state : "", wait: null };
  if (broken < QUIET_MS) return { key: "", wait: QUIET_MS - broken };
  if (online && broken < OFFLINE_MS) return { key: "reconnecting", wait: OFFLINE_MS - broken };
  return { key: "offline", wait: null };
}

export class ConnectionStatus {
  /** @type {number | null} */
  #brokenSince = null;
  #state = "";

  /** @param {import("./room-controller.js").RoomController} controller */
  constructor(controller) {
    this.controller = controller;
  }

  update() {
    const { host, client, words, timers, room } = this.controller;
    const { state } = client;
    const now = Date.now();
    if (state === "connecting" || state === "waiting") this.#brokenSince ??= now;
    else this.#brokenSince = null;
    const { key, wait } = banner(state, now - (this.#brokenSince ?? now), navigator.onLine);
    this.say(key && words.text(key), key === "signed-out" ? host.dataset.loginUrl : "");
    timers.clear("connection");
    if (wait !== null) timers.set("connection", wait, () => this.update());
    if (state === this.#state) return;
    this.#state = state;
    host.dataset.connection = state;
    this.controller.emit("pairchat:state", { room, state });
  }

  /**
   * @param {string} text
   * @param {string} [href] where the words lead
   */
  say(text, href = "") {
    const { host } = this.controller;
    fill(host, "connection", text);
    show(host, "connection", text !== "");
    const line = slot(host, "connection");
    if (href) line?.setAttribute("href", href);
    else line?.removeAttribute("href");
  }
}
