/** @file What the first module of the chat gives the others, so that a page has one client and one language. */

/** @typedef {typeof import("./pair-chat-badge.js").PairChatBadge} PairChatBadgeClass */

const first = /** @type {PairChatBadgeClass} */ (/** @type {unknown} */ (await customElements.whenDefined("pair-chat-badge")));

export const { ChatClient, Following, Words, measureTop, whenStyled } = first.parts;
