/** @file What the modules of the chat give each other on a page, so that a page has each of them once. */

/**
 * What is done with a message, and what opens on one, comes with a module of its own. Until that has loaded the link of
 * the menu leads to the page of the message.
 * @type {{Actions?: typeof import("./popups/actions.js").Actions, enlarge?: typeof import("./popups/photo.js").enlarge,
 *   places?: typeof import("./albums.js").places, showCard?: typeof import("./cards/show.js").showCard,
 *   cards?: Parameters<typeof import("./cards/show.js").showCard>[], waiting?: ((popups: Late) => void)[]} & Partial<Late>}
 */
export const popups = {};

/**
 * What the page that came from the server shows already, and that only what comes later needs.
 * @typedef {{showPeer: typeof import("./popups/peer.js").showPeer, play: typeof import("./popups/player.js").play,
 *   mark: typeof import("./popups/late-parts.js").mark, showReactions: typeof import("./popups/late-parts.js").showReactions,
 *   fileSize: typeof import("./dom.js").fileSize}} Late
 */

/**
 * Does something with that module, now or as soon as it is there.
 * @param {(popups: Late) => void} act
 */
export function withPopups(act) {
  if (popups.Actions) act(/** @type {Late} */ (popups));
  else (popups.waiting ??= []).push(act);
}
