/** @file The first module, on every page of the chat: the badge, exported for subclasses, and what the others build upon. */

import { PairChatBadge } from "./pair-chat-badge.js";

export { PairChatBadge };

if (!customElements.get("pair-chat-badge")) customElements.define("pair-chat-badge", PairChatBadge);

// For pages that are rendered by the server alone: the search, one message, a menu.
document.cookie = `pairchat_timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;samesite=lax`;
