/** @file The module of what opens in a room: the menu of a message and its questions, a photo shown large. */

import { places } from "../albums.js";
import { fileSize } from "../dom.js";
import { Actions } from "./actions.js";
import { listenForEmoji } from "./emoji-dialog.js";
import { listenForFinding } from "./finding.js";
import { mark, showReactions } from "./late-parts.js";
import { showPeer } from "./peer.js";
import { enlarge } from "./photo.js";
import { play } from "./player.js";

/** @typedef {typeof import("../pair-chat.js").PairChat} PairChatClass */

const { parts } = /** @type {PairChatClass} */ (/** @type {unknown} */ (await customElements.whenDefined("pair-chat")));
const late = { fileSize, mark, play, showPeer, showReactions };
Object.assign(parts.popups, { Actions, enlarge, places, ...late });
for (const act of parts.popups.waiting ?? []) act(late);
listenForEmoji();
listenForFinding();
