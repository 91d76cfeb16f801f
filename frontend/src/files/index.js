/** @file The module that pages load where files can be sent. */

import { PairChatFiles } from "./pair-chat-files.js";

export { PairChatFiles };

if (!customElements.get("pair-chat-files")) customElements.define("pair-chat-files", PairChatFiles);
