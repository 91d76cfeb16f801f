/** @file Shows a photo large, without leaving the page: from one to the next, closer, and gone when its message is. */

import { actionOf, fill, part, slot } from "../dom.js";
import { Photos, onPage } from "./photos.js";
import { Zoom } from "./zoom.js";

/** @typedef {import("./photos.js").Photo} Photo */

const SWIPE = 50;

export class PhotoViewer {
  /** @type {Photo | null} */
  #shown = null;
  #loading = false;
  #leave = () => {};
  /** Where a finger went down. @type {{x: number, y: number} | null} */
  #from = null;

  /**
   * @param {HTMLElement} host
   * @param {HTMLDialogElement} dialog
   * @param {import("../client.js").ChatClient} client
   * @param {import("../i18n.js").Words} words
   */
  constructor(host, dialog, client, words) {
    this.host = host;
    this.dialog = dialog;
    this.client = client;
    this.words = words;
    this.photos = new Photos(host, (fields) => client.request("history", fields));
    this.image = /** @type {HTMLImageElement} */ (slot(dialog, "photo"));
    this.stage = /** @type {HTMLElement} */ (part(dialog, "photo-stage"));
    this.zoom = new Zoom(this.stage, this.image, (zoomed) => this.#zoomed(zoomed));
    dialog.addEventListener("click", (event) => this.#click(event));
    dialog.addEventListener("keydown", (event) => this.#keyDown(event));
    dialog.addEventListener("close", () => this.#closed());
    this.stage.addEventListener("pointerdown", (event) => this.#down(event));
    this.stage.addEventListener("pointerup", (event) => this.#up(event));
  }

  /** @param {HTMLAnchorElement} link */
  open(link) {
    const photo = onPage(link);
    // It may have been deleted while the module came.
    if (!photo?.src || this.dialog.open) return;
    this.#leave = this.client.subscribe((news) => this.#heard(news));
    this.#show(photo);
    this.dialog.showModal();
  }

  /** @param {Photo} photo */
  #show(photo) {
    this.#shown = photo;
    this.zoom.reset();
    this.image.src = photo.src;
    this.image.alt = photo.name;
    fill(this.dialog, "photo-about", [photo.sender, photo.created && this.words.dates.full(photo.created)].filter(Boolean).join(", "));
    fill(this.dialog, "photo-caption", photo.caption);
    const download = part(this.dialog, "photo-download");
    download?.setAttribute("href", photo.src);
    download?.setAttribute("download", photo.name);
    this.#offer();
  }

  /** Which steps there are. A button that has the focus keeps it. */
  #offer() {
    const all = this.photos.all();
    const at = all.findIndex(({ seq }) => seq === this.#shown?.seq);
    this.#enable("previous", at > 0 || this.photos.mayHaveOlder);
    this.#enable("next", at < all.length - 1);
  }

  /**
   * @param {string} name
   * @param {boolean} possible
   */
  #enable(name, possible) {
    const button = this.dialog.querySelector(`[data-pc-action="photo-${name}"]`);
    if (button instanceof HTMLButtonElement) button.setAttribute("aria-disabled", String(!possible));
  }

  /** @param {-1 | 1} step */
  async #move(step) {
    if (!this.#shown || this.#loading) return;
    let next = this.#neighbour(step);
    if (!next && step < 0 && this.photos.mayHaveOlder) {
      this.#loading = true;
      try {
        await this.photos.load();
      } catch {
        // The button stays, and the person can try again.
      }
      this.#loading = false;
      next = this.#neighbour(step);
    }
    if (next && this.dialog.open) this.#show(next);
    else this.#offer();
  }

  /** @param {-1 | 1} step */
  #neighbour(step) {
    const seq = this.#shown?.seq ?? 0;
    const all = this.photos.all();
    return step < 0 ? all.filter((photo) => photo.seq < seq).at(-1) : all.find((photo) => photo.seq > seq);
  }

  /** @param {import("../client.js").ClientEvent} news */
  #heard({ kind, room, messages = [] }) {
    // A page swap has taken it away.
    if (!this.dialog.isConnected) return this.#leave();
    if (!room || room !== this.host.dataset.room || !this.#shown) return;
    const cleared = this.client.rooms.get(room)?.room.me.cleared ?? 0;
    this.photos.forget((seq) => seq <= cleared || messages.some((message) => message.seq === seq && message.deleted_at));
    if (kind === "gone" || !this.photos.all().some(({ seq }) => seq === this.#shown?.seq)) this.dialog.close();
    else this.#offer();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const { action } = actionOf(event);
    if (action === "photo-previous") this.#move(-1);
    else if (action === "photo-next") this.#move(1);
    else if (action === "photo-zoom") this.zoom.toggle();
    else if (event.target instanceof Element && !event.target.closest("a, button, img, p")) this.dialog.close();
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    const forward = getComputedStyle(this.dialog).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (event.key === "+") this.zoom.by(1.5);
    else if (event.key === "-") this.zoom.by(1 / 1.5);
    else if (this.zoom.isZoomed) return;
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") this.#move(event.key === forward ? 1 : -1);
    else return;
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  #down({ isPrimary, pointerType, clientX: x, clientY: y }) {
    this.#from = isPrimary && pointerType === "touch" ? { x, y } : null;
  }

  /** @param {PointerEvent} event */
  #up({ clientX, clientY }) {
    const from = this.#from;
    this.#from = null;
    if (!from || this.zoom.isZoomed || this.zoom.pinching) return;
    const [x, y] = [clientX - from.x, clientY - from.y];
    if (Math.abs(x) < SWIPE || Math.abs(x) < Math.abs(y)) return;
    this.#move((x < 0) === (getComputedStyle(this.dialog).direction === "ltr") ? 1 : -1);
  }

  /** @param {boolean} zoomed */
  #zoomed(zoomed) {
    this.dialog.querySelector('[data-pc-action="photo-zoom"]')?.setAttribute("aria-pressed", String(zoomed));
  }

  #closed() {
    this.#leave();
    const li = this.host.querySelector(`[data-seq="${this.#shown?.seq}"]`);
    this.#shown = null;
    this.image.removeAttribute("src");
    const place = li?.hasAttribute("tabindex") ? li : li && part(li, "image");
    if (place instanceof HTMLElement) place.focus({ preventScroll: true });
  }
}
