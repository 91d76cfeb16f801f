/** @file The list of saved texts. */

import { PopupMenu } from "../popup-menu.js";

export class QuickMenu extends PopupMenu {
  /**
   * @param {HTMLElement} popup
   * @param {AbortController} ending of what this menu listens to
   */
  constructor(popup, ending) {
    super(popup, ending.signal);
    this.ending = ending;
    popup.addEventListener("keydown", (event) => this.#typed(event), { signal: ending.signal });
  }

  close() {
    super.close();
    this.ending.abort();
  }

  /**
   * Whoever writes on does so in the box.
   * @param {KeyboardEvent} event
   */
  #typed(event) {
    if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) this.back();
  }
}
