/** @file The room that the server wrote into the page, before anything was asked for. */

import { RoomStore } from "./store.js";

/**
 * @param {HTMLElement} host with the positions in its data
 * @param {import("./types.js").Message[]} messages that it shows
 */
export function adopted(host, messages) {
  const flags = host.dataset;
  const { room = "", epoch = "", state = "", head, rev, read, cleared, peer, peerName = "", peerRead } = flags;
  /** @type {import("./types.js").Room} */
  const known = {
    room,
    epoch,
    state,
    head: Number(head),
    rev: Number(rev),
    unread: 0,
    me: {
      read: Number(read),
      cleared: Number(cleared),
      muted_until: null,
      archived: false,
      marked_unread: "markedUnread" in flags,
      blocked: "blocked" in flags,
    },
    peer: { user: peer || null, name: peerName, avatar: null, url: null, read: peerRead ? Number(peerRead) : null },
    topic: null,
    can_send: "canSend" in flags,
    last_message: null,
    last_message_at: "",
  };
  return new RoomStore(known, {
    epoch,
    rev: known.rev,
    messages,
    has_before: "hasBefore" in flags,
    has_after: "hasAfter" in flags,
  });
}
