/** @file The way to the large view of a photo: its module is loaded when it is first asked for. */

/**
 * False: the link is to be followed, because the person or the page wants it so.
 * @param {HTMLElement} host
 * @param {HTMLElement | null} link
 * @param {MouseEvent} event
 */
export function enlarge(host, link, { ctrlKey, metaKey, shiftKey }) {
  /** @type {HTMLDialogElement | null} */
  const dialog = host.querySelector('[data-pc-dialog="photo"]');
  const address = dialog?.dataset.module;
  if (!dialog || !address || !(link instanceof HTMLAnchorElement) || ctrlKey || metaKey || shiftKey) return false;
  import(address).then(
    (/** @type {typeof import("../photo/index.js")} */ { showPhoto }) => showPhoto(host, dialog, link),
    () => location.assign(link.href),
  );
  return true;
}
