/** @file Where the person is in the conversation: what is seen is read, what is near is loaded, the rest can be reached. */

import { fill, show } from "./dom.js";
import { isLookedAt } from "./page.js";

const HIGHLIGHT_MS = 2_400;

export class Place {
  /** @type {Promise<boolean> | null} */
  #loading = null;
  /** What had come when the person last was at the end. */
  #seenHead;

  /** @param {import("./visit.js").Visit} visit */
  constructor(visit) {
    this.visit = visit;
    this.#seenHead = visit.store.room.head;
  }

  /** Where the visit begins: at the message of the address, at the first new one if it is out of view, or at the end. */
  begin() {
    const { list, scroller, store } = this.visit;
    const target = location.hash.startsWith("#m-") && document.getElementById(location.hash.slice(1));
    if (target && list.contains(target)) {
      scroller.to(target, "middle");
      return;
    }
    if (store.hasAfter) return;
    scroller.toEnd();
    const divider = list.querySelector("[data-pc-divider]");
    if (divider && divider.getBoundingClientRect().top < scroller.box.top) scroller.to(divider, "top");
  }

  /** The view has come to rest. */
  settled() {
    const { scroller, store } = this.visit;
    if (scroller.nearEnd && !store.hasAfter) this.#seenHead = store.room.head;
    this.#pill();
    this.#read();
    const { height } = scroller.box;
    if (store.hasBefore && scroller.distanceToStart < height) this.older();
    else if (store.hasAfter && scroller.distanceToEnd < height) this.newer();
  }

  older() {
    this.#load({ before: this.visit.store.first }, "before");
  }

  newer() {
    this.#load({ after: this.visit.store.last }, "after");
  }

  async latest() {
    const { store, scroller } = this.visit;
    if (store.hasAfter && !(await this.#load({}, "instead"))) return;
    scroller.toEnd();
    this.settled();
  }

  /** @param {number} seq */
  async jump(seq) {
    const { store, timeline, scroller, words } = this.visit;
    if (!store.get(seq) && !(await this.#load({ around: seq }, "instead"))) return;
    const li = timeline.element(seq);
    if (!li) {
      this.visit.say(words.text("not_found_message"));
      return;
    }
    scroller.to(li, "middle");
    timeline.activate(li);
    li.focus({ preventScroll: true });
    this.#highlight(li);
    this.settled();
  }

  #pill() {
    const { host, scroller, store, words } = this.visit;
    const unseen = store.room.head - this.#seenHead;
    const far = store.hasAfter || scroller.distanceToEnd > scroller.box.height;
    fill(host, "pill", unseen > 0 ? words.plural("pill", unseen) : words.text("latest"));
    show(host, "pill", unseen > 0 || far);
  }

  #read() {
    const { client, room, scroller } = this.visit;
    if (!isLookedAt()) return;
    const seq = scroller.lastSeen()?.dataset.seq;
    if (seq) client.reads.see(room, Number(seq));
  }

  /** @param {HTMLElement} li */
  #highlight(li) {
    const { list, timers } = this.visit;
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
    const { client, room, words } = this.visit;
    if (this.#loading) {
      if (where !== "instead") return false;
      await this.#loading;
    }
    this.#loading = client.page(room, from, where).then(
      () => true,
      (problem) => {
        if (where === "instead") this.visit.say(words.refusal(problem));
        return false;
      },
    );
    const loaded = await this.#loading;
    this.#loading = null;
    return loaded;
  }
}
