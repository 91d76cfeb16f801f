/** @file Notices a connection that died without a word (protocol §8). */

const DEADLINE_MS = 10_000;
const WAKING_DEADLINE_MS = 3_000;

export class Heartbeat {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #deadline;

  /**
   * @param {() => void} beat sends one
   * @param {() => void} silent no frame came in time
   */
  constructor(beat, silent) {
    this.beat = beat;
    this.silent = silent;
  }

  /** @param {number} seconds */
  start(seconds) {
    this.stop();
    this.#beat = setInterval(() => this.probe(DEADLINE_MS), seconds * 1000);
  }

  /** Any frame is a sign of life. */
  seen() {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  wake() {
    this.probe(WAKING_DEADLINE_MS);
  }

  /** @param {number} [deadline] milliseconds */
  probe(deadline = DEADLINE_MS) {
    this.seen();
    this.#deadline = setTimeout(this.silent, deadline);
    this.beat();
  }

  stop() {
    clearInterval(this.#beat);
    this.seen();
  }
}
