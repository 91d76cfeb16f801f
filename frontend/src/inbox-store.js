/** @file The list of rooms as this page holds it: the newest page, whatever older ones were asked for, and the count. */

/**
 * @typedef {import("./types.js").Inbox} Inbox
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Room} Room
 */

/** The server stops counting here. */
const MANY = 100;

export class InboxStore {
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  /** Rooms that may be about the same thing, with their ranks. @type {Map<string, string>} */
  #unknown = new Map();
  /** Rooms about something else. @type {Set<string>} */
  #others = new Set();
  unreadRooms = 0;
  /** @type {string | null} */
  next = null;
  /** False until rooms were loaded: what the server rendered has no objects. */
  filled = false;

  /**
   * @param {{user: string, archived?: boolean, unread?: boolean, about?: string}} what `about` is a room: those about the
   * same thing. What another one is about only the server knows.
   */
  constructor({ user, archived = false, unread = false, about = "" }) {
    this.user = user;
    this.archived = archived;
    this.unread = unread;
    this.about = about;
    /** What a ping compares; empty until something was rendered or loaded. */
    this.state = "";
  }

  /** Pinned ones first, then newest first. */
  list() {
    return [...this.#rooms.values()].sort((a, b) => compare(rank(b), rank(a)));
  }

  /** @param {string} room */
  get(room) {
    return this.#rooms.get(room);
  }

  /**
   * Whether the list may show this room.
   * @param {string} room
   */
  concerns(room) {
    return !this.#others.has(room);
  }

  /** The rooms of which the next answer tells whether they are about the same thing. */
  get unknown() {
    return [...this.#unknown];
  }

  /**
   * The first page. It also says what is no longer there: any room before its last one. When that last one is not
   * held as it is, others that are not held may follow it, and the older pages are asked for again.
   * @param {Inbox} page
   * @param {[string, string][]} [unknown] before it was asked for
   */
  newest(page, unknown = []) {
    const given = new Set(page.rooms.map(({ room }) => room));
    const last = page.next === null ? undefined : page.rooms.at(-1);
    const lowest = last ? rank(last) : "";
    const heldLast = last && this.#rooms.get(last.room);
    const apart = last !== undefined && (!heldLast || rank(heldLast) !== lowest);
    for (const [key, room] of this.#rooms) {
      if (!given.has(key) && (apart || rank(room) >= lowest)) this.#rooms.delete(key);
    }
    for (const room of page.rooms) this.#rooms.set(room.room, room);
    if (apart || page.next === null) this.next = page.next;
    for (const [key, before] of unknown) {
      // Of what has come meanwhile the answer may know nothing.
      if (this.#unknown.get(key) !== before) continue;
      this.#unknown.delete(key);
      if (!given.has(key) && before > lowest) this.#others.add(key);
    }
    this.filled = true;
    this.state = page.state;
    this.unreadRooms = page.unread_rooms;
  }

  /** @param {Inbox} page */
  addOlder(page) {
    for (const room of page.rooms) if (!this.#rooms.has(room.room)) this.#rooms.set(room.room, room);
    this.next = page.next;
  }

  /**
   * A message event. True: only the server knows what the list looks like now.
   * @param {Message} message
   */
  message(message) {
    const room = this.#rooms.get(message.room);
    if (!room) {
      // One of mine leaves a room in the archive, and reads it.
      if (message.sender === this.user) this.#doubt(message.room, this.unread);
      else if (!this.#isOld(message)) this.#hear(message.room, `0${message.created_at}`);
      return !this.filled || !this.#isOld(message);
    }
    const before = waits(room);
    const last = room.last_message;
    if (!last || message.seq > last.seq || (message.seq === last.seq && message.rev > last.rev)) {
      room.last_message = message;
      if (!last || message.seq > last.seq) room.last_message_at = message.created_at;
    }
    room.head = Math.max(room.head, message.seq);
    if (message.sender === this.user) {
      // As the server does for whoever sends.
      room.me.read = Math.max(room.me.read, message.seq);
      room.me.marked_unread = false;
    }
    const after = waits(room);
    if (this.unread && !after) this.#rooms.delete(room.room);
    return this.#count(before, after);
  }

  /**
   * A room object. True: as above.
   * @param {Room} room
   */
  room(room) {
    const held = this.#rooms.get(room.room);
    const here = room.me.archived === this.archived && (!this.unread || waits(room));
    if (!held) {
      if (here) this.#hear(room.room, rank(room));
      else this.#doubt(room.room);
      return here || !this.filled;
    }
    // It may have been written before a message that is here already.
    const { head, last_message, last_message_at } = held;
    const now = head > room.head ? { ...room, head, last_message, last_message_at } : room;
    if (here) this.#rooms.set(room.room, now);
    else this.#rooms.delete(room.room);
    // Where it stands now, others that are not held may stand before it.
    const moved = here && held.me.pinned !== now.me.pinned;
    return this.#count(waits(held), here && waits(now)) || moved;
  }

  /**
   * A room that the next answer holds if it is about the same thing.
   * @param {string} room
   * @param {string} before what it is held
   */
  #hear(room, before) {
    if (this.about && this.concerns(room)) this.#unknown.set(room, before);
  }

  /**
   * A room that is missing in the list for another reason.
   * @param {string} room
   * @param {boolean} [known] and perhaps was before
   */
  #doubt(room, known = true) {
    this.#unknown.delete(room);
    if (known) this.#others.delete(room);
  }

  /**
   * The number of rooms where something waits, kept for rooms we know. True: the server has stopped counting.
   * @param {boolean} before
   * @param {boolean} after
   */
  #count(before, after) {
    if (before === after) return false;
    if (this.unreadRooms >= MANY) return true;
    this.unreadRooms = Math.max(0, this.unreadRooms + (after ? 1 : -1));
    return false;
  }

  /**
   * A change to an old message of a room beyond the list moves nothing in it. What the server rendered may show it.
   * @param {Message} message
   */
  #isOld(message) {
    return Boolean(message.edited_at || message.deleted_at);
  }
}

/**
 * Return what a badge says.
 * @param {number} count
 */
export function badgeText(count) {
  return count ? (count < MANY ? String(count) : "99+") : "";
}

/**
 * Return the same for screen readers.
 * @param {import("./messages-catalog.js").Catalogue} words
 * @param {number} count
 */
export function badgeLabel(words, count) {
  return words.plural("unread_rooms", count, badgeText(count));
}

/** @param {Room} room */
export function waits(room) {
  return unreadOf(room) > 0 || room.me.marked_unread;
}

/** @param {Pick<Room, "head" | "me">} room */
export function unreadOf({ head, me }) {
  return Math.max(0, head - Math.max(me.read, me.cleared));
}

/**
 * By what rooms are sorted, the greatest first.
 * @param {Room} room
 */
function rank({ me, last_message_at }) {
  return `${Number(me.pinned)}${last_message_at}`;
}

/**
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
