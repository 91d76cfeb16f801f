/** @file One window of the dock: the list of chats, or a room, as the server rendered it. */

import { fill, show } from "../dom.js";
import { badgeText } from "../inbox-store.js";
import { adopt, fetchFragment } from "./fragment.js";

/** What a room or the list closes by itself. */
const CLOSED_WITHIN = "details[open], .pc-search-pane, :is([data-pc-part=find], [data-pc-part=replying], [data-pc-part=editing]):not([hidden])";

export class DockWindow {
  /** @type {Promise<boolean> | undefined} */
  #loading;
  small = false;
  /** In which order windows were used. */
  at = 0;
  /** The server has answered, and there is no such room. */
  isGone = false;
  /** Where the focus came from. @type {Element | null} */
  opener = null;

  /**
   * @param {string} room empty: the list
   * @param {HTMLElement} element
   * @param {HTMLElement} actions its buttons
   * @param {{fragment: string, page: string}} addresses
   */
  constructor(room, element, actions, addresses) {
    this.room = room;
    this.element = element;
    this.actions = actions;
    this.addresses = addresses;
    element.dataset.dockRoom = room;
    this.actions.querySelector("[data-pc-slot=dock-page]")?.setAttribute("href", addresses.page);
  }

  /** False: the server gave nothing to show. It is asked once, until that is over. */
  load(again = false) {
    if (again) this.#loading = undefined;
    return (this.#loading ??= this.#load());
  }

  async #load() {
    const { element, room, actions } = this;
    element.setAttribute("aria-busy", "true");
    const fragment = await fetchFragment(this.addresses.fragment);
    element.removeAttribute("aria-busy");
    this.isGone = fragment === null;
    if (!fragment) {
      this.#loading = undefined;
      return false;
    }
    const modules = adopt(fragment, `pc-dock-${room}-`);
    element.replaceChildren(fragment);
    (element.querySelector(".pc-head") ?? element).append(actions);
    const chat = /** @type {HTMLElement | null} */ (element.querySelector("pair-chat"));
    const name = chat?.dataset.peerName ?? element.querySelector(".pc-title")?.textContent ?? "";
    const topic = element.querySelector(".pc-topic-title")?.textContent;
    element.setAttribute("aria-label", topic ? `${name} · ${topic}` : name);
    element.setAttribute("role", "region");
    // They register themselves, once. Without them it is what it is without scripts.
    await Promise.allSettled(modules.map((address) => import(address)));
    return true;
  }

  /**
   * @param {boolean} visible
   * @param {number} unread
   */
  show(visible, unread) {
    const { element, actions, small } = this;
    element.hidden = !visible;
    element.toggleAttribute("data-small", small);
    const restore = actions.querySelector("[data-pc-action=dock-restore]");
    const minimise = actions.querySelector("[data-pc-action=dock-minimise]");
    restore?.toggleAttribute("hidden", !small);
    minimise?.toggleAttribute("hidden", small || !this.room);
    fill(actions, "dock-unread", badgeText(unread));
    show(actions, "dock-unread", small && unread > 0);
  }

  /** To where a person goes on: the text to write, unless that brings up a keyboard; the first chat; what restores it. */
  focus() {
    const { element, small } = this;
    const coarse = matchMedia("(pointer: coarse)").matches;
    const wanted = small ? "[data-pc-action=dock-restore]" : this.room ? "textarea:not([readonly])" : ".pc-row-link";
    const target = /** @type {HTMLElement | null} */ (element.querySelector(wanted));
    const reachable = target !== null && target.checkVisibility?.() !== false && !(coarse && target.matches("textarea"));
    (reachable ? target : element).focus();
  }

  /** Something within is open that the room closes before anything else. */
  get busy() {
    return this.element.querySelector(CLOSED_WITHIN) !== null;
  }

  /** Something lies above it that the browser closes. */
  get overlaid() {
    const open = CSS.supports("selector(:popover-open)") ? ":popover-open, dialog[open]" : "dialog[open]";
    return this.element.querySelector(open) !== null;
  }

  /** Files wait in it that only this page has. */
  get holdsFiles() {
    return this.element.querySelector(".pc-tray:not([hidden])") !== null;
  }
}
