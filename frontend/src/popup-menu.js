/** @file A menu that opens beside what it is about: where it stands, its keys, and the way back. */

const MARGIN = 8;

export class PopupMenu {
  /** @type {HTMLElement | null} */
  opener = null;

  /**
   * @param {HTMLElement} popup
   * @param {AbortSignal} signal
   */
  constructor(popup, signal) {
    this.popup = popup;
    popup.addEventListener("click", (event) => this.chosen(event), { signal });
    popup.addEventListener("keydown", (event) => this.#keyDown(event), { signal });
    popup.addEventListener("toggle", (event) => this.#toggled(/** @type {ToggleEvent} */ (event)), { signal });
  }

  /** @param {Event} _event */
  chosen(_event) {}

  /**
   * @param {HTMLElement} opener gets the focus back
   * @param {Element} beside
   * @param {boolean} atEnd of its line
   */
  show(opener, beside, atEnd) {
    this.opener = opener;
    this.popup.hidden = false;
    this.popup.showPopover?.();
    this.#place(beside.getBoundingClientRect(), atEnd === (getComputedStyle(opener).direction === "ltr"));
    this.items()[0]?.focus({ preventScroll: true });
  }

  close() {
    this.popup.hidePopover?.();
    this.popup.hidden = true;
    this.popup.removeAttribute("style");
  }

  back() {
    this.close();
    this.opener?.focus({ preventScroll: true });
  }

  /** @returns {HTMLElement[]} */
  items(visible = true) {
    const items = [...this.popup.querySelectorAll("[data-pc-action]")].map((item) => /** @type {HTMLElement} */ (item));
    return visible ? items.filter((item) => !item.closest("[hidden]")) : items;
  }

  /**
   * @param {DOMRect} around
   * @param {boolean} right
   */
  #place(around, right) {
    const { width, height } = this.popup.getBoundingClientRect();
    const left = right ? around.right - width : around.left;
    const below = around.bottom + MARGIN / 2;
    const top = below + height + MARGIN > innerHeight ? around.top - height - MARGIN / 2 : below;
    this.popup.style.setProperty("--pc-menu-x", `${clamp(left, innerWidth - width)}px`);
    this.popup.style.setProperty("--pc-menu-y", `${clamp(top, innerHeight - height)}px`);
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    const items = this.items();
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const rtl = getComputedStyle(this.popup).direction === "rtl";
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1, ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
    if (event.key in steps) items[(at + steps[event.key] + items.length) % items.length]?.focus();
    else if (event.key === "Home") items[0]?.focus();
    else if (event.key === "End") items[items.length - 1]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") this.back();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {ToggleEvent} event */
  #toggled(event) {
    if (event.newState === "closed") this.close();
  }
}

/**
 * @param {number} value
 * @param {number} most
 */
function clamp(value, most) {
  return Math.max(MARGIN, Math.min(value, most - MARGIN));
}
