/** @file Asks over HTTP every few seconds while no socket can be had, and only for somebody who looks (protocol §11). */

import { isHidden } from "./page.js";

const EVERY_MS = 3_000;
/** So many attempts without a greeting, and the page polls until a socket opens after all. */
const MISSES = 3;

export class Polling {
  /** It works, so nobody misses the socket. */
  works = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} how
   * @param {import("./connection.js").Connection} how.connection
   * @param {() => Promise<boolean>} how.ask false: the server could not be asked
   * @param {() => void} how.changed it began or ceased to work
   * @param {() => void} how.heard
   */
  constructor({ connection, ask, changed, heard }) {
    this.connection = connection;
    this.ask = ask;
    this.changed = changed;
    this.heard = heard;
  }

  /** @param {number} [milliseconds] */
  soon(milliseconds) {
    clearTimeout(this.#timer);
    if (this.#needed) this.#timer = setTimeout(() => this.#poll(), milliseconds);
  }

  stop() {
    this.works = false;
    clearTimeout(this.#timer);
  }

  get #needed() {
    const { misses, state } = this.connection;
    return misses >= MISSES && (state === "waiting" || state === "connecting") && !isHidden();
  }

  async #poll() {
    const before = this.works;
    const heard = await this.ask();
    this.works = heard && this.#needed;
    if (before !== this.works) this.changed();
    if (this.works) this.heard();
    this.soon(EVERY_MS);
  }
}
