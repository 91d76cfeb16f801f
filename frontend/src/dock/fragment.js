/** @file What the server renders for the dock, brought into the page without a text ever becoming markup here. */

import { fetchPage } from "../fetch-page.js";

/** Attributes that name other elements by their ids. */
const NAMING = ["for", "form", "list", "popovertarget", "aria-labelledby", "aria-describedby", "aria-controls"];

/**
 * The element that the server rendered; null: it answered something else; undefined: it could not be asked now.
 * @param {string} url
 * @returns {Promise<HTMLElement | null | undefined>}
 */
export async function fetchFragment(url) {
  const page = await fetchPage(url);
  return page ? page.querySelector("[data-pc-docked]") : page;
}

/**
 * Makes it part of this page: with ids of its own, without what is meant for browsers that run no scripts.
 * @param {HTMLElement} fragment
 * @param {string} mark no other part of the page has it
 * @returns {string[]} the addresses of the modules that it needs
 */
export function adopt(fragment, mark) {
  for (const element of fragment.querySelectorAll("noscript")) element.remove();
  const scripts = [...fragment.querySelectorAll("script")];
  for (const script of scripts) script.remove();
  rename(fragment, mark);
  document.adoptNode(fragment);
  return scripts.filter(({ type, src }) => type === "module" && src).map(({ src }) => src);
}

/**
 * @param {ParentNode} root
 * @param {string} mark
 */
function rename(root, mark) {
  const own = new Set([...root.querySelectorAll("[id]")].map(({ id }) => id));
  for (const element of root.querySelectorAll("*")) {
    if (element.id) element.id = `${mark}${element.id}`;
    for (const name of NAMING) {
      const names = element.getAttribute(name)?.split(" ");
      if (names?.some((id) => own.has(id))) element.setAttribute(name, names.map((id) => (own.has(id) ? mark + id : id)).join(" "));
    }
  }
}
