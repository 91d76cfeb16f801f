/** @file Where the person is in the conversation: what is seen is read, what is near is loaded, the rest can be reached. */

import { fill, show } from "./dom.js";
import { isLookedAt } from "./browser.js";
import { NEAR } from "./scroller.js";

const HIGHLIGHT_MS = 2_400;

export class Viewport {
  /** @type {Promise<boolean> | null} */
  #loading = null;
  /** Up to here everything was on the screen, or was read elsewhere. */
  #passed = 0;
  /** The first and the last message that are seen now, 0 where there is none. */
  #seen = { first: 0, last: 0 };

  /** @param {import("./room-controller.js").RoomController} controller */
  constructor(controller) {
    this.controller = controller;
  }

  /** Where the visit begins: at the message of the address, at the first new one if it is out of view, or at the end. */
  begin() {
    const { list, scroller, store } = this.controller;
    const target = location.hash.startsWith("#m-") && document.getElementById(location.hash.slice(1));
    if (target && list.contains(target)) {
      scroller.to(target, "middle");
      return;
    }
    if (!store.moreAfter) scroller.toEnd();
    const divider = list.querySelector("[data-pc-divider]");
    if (divider && (store.moreAfter || divider.getBoundingClientRect().top < scroller.box.top)) scroller.to(divider, "top");
  }

  /** The view has come to rest. */
  settled() {
    const { scroller, store } = this.controller;
    this.#read();
    this.#pills();
    const { height } = scroller.box;
    if (store.moreBefore && scroller.distanceToStart < height) this.loadOlder();
    else if (store.moreAfter && scroller.distanceToEnd < height) this.loadNewer();
  }

  loadOlder() {
    this.#load({ before: this.controller.store.first }, "before");
  }

  loadNewer() {
    this.#load({ after: this.controller.store.last }, "after");
  }

  async toLatest() {
    const { store, scroller } = this.controller;
    if (store.moreAfter && !(await this.#load({}, "instead"))) return;
    scroller.toEnd();
    this.settled();
  }

  /** On the way down what is new comes before the end. */
  async toNext() {
    const { scroller, timeline } = this.controller;
    const next = timeline.element(this.#passed + 1)?.getBoundingClientRect().top ?? Infinity;
    if (this.#unread && this.#seen.last < this.#passed && next > scroller.box.bottom + NEAR) await this.toUnread();
    else await this.toLatest();
  }

  async toUnread() {
    const { list, scroller, timeline } = this.controller;
    timeline.newFrom = this.#passed + 1;
    await this.#reach(timeline.newFrom);
    this.controller.render();
    const divider = list.querySelector("[data-pc-divider]");
    if (divider) scroller.to(divider, "top");
    this.settled();
  }

  /** @param {number} seq */
  async jump(seq) {
    const { timeline, scroller, words } = this.controller;
    const li = await this.#reach(seq);
    if (li === undefined) return;
    if (!li) {
      this.controller.announce(words.text("not_found_message"));
      return;
    }
    scroller.to(li, "middle");
    timeline.activate(li);
    li.focus({ preventScroll: true });
    this.#highlight(li);
    this.settled();
  }

  /**
   * The element of a message; undefined: it could not be loaded, null: there is no such message any more.
   * @param {number} seq
   */
  async #reach(seq) {
    const { store, timeline } = this.controller;
    if (!store.get(seq) && !(await this.#load({ around: seq }, "instead"))) return undefined;
    return timeline.element(seq);
  }

  get #unread() {
    return this.controller.store.room.head - this.#passed;
  }

  /** What is new is read when the view comes to it, and not when it is brought beyond it. */
  #read() {
    const { client, room, scroller, store } = this.controller;
    const { read, cleared } = store.room.me;
    this.#seen = scroller.seen();
    const { first, last } = this.#seen;
    this.#passed = Math.min(store.room.head, Math.max(this.#passed, read, cleared));
    const next = this.#passed + 1;
    const looked = isLookedAt() && scroller.visible;
    if (first && first <= next) scroller.leapt = false;
    else if (!looked) scroller.leapt = true;
    if (!last || !looked || scroller.leapt || (store.moreBefore && store.first > next)) return;
    this.#passed = Math.max(this.#passed, last);
    client.reads.see(room, last);
  }

  #pills() {
    const { host, scroller, store, words } = this.controller;
    const { first, last } = this.#seen;
    const { head } = store.room;
    const above = this.#unread > 0 && first > this.#passed + 1;
    const below = head - Math.max(this.#passed, last);
    const atEnd = scroller.nearEnd && !store.moreAfter;
    const far = store.moreAfter || scroller.distanceToEnd > scroller.box.height;
    fill(host, "pill", below > 0 ? words.plural("pill", below) : words.text("latest"));
    show(host, "pill", !atEnd && (below > 0 || far));
    fill(host, "unseen", words.plural("pill", this.#unread));
    show(host, "unseen", above);
    const form = /** @type {HTMLFormElement & {elements: {seq: HTMLInputElement}} | null} */ (host.querySelector('[data-pc-form="read"]'));
    if (form) form.elements.seq.value = String(store.last);
    if (form?.hidden === above) scroller.keep(() => (form.hidden = !above));
  }

  /** @param {HTMLElement} li */
  #highlight(li) {
    const { list, timers } = this.controller;
    li.toggleAttribute("data-highlight", true);
    timers.set("highlight", HIGHLIGHT_MS, () => {
      for (const lit of list.querySelectorAll("[data-highlight]")) lit.removeAttribute("data-highlight");
    });
  }

  /**
   * False: it could not be had.
   * @param {{before?: number, after?: number, around?: number}} from
   * @param {"before" | "after" | "instead"} where
   */
  async #load(from, where) {
    const { client, room, words, timers } = this.controller;
    if (this.#loading) {
      if (where !== "instead") return false;
      await this.#loading;
    }
    this.#loading = client.page(room, from, where).then(
      () => true,
      (problem) => {
        if (where === "instead") this.controller.announce(words.refusal(problem));
        // What is near is wanted still, and nobody may scroll again.
        else if (problem.retryAfter) timers.set("again", problem.retryAfter * 1000, () => this.settled());
        return false;
      },
    );
    const loaded = await this.#loading;
    this.#loading = null;
    return loaded;
  }
}
