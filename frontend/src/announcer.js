/** @file Tells screen readers what came, politely and not too often; problems at once. */

/**
 * @typedef {import("./i18n.js").Words} Words
 */

const THROTTLE_MS = 1_000;
/** Long enough to be read out; then nobody stumbles over it in the page. */
const STAY_MS = 7_000;

export class Announcer {
  #count = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #soon;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;

  /**
   * @param {object} how
   * @param {(text: string) => void} how.polite
   * @param {(text: string) => void} how.assertive
   * @param {Pick<Words, "text" | "plural">} how.words
   */
  constructor(how) {
    this.how = how;
  }

  /** @param {string} name whose message came */
  came(name) {
    this.#count += 1;
    this.#soon ??= setTimeout(() => this.#tell(name), THROTTLE_MS);
  }

  /** @param {string} text */
  inform(text) {
    this.how.polite(text);
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.how.polite(""), STAY_MS);
  }

  /** @param {string} text */
  problem(text) {
    // The same sentence twice would not be read out again.
    this.how.assertive("");
    setTimeout(() => this.how.assertive(text), 50);
  }

  stop() {
    clearTimeout(this.#soon);
    clearTimeout(this.#later);
  }

  /** @param {string} name */
  #tell(name) {
    this.#soon = undefined;
    const count = this.#count;
    this.#count = 0;
    this.inform(count === 1 ? this.how.words.text("new_message", { name }) : this.how.words.plural("new_messages", count));
  }
}
