/** @file Which rooms a person is to be told about. Nothing here knows of time, tabs or the DOM. */

import { unreadOf } from "../inbox-store.js";

/** @typedef {import("../types.js").Room} Room */

/** Who comes back after so long sees by the numbers what is new. */
const FRESH_MS = 300_000;

/**
 * The rooms with something new that is not the person's own, not read, not muted, and of which nobody has told yet.
 * @param {Iterable<Room>} rooms
 * @param {object} how
 * @param {string} how.user the person
 * @param {number} how.since what is older was on the page when it came, by the server's clock
 * @param {number} how.now by the server's clock
 * @param {(room: string) => string} how.told the time of the last message that the person was told about
 */
export function roomsToTell(rooms, { user, since, now, told }) {
  const from = Math.max(since, now - FRESH_MS);
  return [...rooms].filter((room) => {
    const { last_message: last } = room;
    if (!last || last.deleted_at || last.sender === user) return false;
    const isNew = Date.parse(last.created_at) > from && last.created_at > told(room.room);
    return isNew && needsAttention(room, now);
  });
}

/**
 * Whether something in it waits for the person, who wants to know.
 * @param {Room} room
 * @param {number} now by the server's clock
 */
export function needsAttention(room, now) {
  const { muted_until: muted } = room.me;
  return unreadOf(room) > 0 && !(muted !== null && Date.parse(muted) > now);
}
