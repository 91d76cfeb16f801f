/** @file A text of a person on the page, with its links as elements. */

/** What a link begins with. Whether there is one, and where it ends, its module says. */
const SCHEME = /https?:\/\/|mailto:|tel:/i;

/**
 * Until the module is there, and where it cannot be had, the links are text.
 * @param {Element} element
 * @param {string} text
 * @param {string} [address] of the module
 */
export function fillText(element, text, address) {
  element.textContent = text;
  if (!address || !SCHEME.test(text)) return;
  import(address).then(
    // Meanwhile the message may have been edited.
    ({ linkText }) => element.textContent === text && linkText(element, text),
    () => {},
  );
}
