/** @file `<pair-chat-push>`: the switch of this device on the page of settings. */

import { show } from "../dom.js";
import { Device, configOf } from "./device.js";

const STATES = ["scriptless", "unsupported", "denied", "off", "on"];

export class PairChatPush extends HTMLElement {
  /** @type {AbortController | undefined} */
  #over;

  connectedCallback() {
    const config = configOf();
    if (!config || this.#over) return;
    this.#over = new AbortController();
    const { signal } = this.#over;
    const device = new Device(config);
    this.addEventListener("click", (event) => this.#clicked(device, event), { signal });
    this.#begin(device);
  }

  disconnectedCallback() {
    this.#over?.abort();
    this.#over = undefined;
  }

  /** @param {Device} device */
  async #begin(device) {
    // A visit that fails is nothing that the person has to know.
    await device.visit(true).catch(() => {});
    this.#show(device);
  }

  /**
   * @param {Device} device
   * @param {MouseEvent} event
   */
  #clicked(device, event) {
    const button = /** @type {Element} */ (event.target).closest("[data-pc-action]");
    const action = button?.getAttribute("data-pc-action");
    if (action === "on") this.#attempt(device, device.turnOn());
    if (action === "off") this.#attempt(device, device.turnOff());
  }

  /**
   * @param {Device} device
   * @param {Promise<void>} attempt that the person asked for
   */
  async #attempt(device, attempt) {
    show(this, "failed", false);
    try {
      await attempt;
    } catch {
      show(this, "failed", true);
    }
    this.#show(device);
    show(this, "done", device.isWanted);
    // The site has switched the channel on with it: to save the page must not switch it off again.
    /** @type {HTMLInputElement | null} */
    const channel = document.querySelector("input[name=channel_push]");
    if (channel && device.isWanted) channel.checked = true;
  }

  /** @param {Device} device */
  #show(device) {
    const state = stateOf(device);
    for (const name of STATES) show(this, name, name === state);
  }
}

/** @param {Device} device */
function stateOf(device) {
  if (!device.isSupported) return "unsupported";
  if (device.isWanted) return "on";
  return device.isDenied ? "denied" : "off";
}
