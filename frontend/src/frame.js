/** @file Where the chat stands on the page of the host: below its header, and once its own stylesheet is there. */

import { observe } from "./dom.js";

/** Rules, and no attributes: a page that is kept or copied keeps no measure, and no policy forbids them. */
const sheet = new CSSStyleSheet();

/**
 * Tells the stylesheet how far down the page the chat begins, so that it ends where the window does.
 * @param {HTMLElement} host
 * @param {AbortSignal} signal
 */
export function measureTop(host, signal) {
  const app = host.closest(".pc-app");
  if (!app) return;
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
  const measure = () => sheet.replaceSync(`:root{--pc-top:${app.getBoundingClientRect().top + scrollY}px}`);
  // Whatever stands above the chat makes the page longer or shorter. On one as tall as its window it pushes the chat out.
  observe(new ResizeObserver(measure), [document.body, ...document.body.children], signal);
  observe(new IntersectionObserver(measure, { threshold: 1 }), [app], signal);
  measure();
}

/** A stylesheet that takes longer is waited for no more, nor one that has failed before anybody listened. */
const PATIENCE_MS = 3_000;

/**
 * Begins when the stylesheet is there: a page swap may bring both at once. It then stays, whatever is swapped next.
 * @param {() => void} begin may be called more than once
 */
export function whenStyled(begin) {
  /** @type {NodeListOf<HTMLLinkElement>} */
  const found = document.querySelectorAll("link[rel=stylesheet][href*=pairchat]:not([href*=pairchat-dock])");
  const links = [...found];
  const [first] = links;
  if (first?.closest("body")) document.head.append(first.cloneNode());
  if (!first || links.some((link) => link.sheet)) begin();
  else {
    for (const end of ["load", "error"]) first.addEventListener(end, begin);
    setTimeout(begin, PATIENCE_MS);
  }
}
