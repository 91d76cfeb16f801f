/** @file The module that draws attention to new messages while a page is open: title, icon, sound, desktop notification. */

import { PairChatAlerts } from "./pair-chat-alerts.js";
import { PairChatAttention } from "./pair-chat-attention.js";

export { PairChatAlerts, PairChatAttention };

const elements = { "pair-chat-attention": PairChatAttention, "pair-chat-alerts": PairChatAlerts };
for (const [name, element] of Object.entries(elements)) if (!customElements.get(name)) customElements.define(name, element);
