/** @file The menu of the rows of a list. */

import { actionOf, slot } from "../dom.js";
import { PopupMenu } from "../popup-menu.js";

export class RowMenu extends PopupMenu {
  /** @type {HTMLElement | null} */
  #li = null;

  /**
   * @param {HTMLElement} popup
   * @param {AbortSignal} signal
   * @param {(act: string, li: HTMLElement) => void} act
   */
  constructor(popup, signal, act) {
    super(popup, signal);
    this.act = act;
    // The browser's own, which a key may open as well, would cover it.
    popup.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  }

  /**
   * @param {HTMLElement} li
   * @param {(act: string) => boolean} allowed
   * @param {Element | null} button it was opened with; null: a key, or a finger on the row
   */
  open(li, allowed, button) {
    this.#li = li;
    for (const item of this.items(false)) {
      item.hidden = !allowed(item.dataset.pcAction ?? "");
      item.tabIndex = -1;
    }
    for (const group of this.popup.querySelectorAll("[role=group]")) {
      group.toggleAttribute("hidden", !group.querySelector("[data-pc-action]:not([hidden])"));
    }
    button?.setAttribute("aria-expanded", "true");
    const opener = /** @type {HTMLElement} */ (button ?? slot(li, "link") ?? li);
    this.show(opener, button ?? li, true);
  }

  close() {
    super.close();
    if (this.opener?.hasAttribute("aria-expanded")) this.opener.setAttribute("aria-expanded", "false");
  }

  /** @param {Event} event */
  chosen(event) {
    const { action } = actionOf(event);
    const li = this.#li;
    if (!action || !li) return;
    // What the list does with a click is not meant.
    event.stopPropagation();
    this.back();
    this.act(action, li);
  }
}
