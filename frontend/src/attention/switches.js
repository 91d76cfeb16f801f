/** @file What a person has asked for on this device: sound, desktop notifications. Both are off until then. */

import { localStore } from "../browser.js";

/** What cannot be stored lives as long as the page. @type {Map<string, string>} */
const unstored = new Map();

export class Switches {
  /** @param {string} user whoever shares the browser has asked for nothing */
  constructor(user) {
    this.key = `pairchat:alerts:${encodeURIComponent(user)}`;
  }

  /** @param {string} name */
  isOn(name) {
    return this.#names.includes(name);
  }

  /**
   * @param {string} name
   * @param {boolean} on
   */
  turn(name, on) {
    const names = this.#names.filter((each) => each !== name);
    const text = [...names, ...(on ? [name] : [])].join(" ");
    unstored.set(this.key, text);
    try {
      localStore()?.setItem(this.key, text);
    } catch {
      // It is full.
    }
  }

  get #names() {
    return (localStore()?.getItem(this.key) ?? unstored.get(this.key) ?? "").split(" ");
  }
}
