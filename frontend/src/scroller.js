/** @file Keeps the place of the person who reads while messages come and go around it. */

/** Closer to the end than this, and new messages pull the view along. */
const NEAR = 80;

export class Scroller {
  /**
   * @param {HTMLElement} view what scrolls
   * @param {HTMLElement} list the messages in it
   */
  constructor(view, list) {
    this.view = view;
    this.list = list;
    // The anchor is ours: the browser's own correction would add to it.
    view.style.overflowAnchor = "none";
  }

  get box() {
    return this.view.getBoundingClientRect();
  }

  /** Pixels from the lower edge of the view to the end of the content, however the container is laid out. */
  get distanceToEnd() {
    return this.#content.bottom - this.box.bottom;
  }

  get distanceToStart() {
    return this.box.top - this.#content.top;
  }

  get nearEnd() {
    return this.distanceToEnd <= NEAR;
  }

  toEnd() {
    this.view.scrollTop += Math.ceil(this.distanceToEnd);
  }

  /**
   * Puts the top of an element to the top of the view, or its middle to the middle.
   * @param {Element} element
   * @param {"top" | "middle"} where
   */
  to(element, where) {
    const { top, height } = element.getBoundingClientRect();
    const { top: edge, height: space } = this.box;
    const room = where === "middle" ? Math.max(0, (space - height) / 2) : 0;
    this.view.scrollTop += top - edge - room;
  }

  /**
   * Runs a change of the list without moving what the person looks at: the end, if they are there, or the first
   * message in view. A message at the end that is taller than the view shows its top.
   * @param {() => void} change
   * @param {boolean} [toEnd] go to the end in any case
   */
  keep(change, toEnd = this.nearEnd) {
    if (toEnd) {
      const last = this.list.lastElementChild;
      change();
      this.toEnd();
      const newLast = this.list.lastElementChild;
      if (newLast && newLast !== last && newLast.getBoundingClientRect().height > this.box.height) this.to(newLast, "top");
      return;
    }
    const anchor = this.#firstInView();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    change();
    if (anchor?.isConnected) this.view.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  /**
   * The last message of which at least half is visible; of a tall one, as much as fills half the view.
   * @returns {HTMLElement | null}
   */
  lastSeen() {
    const { top, bottom, height } = this.box;
    for (let li = this.list.lastElementChild; li; li = li.previousElementSibling) {
      const rect = li.getBoundingClientRect();
      if (rect.bottom < top) return null;
      const visible = Math.min(rect.bottom, bottom) - Math.max(rect.top, top);
      const enough = Math.min(rect.height, height) / 2;
      if (visible >= enough && li instanceof HTMLElement && li.dataset.seq) return li;
    }
    return null;
  }

  get #content() {
    return (this.view.firstElementChild ?? this.list).getBoundingClientRect();
  }

  #firstInView() {
    const { top } = this.box;
    return [...this.list.children].find(
      (li) => li instanceof HTMLElement && li.dataset.clientId !== undefined && li.getBoundingClientRect().bottom > top,
    );
  }
}
