/** @file Clicks, taps and keys in a room, and what each of them means. */

import { actionOf, part } from "./dom.js";
import { enlarge } from "./photo.js";

/** @typedef {import("./visit.js").Visit} Visit */

/**
 * True: it is dealt with, and the browser need not follow.
 * @param {Visit} visit
 * @param {MouseEvent} event
 * @returns {boolean}
 */
export function clicked({ host, client, place, actions }, event) {
  const { action, target } = actionOf(event);
  const li = /** @type {HTMLElement | null} */ (event.target instanceof Element && event.target.closest("[data-client-id]"));
  const clientId = li?.dataset.clientId ?? "";
  if (event.target instanceof HTMLDialogElement && event.target.dataset.pcDialog === "photo") event.target.close();
  if (action === "enlarge") return enlarge(host, target, event);
  if (action === "older") place.older();
  else if (action === "newer") place.newer();
  else if (action === "latest") place.latest();
  else if (action === "jump" && target) place.jump(Number(target.dataset.replyTo));
  else if (action === "retry") client.retry(clientId);
  else if (action === "fix") actions.fix(clientId);
  else if (action === "discard") client.discard(clientId);
  else return li !== null && (action === "menu" || tapped(event)) && actions.open(li);
  return true;
}

/**
 * Where nothing can hover, a tap on a message opens its menu.
 * @param {MouseEvent} event
 */
function tapped({ target }) {
  if (!(target instanceof Element) || !target.closest("[data-pc-part=text]") || target.closest("a, button")) return false;
  return matchMedia("(hover: none)").matches && getSelection()?.isCollapsed === true;
}

/**
 * A key in the list of messages. True: as above.
 * @param {Visit} visit
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
export function pressed({ timeline, composer, actions }, { key, target }) {
  /** @type {Record<string, number>} */
  const steps = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };
  if (key in steps) timeline.move(steps[key]);
  else if (key === "Escape") composer?.focus();
  else if (key !== "Enter" || !(target instanceof HTMLElement) || target.dataset.clientId === undefined) return false;
  else if (target.dataset.status === "failed") part(target, "failed")?.querySelector("button")?.focus();
  else return actions.open(target);
  return true;
}
