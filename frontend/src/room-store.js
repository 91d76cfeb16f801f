/**
 * @file One room as this page holds it: a contiguous window of messages and the position in the room's changes.
 *
 * The rules are protocol §7 and §8: messages merge per `seq` and the greater `rev` wins; the position moves only to
 * `mine + 1` by an event or to the `rev` of a sync. Nothing here knows of sockets, timers or the DOM.
 */

import { unreadOf } from "./inbox-store.js";

/**
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Page} Page
 * @typedef {import("./types.js").Room} Room
 * @typedef {import("./types.js").Synced} Synced
 */

/** So many messages are held at once: several screens to either side. */
export const MOST = 300;

export class RoomStore {
  /** @type {Map<number, Message>} */
  #messages = new Map();
  /** What is quoted somewhere, and may be beyond the window. @type {Set<number>} */
  #quoted = new Set();
  /** The quoted ones that the window does not hold, as far as they are known. @type {Map<number, Message>} */
  #originals = new Map();
  /** What this person has starred, as far as the window reaches. @type {Set<number>} */
  stars = new Set();
  /** Revs above the position whose events came early. @type {Set<number>} */
  #early = new Set();

  /**
   * @param {Room} room
   * @param {Page} page the newest messages, or those around one
   */
  constructor(room, page) {
    this.room = room;
    this.epoch = page.epoch;
    this.rev = page.rev;
    /** The highest `rev` we know to exist. */
    this.known = page.rev;
    /** The window: every `seq` from `first` to `last` is held, unless retention removed a prefix. */
    this.first = 1;
    this.last = 0;
    this.moreBefore = false;
    this.moreAfter = false;
    this.#replace(page);
  }

  /** False: only single messages of it are shown, and nobody is in the room. */
  onScreen = true;

  /** Something was changed that we have not seen: time to wait a moment, then to sync. */
  get behind() {
    return this.known > this.rev;
  }

  /** @returns {{epoch: string, rev: number}} */
  get position() {
    return { epoch: this.epoch, rev: this.rev };
  }

  get unread() {
    return unreadOf(this.room);
  }

  /** Up to where reading once more would change nothing: what was marked as unread is to be read again. */
  get alreadyRead() {
    const { read, marked_unread } = this.room.me;
    return marked_unread ? 0 : read;
  }

  /** @param {number} seq */
  get(seq) {
    return this.#messages.get(seq);
  }

  /**
   * A message that is quoted, be it beyond the window; undefined: nobody here knows what it says now.
   * @param {number} seq
   */
  original(seq) {
    return this.#messages.get(seq) ?? this.#originals.get(seq);
  }

  /**
   * From now on this one is followed wherever it is.
   * @param {number} seq
   */
  quote(seq) {
    this.#quoted.add(seq);
  }

  /** The messages to show, ascending. One that came before its predecessor waits for it. */
  list() {
    const shown = [];
    for (let seq = this.first; seq <= this.last; seq += 1) {
      const message = this.#messages.get(seq);
      if (message) shown.push(message);
    }
    return shown;
  }

  /** Messages that came before their predecessors, ascending. */
  waiting() {
    return [...this.#messages.values()].filter(({ seq }) => seq > this.last).sort((a, b) => a.seq - b.seq);
  }

  /**
   * An event. False: it belongs to another epoch, and only a sync helps.
   * @param {string} epoch
   * @param {Message} message
   */
  onEvent(epoch, message) {
    if (epoch !== this.epoch) return false;
    this.merge(message);
    if (message.rev > this.rev) this.#early.add(message.rev);
    this.#advance();
    return true;
  }

  /**
   * A message from an answer: it is merged, but moves no position.
   * @param {Message} message
   */
  merge(message) {
    this.room.head = Math.max(this.room.head, message.seq);
    this.known = Math.max(this.known, message.rev);
    this.#put(message);
  }

  /** @param {Synced} synced */
  synced({ changes, limited, reset, ...room }) {
    if (reset || limited) {
      const known = reset ? 0 : this.known;
      // Any of them may have changed among what is left out.
      this.#messages.clear();
      this.#originals.clear();
      this.#replaceRoom(room, reset);
      const hasBefore = changes.length > 0 && changes[0].seq > room.me.cleared + 1;
      this.rev = room.rev;
      this.known = Math.max(known, room.rev);
      this.#replace({ epoch: room.epoch, rev: room.rev, messages: changes, has_before: hasBefore, has_after: false });
    } else {
      for (const message of changes) this.merge(message);
      this.rev = Math.max(this.rev, room.rev);
      this.known = Math.max(this.known, room.rev);
      this.#replaceRoom(room, false);
    }
    this.#advance();
  }

  /**
   * A room object by an event or an answer. False: it belongs to another epoch.
   * @param {Room} room
   */
  roomChanged(room) {
    if (room.epoch !== this.epoch) return false;
    this.known = Math.max(this.known, room.rev);
    this.#replaceRoom(room, false);
    return true;
  }

  /**
   * A page of history that continues the window, or takes its place. False: it belongs to another epoch.
   * @param {Page} page
   * @param {"before" | "after" | "instead"} where
   */
  paged(page, where) {
    if (page.epoch !== this.epoch) return false;
    // What changed after the page was read was perhaps dropped when its event came, as outside the window: ask again.
    this.known = Math.max(this.known, page.rev);
    this.rev = Math.min(this.rev, page.rev);
    this.#early.clear();
    if (where === "instead") this.#replace(page);
    else this.#extend(page, where);
    for (const { seq } of page.messages) this.star(seq, page.starred?.includes(seq));
    return true;
  }

  /**
   * @param {Page} page
   * @param {"before" | "after"} where
   */
  #extend(page, where) {
    if (where === "before") {
      this.moreBefore = page.has_before;
      if (page.messages.length) this.first = Math.min(this.first, page.messages[0].seq);
    } else {
      this.moreAfter = page.has_after;
      this.last = Math.max(this.last, page.messages.at(-1)?.seq ?? 0);
    }
    for (const message of page.messages) this.#put(message);
    this.trim(where);
  }

  /**
   * @param {number} seq
   * @param {boolean} [on]
   */
  star(seq, on) {
    if (on) this.stars.add(seq);
    else this.stars.delete(seq);
  }

  /**
   * What is far from where the person reads goes: it can be had again.
   * @param {"before" | "after"} where they went
   */
  trim(where) {
    const extra = this.last - this.first + 1 - MOST;
    if (extra <= 0) return;
    if (where === "before") {
      this.last -= extra;
      this.moreAfter = true;
    } else {
      this.first += extra;
      this.moreBefore = true;
    }
    // What is beyond the end of a window that reaches the newest message waits for its predecessor.
    const isFar = (/** @type {number} */ seq) => seq < this.first || (this.moreAfter && seq > this.last);
    for (const seq of this.#messages.keys()) if (isFar(seq)) this.#leave(seq);
  }

  /** @param {number} seq */
  #leave(seq) {
    const message = this.#messages.get(seq);
    if (message && this.#quoted.has(seq)) this.#originals.set(seq, message);
    this.#messages.delete(seq);
  }

  /** @param {Page} page */
  #replace(page) {
    for (const seq of this.#messages.keys()) this.#leave(seq);
    this.#early.clear();
    this.epoch = page.epoch;
    this.moreBefore = page.has_before;
    this.moreAfter = page.has_after;
    const empty = page.messages.length === 0;
    this.last = empty ? Math.max(this.room.me.cleared, this.room.head) : page.messages[page.messages.length - 1].seq;
    this.first = empty ? this.last + 1 : page.messages[0].seq;
    for (const message of page.messages) {
      this.room.head = Math.max(this.room.head, message.seq);
      this.#put(message);
    }
  }

  /** @param {Message} message */
  #put(message) {
    const { seq, reply_to } = message;
    const { cleared } = this.room.me;
    if (seq <= cleared) return;
    const outside = seq < this.first || (this.moreAfter && seq > this.last);
    const held = outside ? this.#originals.get(seq) : this.#messages.get(seq);
    if (held && held.rev >= message.rev) return;
    if (outside) {
      if (this.#quoted.has(seq)) this.#originals.set(seq, message);
      return;
    }
    this.#originals.delete(seq);
    this.#messages.set(seq, message);
    if (reply_to) this.quote(reply_to);
    while (this.#messages.has(this.last + 1)) this.last += 1;
  }

  #advance() {
    for (const rev of this.#early) if (rev <= this.rev) this.#early.delete(rev);
    while (this.#early.delete(this.rev + 1)) this.rev += 1;
  }

  /**
   * Room objects carry no order of their own, so what can only move forward is not moved back by a late one.
   * @param {Room} room
   * @param {boolean} reset
   */
  #replaceRoom(room, reset) {
    const old = this.room;
    this.room = { ...room, me: { ...room.me }, peer: { ...room.peer } };
    if (reset) return;
    this.room.head = Math.max(old.head, room.head);
    this.room.me.read = Math.max(old.me.read, room.me.read);
    this.room.me.cleared = Math.max(old.me.cleared, room.me.cleared);
    for (const mark of /** @type {const} */ (["read", "delivered"])) {
      if (room.peer[mark] !== null) this.room.peer[mark] = Math.max(old.peer[mark] ?? 0, room.peer[mark]);
    }
    this.#clear();
  }

  #clear() {
    const { cleared } = this.room.me;
    for (const seq of this.#originals.keys()) if (seq <= cleared) this.#originals.delete(seq);
    if (cleared < this.first) return;
    for (const seq of this.#messages.keys()) if (seq <= cleared) this.#messages.delete(seq);
    this.first = cleared + 1;
    this.last = Math.max(this.last, cleared);
    this.moreBefore = false;
  }
}
