/** @file What a finger does on a line of a list: held, it opens the menu; drawn aside, it does what is done most. */

import { listening } from "./dom.js";

const HOLD_MS = 500;
/** So many pixels a finger trembles. */
const TREMBLE = 10;
/** A browser may take the end of a gesture for a click. */
const GESTURE_MS = 400;
/** So far it is drawn to act. */
const FAR = 56;

/**
 * How far a finger has been drawn towards the end of the line, `most` at most, 0 where it goes up or down. Less than 0,
 * towards the start, only where it can be drawn both ways.
 * @param {number} x to the right
 * @param {number} y
 * @param {boolean} rtl
 * @param {boolean} [both]
 * @param {number} [most]
 */
export function drawn(x, y, rtl, both = false, most = FAR) {
  const ahead = rtl ? -x : x;
  const far = Math.max(0, Math.min(most, Math.abs(ahead) - TREMBLE));
  if (Math.abs(y) > Math.abs(ahead) || (ahead < 0 && !both)) return 0;
  return ahead < 0 ? -far : far;
}

/**
 * Follows one finger from where it came down.
 * @param {HTMLElement} li
 * @param {PointerEvent} down
 * @param {object} how
 * @param {() => void} how.held
 * @param {() => void} how.aside
 * @param {() => void} [how.back] drawn towards the start of the line
 * @param {(far: number) => void} [how.moved] as it is drawn; 0 when it is over
 * @param {number} [how.most] so far it is drawn to act
 * @param {AbortSignal} how.signal
 */
export function follow(li, down, { held, aside, back, moved, signal, most = FAR }) {
  const over = new AbortController();
  const on = listening(over.signal);
  const rtl = getComputedStyle(li).direction === "rtl";
  let far = 0;
  let moving = false;
  const timer = setTimeout(() => li.toggleAttribute("data-held", true), HOLD_MS);
  // The line looks as before, wherever it goes next.
  const stop = () => {
    over.abort();
    clearTimeout(timer);
    li.removeAttribute("style");
    li.removeAttribute("data-held");
    moved?.(0);
  };
  on(signal, "abort", stop);
  const end = (/** @type {PointerEvent} */ { pointerId, type }) => {
    if (pointerId !== down.pointerId) return;
    const isHeld = li.hasAttribute("data-held");
    stop();
    if (isHeld || moving) noClick(li);
    // Later: what opens during this event the browser takes for what the finger has pressed beside, and closes it.
    if (isHeld) setTimeout(held);
    else if (Math.abs(far) === most && type === "pointerup") (far < 0 ? back : aside)?.();
  };
  on(document, "pointerup", end);
  on(document, "pointercancel", end);
  for (const name of ["contextmenu", "dragstart"]) on(li, name, (event) => event.preventDefault());
  on(document, "pointermove", ({ pointerId, clientX, clientY }) => {
    const [x, y] = [clientX - down.clientX, clientY - down.clientY];
    if (pointerId !== down.pointerId || li.hasAttribute("data-held")) return;
    // Once it moves it may also come back.
    moving ||= Math.hypot(x, y) >= TREMBLE;
    if (!moving) return;
    clearTimeout(timer);
    far = drawn(x, y, rtl, Boolean(back), most);
    li.style.setProperty("--pc-aside", `${rtl ? -far : far}px`);
    moved?.(far);
  });
}

/** @param {HTMLElement} li */
function noClick(li) {
  const over = new AbortController();
  li.addEventListener("click", (event) => (event.preventDefault(), event.stopPropagation()), { capture: true, signal: over.signal });
  setTimeout(() => over.abort(), GESTURE_MS);
}
