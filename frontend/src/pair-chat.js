/** @file `<pair-chat>`: one room on the page. It enhances what the server rendered, and undoes that when it leaves. */

import { Visit } from "./visit.js";

export class PairChat extends HTMLElement {
  /** @type {Visit | null} */
  #visit = null;

  connectedCallback() {
    /** @type {HTMLElement | null} */
    const list = this.querySelector("[data-pc-list]");
    /** @type {HTMLElement | null} */
    const view = this.querySelector("[data-pc-scroll]");
    if (list && view && this.dataset.room && this.dataset.me) this.#visit ??= new Visit(this, list, view);
  }

  disconnectedCallback() {
    this.#visit?.end();
    this.#visit = null;
  }

  /** How the connection is: "open", "polling", "connecting", "waiting", "signed-out", "stopped" or "idle". */
  get state() {
    return this.#visit?.client.state ?? "idle";
  }

  /**
   * Sends a text, or a file that has been uploaded. False: it was not taken, and the person has been told why.
   * @param {import("./visit.js").Draft} draft
   */
  send(draft) {
    return this.#visit?.send(draft) ?? false;
  }

  /**
   * Shows a message, loading what is around it.
   * @param {number} seq
   */
  async jump(seq) {
    await this.#visit?.place.jump(seq);
  }
}
