/** @file The module of the pages that show a room. */

import { PairChat } from "../pair-chat.js";

export { PairChat };

if (!customElements.get("pair-chat")) customElements.define("pair-chat", PairChat);
