/** @file A message as a card: put into its bubble, or brought up to date there. */

import { part } from "../dom.js";

/** @typedef {import("./pair-chat-card.js").PairChatCard} PairChatCard */

/**
 * A kind that the page has no template for stays a text. What has been deleted meanwhile stays so.
 * @param {HTMLElement} host with the templates
 * @param {HTMLElement} li
 * @param {import("../types.js").Message} message
 * @param {boolean} mine
 * @param {Pick<import("../announcer.js").Announcer, "inform">} [speaker] tells what a card says now
 */
export function showCard(host, li, { kind, data, content, room, seq }, mine, speaker) {
  if ("deleted" in li.dataset) return;
  let card = /** @type {PairChatCard | null} */ (part(li, "card"));
  const said = card?.ariaLabel ?? content;
  const text = part(li, "text");
  if (!card) {
    /** @type {HTMLTemplateElement | null} */
    const template = host.querySelector(`template[data-pc-template="kind-${CSS.escape(kind)}"]`);
    const first = template?.content.firstElementChild;
    if (!first || !text || typeof data !== "object" || Array.isArray(data)) return;
    card = /** @type {PairChatCard} */ (document.importNode(first, true));
    // After it: the card may have a slot for the content, too.
    text.after(card);
  }
  text?.toggleAttribute("hidden", true);
  card.follow({ data, content, mine, room, seq });
  if (content !== said) speaker?.inform(content);
  // The message is one stop of the list, and what is in it is reached from there.
  for (const inner of card.querySelectorAll("a, button, input, select, summary, textarea")) {
    /** @type {HTMLElement} */ (inner).tabIndex = li.tabIndex;
  }
}
