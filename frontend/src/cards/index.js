/** @file The module of cards, which a page loads that has a template for a kind of them. */

import { PairChatCard } from "./pair-chat-card.js";
import { showCard } from "./show.js";

export { PairChatCard, showCard };

/** @typedef {typeof import("../pair-chat.js").PairChat} PairChatClass */

if (!customElements.get("pair-chat-card")) customElements.define("pair-chat-card", PairChatCard);
// A page of a single message has no room.
customElements.whenDefined("pair-chat").then((found) => {
  const { popups } = /** @type {PairChatClass} */ (/** @type {unknown} */ (found)).parts;
  popups.showCard = showCard;
  for (const card of popups.cards ?? []) showCard(...card);
  delete popups.cards;
});
