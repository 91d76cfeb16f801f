/** @file What was seen on screen, said to the server a moment later and again until it knows. */

import { Refusal } from "./protocol.js";

const PATIENCE_MS = 200;

export class ReadMarks {
  /** @type {Map<string, number>} */
  #seen = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} how
   * @param {(room: string) => number} how.known up to where the server knows it
   * @param {(room: string, seq: number) => Promise<void>} how.ask
   */
  constructor({ known, ask }) {
    this.known = known;
    this.ask = ask;
  }

  /**
   * @param {string} room
   * @param {number} seq everything up to it was seen
   */
  see(room, seq) {
    if (seq <= Math.max(this.known(room), this.#seen.get(room) ?? 0)) return;
    this.#seen.set(room, seq);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.say(), PATIENCE_MS);
  }

  say() {
    for (const [room, seq] of this.#seen) {
      const done = () => this.#seen.get(room) === seq && this.#seen.delete(room);
      // Sending has read it, or another tab.
      if (seq <= this.known(room)) done();
      else this.ask(room, seq).then(done, (problem) => problem instanceof Refusal && done());
    }
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
