/** @file Asks over HTTP every few seconds while no socket can be had, and only for somebody who looks (protocol §11). */

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
   * @param {import("./connection.js").Connection} how.line
   * @param {() => Promise<boolean>} how.ask false: the server could not be asked
   * @param {() => boolean} how.isHidden
   * @param {() => void} how.changed it began or ceased to work
   * @param {() => void} how.onReachable
   */
  constructor(how) {
    this.how = how;
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
    const { line, isHidden } = this.how;
    const { misses, state } = line;
    return misses >= MISSES && (state === "waiting" || state === "connecting") && !isHidden();
  }

  async #poll() {
    const before = this.works;
    const onReachable = await this.how.ask();
    this.works = onReachable && this.#needed;
    if (before !== this.works) this.how.changed();
    if (this.works) this.how.onReachable();
    this.soon(EVERY_MS);
  }
}
