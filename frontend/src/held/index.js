/** @file The module of a room whose host reviews texts: what waits for a decision, and what the review says to the sender. */

import { PairChatHeld } from "./pair-chat-held.js";

export { PairChatHeld };

if (!customElements.get("pair-chat-held")) customElements.define("pair-chat-held", PairChatHeld);
