/** @file What the browser holds for the page as a whole. */

export function localStore() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export function isHidden() {
  return document.visibilityState === "hidden";
}

/** Somebody looks: the page is on screen and has the focus. */
export function isLookedAt() {
  return !isHidden() && document.hasFocus();
}
