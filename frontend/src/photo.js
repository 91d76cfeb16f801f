/** @file Shows a photo large, without leaving the page. */

import { slot } from "./dom.js";

/**
 * False: the link is to be followed, because the person or the page wants it so.
 * @param {HTMLElement} host
 * @param {HTMLElement | null} link
 * @param {MouseEvent} event
 */
export function enlarge(host, link, { ctrlKey, metaKey, shiftKey }) {
  /** @type {HTMLDialogElement | null} */
  const dialog = host.querySelector('[data-pc-dialog="photo"]');
  const photo = /** @type {HTMLImageElement | null} */ (slot(host, "photo"));
  const small = /** @type {HTMLImageElement | null} */ (link && slot(link, "image"));
  if (!photo || !small || ctrlKey || metaKey || shiftKey) return false;
  photo.src = /** @type {HTMLAnchorElement} */ (link).href;
  photo.alt = small.alt;
  dialog?.showModal();
  return true;
}
