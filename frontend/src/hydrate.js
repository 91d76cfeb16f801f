/** @file The room that the server wrote into the page, before anything was asked for. */

import { readQuotations } from "./bubble.js";
import { RoomStore } from "./room-store.js";

/**
 * @param {HTMLElement} host with the positions in its data
 * @param {import("./types.js").Message[]} messages that it shows
 */
export function hydrate(host, messages) {
  const flags = host.dataset;
  const { room = "", epoch = "", state = "", head, rev, read, cleared, peer, peerName = "", peerRead, peerDelivered } = flags;
  // The rest of a room is for lists, and comes with the first sync.
  const known = /** @type {import("./types.js").Room} */ ({
    room,
    epoch,
    state,
    head: Number(head),
    rev: Number(rev),
    me: {
      read: Number(read),
      cleared: Number(cleared),
      marked_unread: "markedUnread" in flags,
      blocked: "blocked" in flags,
    },
    peer: { user: peer || null, name: peerName, read: numberOrNull(peerRead), delivered: numberOrNull(peerDelivered) },
    can_send: "canSend" in flags,
  });
  const store = new RoomStore(known, {
    epoch,
    rev: known.rev,
    messages,
    has_before: "hasBefore" in flags,
    has_after: "hasAfter" in flags,
  });
  for (const original of readQuotations(host, room)) {
    store.quote(original.seq);
    store.merge(original);
  }
  for (const mark of host.querySelectorAll("[data-seq] > * [data-pc-part=star]:not([hidden])")) {
    store.star(Number(/** @type {HTMLElement} */ (mark.closest("[data-seq]")).dataset.seq), true);
  }
  return store;
}

/** @param {string} [text] */
function numberOrNull(text) {
  return text ? Number(text) : null;
}
