/** @file Keeps the room above the keyboard of a phone. */

/** Pixels that no bar of a browser covers. */
const KEYBOARD = 100;

/**
 * An open keyboard leaves less room than the page believes.
 * @param {HTMLElement} host
 */
export function fitAboveKeyboard(host) {
  const viewport = window.visualViewport;
  const covered = viewport && viewport.scale === 1 && innerHeight - viewport.height > KEYBOARD;
  const space = covered ? viewport.offsetTop + viewport.height - host.getBoundingClientRect().top : 0;
  if (covered) host.style.setProperty("--pc-viewport", `${Math.round(space)}px`);
  else host.style.removeProperty("--pc-viewport");
}
