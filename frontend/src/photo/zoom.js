/** @file Brings a photo closer: by a button, two fingers, or the wheel with Ctrl. Scrolling moves what does not fit. */

const MOST = 6;
const CLOSE = 2.5;

export class Zoom {
  #factor = 1;
  /** How wide the photo is when it fits. */
  #width = 0;
  /** The fingers on it. @type {Map<number, {x: number, y: number}>} */
  #fingers = new Map();
  #apart = 0;

  /**
   * @param {HTMLElement} stage what scrolls
   * @param {HTMLImageElement} image
   * @param {(zoomed: boolean) => void} changed
   */
  constructor(stage, image, changed) {
    this.stage = stage;
    this.image = image;
    this.changed = changed;
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#moved(event));
    for (const name of ["pointerup", "pointercancel"]) {
      // After whoever wants to know whether these were two fingers.
      stage.addEventListener(name, (event) => setTimeout(() => this.#fingers.delete(/** @type {PointerEvent} */ (event).pointerId)));
    }
  }

  get isZoomed() {
    return this.#factor > 1;
  }

  get pinching() {
    return this.#fingers.size > 1;
  }

  reset() {
    this.#set(1);
  }

  toggle() {
    this.#set(this.isZoomed ? 1 : CLOSE);
  }

  /**
   * @param {number} times
   * @param {{x: number, y: number}} [at] what stays where it is, in the window
   */
  by(times, at) {
    this.#set(this.#factor * times, at);
  }

  /**
   * @param {number} wanted
   * @param {{x: number, y: number}} [at]
   */
  #set(wanted, at) {
    const { stage, image } = this;
    const factor = Math.max(1, Math.min(MOST, wanted));
    if (!this.isZoomed) this.#width = image.getBoundingClientRect().width;
    const before = image.getBoundingClientRect();
    const view = stage.getBoundingClientRect();
    const { x, y } = at ?? { x: view.x + view.width / 2, y: view.y + view.height / 2 };
    const [left, top] = [(x - before.x) / (before.width || 1), (y - before.y) / (before.height || 1)];
    this.#factor = factor;
    stage.toggleAttribute("data-zoomed", factor > 1);
    image.style.setProperty("--pc-photo-width", `${this.#width * factor}px`);
    const after = image.getBoundingClientRect();
    stage.scrollBy(after.x + left * after.width - x, after.y + top * after.height - y);
    this.changed(factor > 1);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.by(Math.exp(-event.deltaY / 200), event);
  }

  /** @param {PointerEvent} event */
  #down({ pointerId, pointerType, clientX: x, clientY: y }) {
    if (pointerType !== "touch") return;
    this.#fingers.set(pointerId, { x, y });
    this.#apart = this.#distance();
  }

  /** @param {PointerEvent} event */
  #moved({ pointerId, clientX: x, clientY: y }) {
    if (!this.#fingers.has(pointerId)) return;
    this.#fingers.set(pointerId, { x, y });
    if (!this.pinching) return;
    const apart = this.#distance();
    const [one, other] = [...this.#fingers.values()];
    if (this.#apart) this.by(apart / this.#apart, { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
    this.#apart = apart;
  }

  #distance() {
    const [one, other] = [...this.#fingers.values()];
    return other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  }
}
