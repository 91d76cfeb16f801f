/** @file The module of saved texts: a button beside the box, or "/" on an empty line, opens the list of them. */

import { part } from "../dom.js";
import { fetchPage } from "../fetch-page.js";
import { lineWithSlash, shortened } from "./rules.js";
import { QuickMenu } from "./menu.js";

/** @param {Element} within */
const boxOf = (within) => /** @type {HTMLTextAreaElement | null} */ (within.querySelector('textarea[data-pc-slot="input"]'));

/** @param {ParentNode} within a page or a form whose person it names */
const personOf = (within) => /** @type {HTMLInputElement | null} */ (within.querySelector("input[name=as]"))?.value;

/** Whoever asks again meanwhile gets no second menu. */
let asking = false;

/**
 * @param {HTMLFormElement} form
 * @returns {Promise<string[] | undefined>} empty also where they could not be asked for, or are somebody else's by now;
 *   undefined while they are asked for already
 */
async function savedTexts(form) {
  if (asking) return undefined;
  asking = true;
  const link = /** @type {HTMLAnchorElement | null} */ (part(form, "quick"));
  const page = link && (await fetchPage(link.href));
  asking = false;
  if (!page || personOf(page) !== personOf(form)) return [];
  return [...page.querySelectorAll("textarea[data-pc-saved]")].map((box) => /** @type {HTMLTextAreaElement} */ (box).value);
}

/**
 * @param {HTMLFormElement} form
 * @param {string[]} texts
 * @param {HTMLElement} opener
 * @param {(text: string) => void} insert
 */
function open(form, texts, opener, insert) {
  const popup = part(form, "quick-menu");
  const list = popup && part(popup, "quick-texts");
  if (!popup || !list) return;
  list.replaceChildren(
    ...texts.map((text) => {
      const item = document.createElement("button");
      Object.assign(item, { type: "button", className: "pc-menu-item", textContent: shortened(text), dir: "auto" });
      item.setAttribute("role", "menuitem");
      item.dataset.pcAction = "quick-insert";
      item.addEventListener("click", () => {
        menu.back();
        insert(text);
      });
      return item;
    }),
  );
  const ending = new AbortController();
  const menu = new QuickMenu(popup, ending);
  menu.show(opener, opener, opener instanceof HTMLAnchorElement);
}

/**
 * Puts a text where the cursor is, and tells the composer as if it had been typed.
 * @param {HTMLTextAreaElement} box
 * @param {string} text
 * @param {number} from
 * @param {number} to
 */
function insertAt(box, text, from, to) {
  box.setRangeText(text, from, to, "end");
  box.focus();
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

document.addEventListener("click", async (event) => {
  const link = event.target instanceof Element && event.target.closest('[data-pc-part="quick"]');
  if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const form = link.closest("form");
  const box = form && boxOf(form);
  if (!box) return;
  event.preventDefault();
  // Nothing that is selected is replaced.
  const at = box.selectionEnd;
  const texts = await savedTexts(form);
  if (texts?.length) open(form, texts, link, (text) => insertAt(box, text, at, at));
  else if (texts) location.assign(link.href);
});

document.addEventListener("input", async (event) => {
  const { target } = event;
  if (!(event instanceof InputEvent && target instanceof HTMLTextAreaElement && target.matches('[data-pc-slot="input"]'))) return;
  if (event.isComposing || event.data !== "/" || !target.form || !part(target.form, "quick")) return;
  const at = lineWithSlash(target.value, target.selectionStart, target.selectionEnd);
  if (at === null) return;
  const texts = await savedTexts(target.form);
  // Whoever has written on meant the sign itself, and whoever is elsewhere is left there.
  if (!texts?.length || document.activeElement !== target || lineWithSlash(target.value, target.selectionStart, target.selectionEnd) !== at) return;
  open(target.form, texts, target, (text) => insertAt(target, text, at, at + 1));
});
