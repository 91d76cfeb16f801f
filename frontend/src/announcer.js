/** @file Tells screen readers what came, politely and not too often; problems at once. */

/**
 * @typedef {import("./words.js").Words} Words
 */

const THROTTLE_MS = 1_000;
/** Long enough to be read out; then nobody stumbles over it in the page. */
const STAY_MS = 7_000;

export class Announcer {
  #count = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} how
   * @param {(text: string) => void} how.polite
   * @param {(text: string) => void} how.assertive
   * @param {Words} how.words
   */
  constructor({ polite, assertive, words }) {
    this.polite = polite;
    this.assertive = assertive;
    this.words = words;
  }

  /** @param {string} name whose message came */
  came(name) {
    this.#count += 1;
    this.#timer ??= setTimeout(() => this.#tell(name), THROTTLE_MS);
  }

  /** @param {string} text */
  problem(text) {
    // The same sentence twice would not be read out again.
    this.assertive("");
    setTimeout(() => this.assertive(text), 50);
  }

  /** @param {string} text */
  notice(text) {
    this.polite(text);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {string} name */
  #tell(name) {
    const count = this.#count;
    this.#count = 0;
    this.polite(count === 1 ? this.words.text("new_message", { name }) : this.words.plural("new_messages", count));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#count) this.#tell(name);
      else this.#timer = setTimeout(() => this.#quiet(), STAY_MS);
    }, THROTTLE_MS);
  }

  #quiet() {
    this.#timer = undefined;
    this.polite("");
  }
}
