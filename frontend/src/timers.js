/** @file Timers by name: setting one anew forgets the old one, and an end forgets them all. */

export class Timers {
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */
  #running = {};

  /**
   * @param {string} name
   * @param {number} milliseconds
   * @param {() => void} act
   */
  set(name, milliseconds, act) {
    this.clear(name);
    this.#running[name] = setTimeout(act, milliseconds);
  }

  /** @param {string} name */
  clear(name) {
    clearTimeout(this.#running[name]);
  }

  stop() {
    for (const name in this.#running) this.clear(name);
  }
}
