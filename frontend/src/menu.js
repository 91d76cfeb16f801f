/** @file What can be done with a message: one menu for all of them, and the questions it asks. */

import { actionOf, part, slot } from "./dom.js";
import { oneEmoji } from "./emoji.js";

/**
 * @typedef {import("./types.js").Message} Message
 */

const MARGIN = 8;

export class Menu {
  /** @type {Message | null} */
  #message = null;
  /** @type {HTMLElement | null} */
  #opener = null;

  /**
   * @param {object} how
   * @param {HTMLElement} how.host
   * @param {HTMLElement} how.menu
   * @param {AbortSignal} how.signal
   * @param {string} how.me
   * @param {(message: Message) => Record<string, boolean>} how.allowed which actions a message has
   * @param {(action: string, message: Message, emoji: string | null) => void} how.act
   * @param {(seq: number) => string} how.reportUrl
   */
  constructor({ host, menu, signal, me, allowed, act, reportUrl }) {
    this.host = host;
    this.menu = menu;
    this.me = me;
    this.allowed = allowed;
    this.act = act;
    this.reportUrl = reportUrl;
    menu.addEventListener("click", (event) => this.#click(event), { signal });
    menu.addEventListener("keydown", (event) => this.#keyDown(event), { signal });
    menu.addEventListener("toggle", (event) => this.#toggled(/** @type {ToggleEvent} */ (event)), { signal });
  }

  /**
   * @param {HTMLElement} li
   * @param {Message} message
   */
  open(li, message) {
    const allowed = this.allowed(message);
    const mine = message.reactions?.[this.me];
    for (const item of this.#items(false)) {
      const action = item.dataset.pcAction ?? "";
      item.hidden = !(allowed[action] ?? allowed[action.split("-")[0]]);
      if (action === "react") item.setAttribute("aria-checked", String(item.dataset.emoji === mine));
      if (action === "report") item.setAttribute("href", this.reportUrl(message.seq));
      item.tabIndex = -1;
    }
    this.#message = message;
    this.#opener = li;
    this.menu.hidden = false;
    this.menu.showPopover?.();
    this.#place(li);
    this.#items()[0]?.focus({ preventScroll: true });
  }

  close() {
    this.menu.hidePopover?.();
    this.menu.hidden = true;
  }

  /** @returns {HTMLElement[]} */
  #items(visible = true) {
    const items = [...this.menu.querySelectorAll("[data-pc-action]")].map((item) => /** @type {HTMLElement} */ (item));
    return visible ? items.filter((item) => !item.hidden) : items;
  }

  /** @param {HTMLElement} li */
  #place(li) {
    const around = (part(li, "text")?.parentElement ?? li).getBoundingClientRect();
    const { width, height } = this.menu.getBoundingClientRect();
    const mine = "mine" in li.dataset;
    const end = mine === (getComputedStyle(li).direction === "ltr");
    const left = end ? around.right - width : around.left;
    const below = around.bottom + MARGIN / 2;
    const top = below + height + MARGIN > innerHeight ? around.top - height - MARGIN / 2 : below;
    this.menu.style.setProperty("--pc-menu-x", `${clamp(left, innerWidth - width)}px`);
    this.menu.style.setProperty("--pc-menu-y", `${clamp(top, innerHeight - height)}px`);
  }

  /** @param {Event} event */
  #click(event) {
    const { action, target } = actionOf(event);
    const message = this.#message;
    if (!target || !message || action === "report") return;
    const emoji = target.dataset.emoji ?? null;
    this.#back();
    if (action === "delete") this.#ask("delete", () => this.act("delete", message, null));
    else if (action === "react-other") this.#askEmoji(message);
    else if (action === "react") this.act("react", message, message.reactions?.[this.me] === emoji ? null : emoji);
    else this.act(action, message, null);
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    const items = this.#items();
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const rtl = getComputedStyle(this.menu).direction === "rtl";
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1, ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1 };
    if (event.key in steps) items[(at + steps[event.key] + items.length) % items.length]?.focus();
    else if (event.key === "Home") items[0]?.focus();
    else if (event.key === "End") items[items.length - 1]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") this.#back();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #back() {
    this.close();
    this.#opener?.focus({ preventScroll: true });
  }

  /** @param {ToggleEvent} event */
  #toggled(event) {
    if (event.newState === "closed") this.menu.hidden = true;
  }

  /** @param {Message} message */
  #askEmoji(message) {
    const dialog = this.#dialog("emoji");
    const input = dialog && /** @type {HTMLInputElement | null} */ (slot(dialog, "emoji"));
    if (!input) return;
    input.value = message.reactions?.[this.me] ?? "";
    // By itself Enter would press the first button, which is not the one that is meant.
    input.onkeydown = (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      dialog.close("react");
    };
    this.#ask("emoji", () => {
      const emoji = oneEmoji(input.value);
      this.act(emoji ? "react" : "bad-emoji", message, emoji);
    });
  }

  /**
   * @param {string} name
   * @param {() => void} yes
   */
  #ask(name, yes) {
    const dialog = this.#dialog(name);
    if (!dialog) return;
    dialog.returnValue = "";
    dialog.onclose = () => {
      this.#opener?.focus({ preventScroll: true });
      if (dialog.returnValue && dialog.returnValue !== "cancel") yes();
    };
    dialog.showModal();
  }

  /**
   * @param {string} name
   * @returns {HTMLDialogElement | null}
   */
  #dialog(name) {
    return this.host.querySelector(`[data-pc-dialog="${name}"]`);
  }
}

/**
 * @param {number} value
 * @param {number} most
 */
function clamp(value, most) {
  return Math.max(MARGIN, Math.min(value, most - MARGIN));
}
