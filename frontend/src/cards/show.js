/** @file A message as a card: put into its bubble, or brought up to date there. */

import { part, slot } from "../dom.js";

/** @typedef {import("./pair-chat-card.js").PairChatCard} PairChatCard */

/**
 * A kind that the page has no template for stays a text.
 * @param {HTMLElement} host with the templates
 * @param {HTMLElement} li
 * @param {import("../types.js").Message} message that is not deleted
 * @param {boolean} mine
 */
export function showCard(host, li, { kind, data, content, room, seq }, mine) {
  let card = /** @type {PairChatCard | null} */ (part(li, "card"));
  const isNew = !card;
  const text = part(li, "text");
  if (!card) {
    /** @type {HTMLTemplateElement | null} */
    const template = host.querySelector(`template[data-pc-template="kind-${CSS.escape(kind)}"]`);
    const first = template?.content.firstElementChild;
    if (!first || !text || typeof data !== "object" || Array.isArray(data)) return;
    card = /** @type {PairChatCard} */ (document.importNode(first, true));
    text.before(card);
  }
  text?.toggleAttribute("hidden", true);
  card.follow({ data, content, mine, room, seq });
  if (!isNew) slot(host, "announcer")?.replaceChildren(content);
  // The message is one stop of the list, and what is in it is reached from there.
  for (const inner of card.querySelectorAll("a, button, input, select, summary, textarea")) {
    /** @type {HTMLElement} */ (inner).tabIndex = li.tabIndex;
  }
}
