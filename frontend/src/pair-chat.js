/** @file `<pair-chat>`: one room on the page. It enhances what the server rendered, and undoes that when it leaves. */

import { whenStyled } from "./core.js";
import { popups } from "./parts.js";
import { RoomController } from "./room-controller.js";

export class PairChat extends HTMLElement {
  /** @type {RoomController | null} */
  #controller = null;

  connectedCallback() {
    whenStyled(() => this.isConnected && this.#begin());
  }

  #begin() {
    /** @type {HTMLElement | null} */
    const list = this.querySelector("[data-pc-list]");
    /** @type {HTMLElement | null} */
    const view = this.querySelector("[data-pc-scroll]");
    if (list && view && this.dataset.room && this.dataset.me) this.#controller ??= new RoomController(this, list, view);
  }

  disconnectedCallback() {
    this.#controller?.end();
    this.#controller = null;
  }

  /** What the module of the menu fills. */
  static parts = { popups };

  /** How the connection is: "open", "polling", "connecting", "waiting", "signed-out", "stopped" or "idle". */
  get state() {
    return this.#controller?.client.state ?? "idle";
  }

  /**
   * Sends a text, or a file that has been uploaded. False: it was not taken, and the person has been told why.
   * @param {import("./room-controller.js").Draft} draft
   */
  send(draft) {
    return this.#controller?.send(draft) ?? false;
  }

  /**
   * Shows a message, loading what is around it.
   * @param {number} seq
   */
  async jump(seq) {
    await this.#controller?.viewport.jump(seq);
  }
}
