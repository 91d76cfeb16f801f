/** @file `<pair-chat-alerts>`: the person's switches for this device. They are hidden until there is a script to heed them. */

import { closeLikeMenus } from "../dismissable.js";
import { listening, part } from "../dom.js";
import { canNotify, play } from "./alerts.js";
import { Switches } from "./switches.js";

export class PairChatAlerts extends HTMLElement {
  /** @type {AbortController | undefined} */
  #over;
  /** False until the person has been asked in vain. */
  #isRefused = false;

  connectedCallback() {
    if (this.#over || !this.dataset.me) return;
    this.#over = new AbortController();
    this.switches = new Switches(this.dataset.me);
    const on = listening(this.#over.signal);
    on(this, "change", ({ target }) => this.#turn(target));
    // Another tab may have changed them, and the browser's own settings the permission.
    on(window, "storage", () => this.#show());
    on(window, "focus", () => this.#show());
    const menu = this.querySelector("details");
    if (menu) closeLikeMenus(menu, on);
    this.#notification?.closest("label")?.toggleAttribute("hidden", !canNotify());
    this.#show();
    this.hidden = !this.querySelector("label:not([hidden])");
  }

  disconnectedCallback() {
    this.#over?.abort();
    this.#over = undefined;
  }

  /** @returns {HTMLInputElement | null} */
  get #notification() {
    return this.querySelector("input[name=notification]");
  }

  #show() {
    /** @type {NodeListOf<HTMLInputElement>} */
    const inputs = this.querySelectorAll("input[type=checkbox]");
    for (const input of inputs) input.checked = this.switches?.isOn(input.name) ?? false;
    const { permission = "" } = globalThis.Notification ?? {};
    if (this.#notification && permission !== "granted") this.#notification.checked = false;
    if (permission === "granted") this.#isRefused = false;
    part(this, "refused")?.toggleAttribute("hidden", !this.#isRefused);
  }

  /** @param {HTMLInputElement} input */
  async #turn({ name, checked }) {
    let isAllowed = true;
    if (name === "notification" && checked) {
      // Nobody is asked but by this click.
      const permission = await Notification.requestPermission();
      isAllowed = permission === "granted";
      this.#isRefused = permission === "denied";
    }
    this.switches?.turn(name, checked && isAllowed);
    if (name === "sound" && checked) play(this.dataset.sound ?? "");
    this.#show();
  }
}
