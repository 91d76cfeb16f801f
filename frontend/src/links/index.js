/** @file The module that finds the links in a text; it comes when a message first has one. */

import { fill, part, slot } from "../dom.js";
import { pieces } from "./linkify.js";

/**
 * Shows a person's text as stretches of text, and links as elements.
 * @param {Element} element
 * @param {string} text
 */
export function linkText(element, text) {
  element.replaceChildren(...pieces(text).map(({ text, href }) => (href ? link(href) : text)));
}

/** @param {string} href */
function link(href) {
  const anchor = document.createElement("a");
  anchor.className = "pc-link";
  anchor.href = href;
  anchor.rel = "noopener noreferrer nofollow ugc";
  anchor.target = "_blank";
  anchor.textContent = href;
  return anchor;
}

/**
 * Shows what a link in the text leads to, as long as it is in the text.
 * @param {HTMLElement} li
 * @param {import("../types.js").Message} message
 * @param {string} address of the room
 * @param {() => HTMLElement} blank an empty message
 */
export function showPreview(li, { seq, content, data }, address, blank) {
  const { preview } = /** @type {{preview?: import("../types.js").Preview}} */ (data ?? {});
  const { url = "", title = "", description = "", site = "", image } = preview ?? {};
  const visible = title !== "" && /^https?:/i.test(url) && content.includes(url);
  let shown = part(li, "preview");
  if (!shown && visible) {
    // What the server rendered without one has no place for it.
    shown = part(blank(), "preview");
    if (shown) li.querySelector(".pc-bubble")?.append(shown);
  }
  shown?.toggleAttribute("hidden", !visible);
  if (!shown || !visible) return;
  slot(shown, "preview")?.setAttribute("href", url);
  slot(shown, "preview-remove")?.setAttribute("href", `${address}messages/${seq}/`);
  for (const [name, text] of Object.entries({ title, description, site })) fill(shown, `preview-${name}`, text);
  const picture = /** @type {HTMLImageElement | null} */ (slot(shown, "preview-image"));
  const images = picture?.dataset.images;
  picture?.toggleAttribute("hidden", !image || !images);
  if (!picture || !image || !images) return;
  Object.assign(picture, image);
  picture.src = images.replace(/0\/$/, `${seq}/`);
}
