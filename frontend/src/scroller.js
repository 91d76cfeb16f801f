/** @file Keeps the place of the person who reads while messages come and go around it. */

/** Closer to the end than this, and new messages pull the view along. */
export const NEAR = 80;

export class Scroller {
  /**
   * @param {HTMLElement} view what scrolls
   * @param {HTMLElement} list the messages in it
   */
  constructor(view, list) {
    this.view = view;
    this.list = list;
    /** The person has not come here by scrolling: something was passed over. */
    this.leapt = true;
    /** Some of it is on the screen: neither closed, nor beyond the edge of something that scrolls. */
    this.onScreen = false;
  }

  /** Somebody could see it. */
  get visible() {
    return this.onScreen && this.view.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) !== false;
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
    this.#move(Math.ceil(this.distanceToEnd));
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
    this.#move(top - edge - room);
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
    else this.leapt = true;
  }

  /** The first message in view, and the last of which at least half is visible; of a tall one, half a view. 0: none. */
  seen() {
    const { top, bottom } = this.#shown;
    let last = 0;
    for (let li = this.list.lastElementChild; li && !last; li = li.previousElementSibling) {
      const rect = li.getBoundingClientRect();
      if (rect.bottom < top) break;
      const visible = Math.min(rect.bottom, bottom) - Math.max(rect.top, top);
      if (visible > 0 && visible >= Math.min(rect.height, bottom - top) / 2) last = seqOf(li);
    }
    return { first: seqOf(this.#firstInView(top)), last };
  }

  /**
   * By less than a view, and nothing is passed over.
   * @param {number} pixels
   */
  #move(pixels) {
    this.leapt ||= Math.abs(pixels) > this.box.height;
    this.view.scrollTop += pixels;
  }

  get #content() {
    return (this.view.firstElementChild ?? this.list).getBoundingClientRect();
  }

  /** The edges of what is shown of the view: the window ends it, and every box of the host's around it that scrolls. */
  get #shown() {
    let { top, bottom } = this.box;
    top = Math.max(top, 0);
    bottom = Math.min(bottom, innerHeight);
    for (let box = this.view.parentElement; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (style.overflowY !== "visible") {
        const edges = box.getBoundingClientRect();
        top = Math.max(top, edges.top);
        bottom = Math.min(bottom, edges.bottom);
      }
      // What is around a layer of its own does not end it.
      // By its text: the chat has a name of its own like that, which the build shortens.
      if (style.getPropertyValue("position") === "fixed") break;
    }
    return { top, bottom };
  }

  #firstInView(top = this.#shown.top) {
    return [...this.list.children].find(
      (li) => li instanceof HTMLElement && li.dataset.clientId !== undefined && li.getBoundingClientRect().bottom > top,
    );
  }
}

/** @param {Element | undefined} li */
function seqOf(li) {
  return Number(/** @type {HTMLElement | undefined} */ (li)?.dataset.seq ?? 0);
}
