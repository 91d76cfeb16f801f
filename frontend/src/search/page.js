/** @file The page of the search, brought beside a room without a text ever becoming markup here. */

import { fetchPage } from "../fetch-page.js";

/**
 * Null: the server answered something else, or nothing.
 * @param {string} address
 * @returns {Promise<HTMLElement | null>}
 */
export async function fetchFragment(address) {
  return paneOf((await fetchPage(address)) ?? null);
}

/** @param {Document | null} page */
function paneOf(page) {
  const main = page?.querySelector('[data-pc-view="search"]');
  if (!main) return null;
  const pane = document.createElement("div");
  pane.className = "pc-search-pane";
  for (const extra of main.querySelectorAll("script, link, noscript")) extra.remove();
  for (const child of [...main.childNodes]) pane.append(document.adoptNode(child));
  // The page beside it has the first heading, and perhaps a box with the same name.
  for (const heading of pane.querySelectorAll("h1")) heading.replaceWith(lower(heading));
  for (const element of pane.querySelectorAll("[id], [for]")) {
    if (element.id) element.id = `pc-search-${element.id}`;
    if (element instanceof HTMLLabelElement) element.htmlFor = `pc-search-${element.htmlFor}`;
  }
  return pane;
}

/** @param {Element} heading */
function lower(heading) {
  const other = document.createElement("h2");
  other.className = heading.className;
  other.append(...heading.childNodes);
  return other;
}
