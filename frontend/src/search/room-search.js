/** @file Searching in an open room: from hit to hit, without leaving it. */

import { ChatClient, Words } from "../core.js";
import { fill, part, slot } from "../dom.js";

/**
 * @typedef {import("../pair-chat.js").PairChat} PairChat
 * @typedef {import("../types.js").Message} Message
 */

/** One for each bar that was opened. @type {WeakMap<HTMLElement, RoomSearch>} */
const searches = new WeakMap();

/**
 * Shows the bar. False: this page has none, and the link is to be followed.
 * @param {PairChat} host
 */
export function searchInRoom(host) {
  const form = /** @type {HTMLFormElement | null} */ (part(host, "find"));
  if (!form) return false;
  let search = searches.get(form);
  if (!search) searches.set(form, (search = new RoomSearch(host, form)));
  search.open();
  return true;
}

class RoomSearch {
  /** Newest first. @type {number[]} */
  #hits = [];
  #at = -1;
  #query = "";
  /** Its first page is here. */
  #begun = false;
  /** Where the server goes on, null at the end. @type {string | null} */
  #next = null;
  /** Only the newest search is shown. */
  #turn = 0;

  /**
   * @param {PairChat} host
   * @param {HTMLFormElement} form
   */
  constructor(host, form) {
    const { me = "", ws = "", api = "" } = host.dataset;
    this.host = host;
    this.form = form;
    this.input = /** @type {HTMLInputElement} */ (slot(form, "find"));
    this.client = ChatClient.shared({ user: me, ws, api });
    this.words = new Words();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#go(1);
    });
    form.addEventListener("click", ({ target }) => {
      const action = target instanceof Element && target.closest("button")?.dataset.find;
      if (action === "older" || action === "newer") this.#go(action === "older" ? 1 : -1);
      else if (action === "close") this.close();
    });
    form.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && event.shiftKey) this.#go(-1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  open() {
    this.form.hidden = false;
    this.input.focus();
    this.input.select();
  }

  close() {
    this.form.hidden = true;
    this.#turn += 1;
    /** @type {HTMLElement | null} */ (this.host.querySelector("[data-pc-action=find]"))?.focus();
  }

  /** @param {number} steps into the past */
  async #go(steps) {
    const query = this.input.value.trim();
    if (!query) return;
    const turn = (this.#turn += 1);
    try {
      if (query !== this.#query || !this.#begun) {
        this.#hits = [];
        this.#at = -1;
        this.#next = null;
        this.#query = query;
        this.#begun = false;
        await this.#more(turn);
        if (turn !== this.#turn) return;
        this.#begun = true;
        steps = 1;
      }
      const goal = this.#at + steps;
      while (goal >= this.#hits.length && this.#next !== null && turn === this.#turn) await this.#more(turn);
      if (turn !== this.#turn) return;
      this.#at = Math.max(0, Math.min(goal, this.#hits.length - 1));
      this.#tell();
      if (this.#hits.length) await this.#show(this.#hits[this.#at]);
    } catch (problem) {
      if (turn !== this.#turn) return;
      this.#query = "";
      fill(this.form, "find-count", this.words.refusal(/** @type {Error} */ (problem)));
    }
  }

  /** @param {number} turn */
  async #more(turn) {
    fill(this.form, "find-count", "…");
    const { room } = this.host.dataset;
    const before = this.#next ?? undefined;
    const page = await this.client.request("search", { room, query: this.#query, before });
    if (turn !== this.#turn) return;
    this.#hits.push(...page.messages.map((/** @type {Message} */ { seq }) => seq));
    this.#next = page.next;
    // A page may be empty and have a next: the server has looked for a second.
    if (!page.messages.length && page.next !== null) await this.#more(turn);
  }

  #tell() {
    const count = `${this.#hits.length}${this.#next === null ? "" : "+"}`;
    const { none = "" } = this.form.dataset;
    fill(this.form, "find-count", this.#hits.length ? `${this.#at + 1}/${count}` : none);
  }

  /** The keyboard stays in the bar. @param {number} seq */
  async #show(seq) {
    await this.host.jump(seq);
    this.input.focus({ preventScroll: true });
  }
}
