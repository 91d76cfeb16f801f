/** @file The shipped module: the elements, exported for subclasses, and registered unless a host did so before. */

import { PairChatBadge, PairChatInbox } from "./pair-chat-inbox.js";
import { PairChat } from "./pair-chat.js";

export { PairChat, PairChatBadge, PairChatInbox };

/** Registers the elements under their names; a name that is taken keeps its class. */
export function register(registry = customElements) {
  const elements = { "pair-chat": PairChat, "pair-chat-inbox": PairChatInbox, "pair-chat-badge": PairChatBadge };
  for (const [name, element] of Object.entries(elements)) if (!registry.get(name)) registry.define(name, element);
}

register();
