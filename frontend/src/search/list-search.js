/** @file Searching in the list of chats: the hits stand where the list was, and the room beside it stays open. */

import { fetchFragment } from "./page.js";

/** @typedef {import("../pair-chat.js").PairChat} PairChat */

/**
 * @param {HTMLElement} list the element of the list of chats
 * @param {HTMLAnchorElement} link to the page of the search
 */
export async function searchInList(list, link) {
  await show(list, link.href);
}

/** How often each list was asked for something. @type {WeakMap<HTMLElement, number>} */
const turns = new WeakMap();

/**
 * Puts what the server renders for this address in the place of the list.
 * @param {HTMLElement} list
 * @param {string} address
 */
async function show(list, address) {
  const turn = (turns.get(list) ?? 0) + 1;
  turns.set(list, turn);
  list.setAttribute("aria-busy", "true");
  const pane = await fetchFragment(address);
  // Something else has been asked for meanwhile, or nothing any more.
  if (turns.get(list) !== turn) return;
  list.removeAttribute("aria-busy");
  if (!pane) {
    location.href = address;
    return;
  }
  list.querySelector(".pc-search-pane")?.remove();
  list.append(pane);
  list.toggleAttribute("data-searching", true);
  /** @type {HTMLElement | null} */ (pane.querySelector("[type=search]"))?.focus();
  pane.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    event.preventDefault();
    const query = new URLSearchParams(/** @type {any} */ (new FormData(form))).toString();
    show(list, `${form.action}?${query}`);
  });
  pane.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.closest(".pc-head")) close(list);
    else if (link.closest(".pc-row")) {
      if (!reach(link.href)) return;
    } else show(list, link.href);
    event.preventDefault();
  });
  pane.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) close(list);
  });
}

/** @param {HTMLElement} list */
function close(list) {
  turns.set(list, (turns.get(list) ?? 0) + 1);
  list.removeAttribute("aria-busy");
  list.querySelector(".pc-search-pane")?.remove();
  list.removeAttribute("data-searching");
  /** @type {HTMLElement | null} */ (list.querySelector("[data-pc-action=search]"))?.focus();
}

/**
 * Shows a hit of the room that is open. False: it is in another one.
 * @param {string} href
 */
function reach(href) {
  const url = new URL(href);
  const open = /** @type {NodeListOf<PairChat>} */ (document.querySelectorAll("pair-chat"));
  const host = [...open].find(({ dataset }) => new URL(dataset.roomUrl ?? "", location.href).pathname === url.pathname);
  const seq = Number(url.hash.replace("#m-", ""));
  // On a phone the room is behind the list.
  if (!host || !seq || host.checkVisibility?.() === false) return false;
  host.jump(seq);
  return true;
}
