/** @file What proves who asks: the headers that the app gives, asked for once and again after they were refused. */

import { Refusal } from "../protocol.js";

/**
 * Gives the headers for the requests of the person, such as `{Authorization: "Bearer …"}`, or null if nobody is signed
 * in any more. `refused` is true when the headers that it gave last are not accepted: then it gets new ones first.
 * If it fails for lack of a connection it throws, and is asked again later.
 * @callback Authenticate
 * @param {{refused: boolean}} how
 * @returns {Promise<Record<string, string> | null>}
 */

export class Credentials {
  /** @type {Record<string, string> | null} */
  #held = null;
  /** One question at a time, whoever needs its answer: a refresh token is often good for one use. */
  #asking = /** @type {Promise<Record<string, string>> | null} */ (null);

  /** @param {Authenticate} authenticate */
  constructor(authenticate) {
    this.authenticate = authenticate;
  }

  /**
   * Raises `Refusal` if nobody is signed in, and what the app's function raises.
   * @param {Record<string, string>} [refused] those that the server did not accept
   * @returns {Promise<Record<string, string>>}
   */
  get(refused) {
    // Somebody else may have been refused, and have got new ones, meanwhile.
    if (this.#held && this.#held !== refused) return Promise.resolve(this.#held);
    this.#asking ??= this.#ask(Boolean(refused));
    return this.#asking;
  }

  /** @param {boolean} refused */
  async #ask(refused) {
    try {
      this.#held = await this.authenticate({ refused });
      if (!this.#held) throw new Refusal({ code: "unauthenticated", message: "Nobody is signed in." });
      return this.#held;
    } finally {
      this.#asking = null;
    }
  }

  /**
   * Asks with them, and once more with new ones if they are refused.
   * @param {(headers: Record<string, string>) => Promise<Response>} ask
   */
  async proved(ask) {
    const headers = await this.get();
    const answer = await ask(headers);
    return answer.status === 401 ? ask(await this.get(headers)) : answer;
  }
}
