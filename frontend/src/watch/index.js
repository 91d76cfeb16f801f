/** @file The module of the pages that show single messages apart from their room: search, one message, a report. */

import { PairChatWatch } from "./pair-chat-watch.js";

export { PairChatWatch };

if (!customElements.get("pair-chat-watch")) customElements.define("pair-chat-watch", PairChatWatch);
