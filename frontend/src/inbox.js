/** @file The list of rooms as this page holds it: the newest page, whatever older ones were asked for, and the count. */

/**
 * @typedef {import("./types.js").Inbox} Inbox
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Room} Room
 */

/** The server stops counting here. */
export const MANY = 100;

export class InboxStore {
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  unreadRooms = 0;
  /** @type {string | null} */
  next = null;
  /** False until rooms were loaded: what the server rendered has no objects. */
  loaded = false;

  /**
   * @param {{user: string, archived?: boolean}} what
   */
  constructor({ user, archived = false }) {
    this.user = user;
    this.archived = archived;
    /** What a ping compares; empty until something was rendered or loaded. */
    this.state = "";
  }

  /** Newest first. */
  list() {
    return [...this.#rooms.values()].sort((a, b) => compare(b.last_message_at, a.last_message_at));
  }

  /** @param {string} room */
  get(room) {
    return this.#rooms.get(room);
  }

  /**
   * The newest page. It also says what is no longer there: any room newer than its last one.
   * @param {Inbox} page
   */
  newest(page) {
    const given = new Set(page.rooms.map(({ room }) => room));
    const oldest = page.next === null ? "" : (page.rooms.at(-1)?.last_message_at ?? "");
    for (const [key, room] of this.#rooms) {
      if (!given.has(key) && room.last_message_at >= oldest) this.#rooms.delete(key);
    }
    for (const room of page.rooms) this.#rooms.set(room.room, room);
    if (!this.loaded || page.next === null) this.next = page.next;
    this.loaded = true;
    this.state = page.state;
    this.unreadRooms = page.unread_rooms;
  }

  /** @param {Inbox} page */
  older(page) {
    for (const room of page.rooms) if (!this.#rooms.has(room.room)) this.#rooms.set(room.room, room);
    this.next = page.next;
  }

  /**
   * A message event. True: only the server knows what the list looks like now.
   * @param {Message} message
   */
  message(message) {
    const room = this.#rooms.get(message.room);
    if (!room) return !this.#isOld(message);
    const before = unreadOf(room) > 0;
    const last = room.last_message;
    if (!last || message.seq > last.seq || (message.seq === last.seq && message.rev > last.rev)) {
      room.last_message = message;
      if (!last || message.seq > last.seq) room.last_message_at = message.created_at;
    }
    room.head = Math.max(room.head, message.seq);
    if (message.sender === this.user) room.me.read = Math.max(room.me.read, message.seq);
    return before !== unreadOf(room) > 0;
  }

  /**
   * A room object. True: as above.
   * @param {Room} room
   */
  room(room) {
    const held = this.#rooms.get(room.room);
    if (room.me.archived !== this.archived) return this.#rooms.delete(room.room);
    if (!held) return true;
    this.#rooms.set(room.room, room);
    return unreadOf(held) > 0 !== unreadOf(room) > 0 || held.me.marked_unread !== room.me.marked_unread;
  }

  /**
   * A change to an old message of a room beyond the list moves nothing in it.
   * @param {Message} message
   */
  #isOld(message) {
    return Boolean(message.edited_at || message.deleted_at);
  }
}

/** @param {Room} room */
export function unreadOf({ head, me }) {
  return Math.max(0, head - Math.max(me.read, me.cleared));
}

/**
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
