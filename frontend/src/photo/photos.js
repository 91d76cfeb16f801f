/** @file The photos of a room, as far as they are known: those on the page, and older ones that were asked for. */

import { slot } from "../dom.js";

/**
 * @typedef {import("../types.js").Message} Message
 * @typedef {{seq: number, src: string, name: string, sender: string, created: string, caption: string}} Photo
 */

/** So many messages are looked through at once for older photos, and so often for one step. */
const PAGE = 100;
const PAGES = 5;

export class Photos {
  /** @type {Map<number, Photo>} */
  #older = new Map();
  /** No message of before this one has been looked at. @type {number | null} */
  #before = null;
  #atStart = false;

  /**
   * @param {HTMLElement} host
   * @param {(fields: {room: string, before: number, limit: number}) => Promise<import("../types.js").Page>} ask
   */
  constructor(host, ask) {
    this.host = host;
    this.ask = ask;
  }

  /** @returns {Photo[]} ascending */
  all() {
    const known = new Map(this.#older);
    for (const link of this.host.querySelectorAll("[data-seq] a[data-pc-part=image][href]:not([hidden])")) {
      const photo = onPage(/** @type {HTMLAnchorElement} */ (link));
      if (photo) known.set(photo.seq, photo);
    }
    return [...known.values()].sort((one, other) => one.seq - other.seq);
  }

  /** @param {(seq: number) => unknown} gone whether it was deleted or cleared away */
  forget(gone) {
    for (const seq of this.#older.keys()) if (gone(seq)) this.#older.delete(seq);
  }

  /** There may be photos before the first one that is known. */
  get mayHaveOlder() {
    return !this.#atStart && (this.#before !== null || this.host.hasAttribute("data-has-before"));
  }

  /** What the page shows, in either order; what is still being sent has no number. */
  get #seqs() {
    const shown = [...this.host.querySelectorAll("[data-seq]")].map((item) => Number(/** @type {HTMLElement} */ (item).dataset.seq));
    return shown.filter(Boolean);
  }

  /** Looks for photos before the first message that is known. Raises what the request raises. */
  async load() {
    const { room = "", me, meName = "", peerName = "" } = this.host.dataset;
    this.#before ??= Math.min(...this.#seqs);
    for (let page = 0, found = false; page < PAGES && !found && !this.#atStart; page += 1) {
      const { messages, has_before } = await this.ask({ room, before: this.#before, limit: PAGE });
      for (const { seq, attachment, sender, created_at, content } of messages) {
        if (!attachment?.url || !attachment.width || !attachment.type.startsWith("image/")) continue;
        const who = sender === me ? meName : peerName;
        this.#older.set(seq, { seq, src: attachment.url, name: attachment.name, sender: who, created: created_at, caption: content });
        found = true;
      }
      this.#before = messages[0]?.seq ?? this.#before;
      this.#atStart = !has_before;
    }
  }
}

/**
 * @param {HTMLAnchorElement} link around a small picture
 * @returns {Photo | null}
 */
export function onPage(link) {
  const li = /** @type {HTMLElement | null} */ (link.closest("[data-seq]"));
  const image = /** @type {HTMLImageElement | null} */ (slot(link, "image"));
  if (!li?.dataset.seq || !image) return null;
  return {
    seq: Number(li.dataset.seq),
    src: link.href,
    name: image.alt,
    sender: slot(li, "sender")?.textContent ?? "",
    created: li.dataset.created ?? "",
    caption: slot(li, "content")?.textContent ?? "",
  };
}
