/** @file What a message gains after it was rendered: the server leaves out of most of them what few have. */

import { fill, show } from "../dom.js";

/**
 * Adds a part that is missing, in its place, if the template has it.
 * @param {HTMLElement} host
 * @param {HTMLElement} li
 * @param {string} selector
 */
function complete(host, li, selector) {
  /** @type {HTMLTemplateElement | null} */
  const template = host.querySelector('template[data-pc-template="message"]');
  const whole = template?.content.firstElementChild;
  const wanted = li.querySelector(selector) ? null : whole?.querySelector(selector);
  const around = wanted?.parentElement;
  const into = around === whole ? li : li.querySelector(`.${around?.classList[0]}`);
  const next = into?.querySelector(`:scope > .${wanted?.nextElementSibling?.classList[0]}`);
  if (wanted) into?.insertBefore(document.importNode(wanted, true), next ?? null);
}

/**
 * @param {HTMLElement} host
 * @param {HTMLElement} li
 * @param {boolean} starred
 * @param {boolean} latest of mine: the one that says how far it has come
 */
export function mark(host, li, starred, latest) {
  if (latest) complete(host, li, ".pc-icon-ticks");
  if (!starred) return;
  complete(host, li, '[data-pc-part="star"]');
  show(li, "star", true);
}

/**
 * @param {HTMLElement} host
 * @param {HTMLElement} li
 * @param {import("../types.js").Message} message
 * @param {string} me
 */
export function showReactions(host, li, { reactions = {} }, me) {
  const mine = reactions[me] ?? "";
  const peer = Object.entries(reactions).find(([user]) => user !== me)?.[1] ?? "";
  if (mine || peer) complete(host, li, '[data-pc-part="reactions"]');
  fill(li, "reaction-mine", mine);
  fill(li, "reaction-peer", peer);
  show(li, "reaction-mine", mine !== "");
  show(li, "reaction-peer", peer !== "");
  show(li, "reactions", mine !== "" || peer !== "");
}
