/** @file The module of the pages that show a list of rooms. */

import { PairChatInbox } from "./pair-chat-inbox.js";

export { PairChatInbox };

if (!customElements.get("pair-chat-inbox")) customElements.define("pair-chat-inbox", PairChatInbox);
