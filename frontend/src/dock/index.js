/** @file The module of the dock: the list and rooms of the chat over any page of the host. */

import { PairChatDock } from "./pair-chat-dock.js";

export { PairChatDock };

if (!customElements.get("pair-chat-dock")) customElements.define("pair-chat-dock", PairChatDock);
