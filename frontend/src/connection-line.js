/** @file The line that says how the connection is, once that is worth a word. */

import { banner } from "./banner.js";
import { fill, show, slot } from "./dom.js";

export class ConnectionLine {
  /** @type {number | null} */
  #brokenSince = null;
  #state = "";

  /** @param {import("./visit.js").Visit} visit */
  constructor(visit) {
    this.visit = visit;
  }

  update() {
    const { host, client, words, timers, room } = this.visit;
    const { state } = client;
    const now = Date.now();
    if (state === "connecting" || state === "waiting") this.#brokenSince ??= now;
    else this.#brokenSince = null;
    const { key, wait } = banner(state, now - (this.#brokenSince ?? now), navigator.onLine);
    this.say(key && words.text(key), key === "signed_out" ? host.dataset.loginUrl : "");
    timers.clear("connection");
    if (wait !== null) timers.set("connection", wait, () => this.update());
    if (state === this.#state) return;
    this.#state = state;
    host.dataset.connection = state;
    this.visit.tell("pairchat:state", { room, state });
  }

  /**
   * @param {string} text
   * @param {string} [href] where the words lead
   */
  say(text, href = "") {
    const { host } = this.visit;
    fill(host, "connection", text);
    show(host, "connection", text !== "");
    const line = slot(host, "connection");
    if (href) line?.setAttribute("href", href);
    else line?.removeAttribute("href");
  }
}
