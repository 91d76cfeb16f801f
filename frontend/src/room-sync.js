/** @file Asks for what was missed: one `sync` for all rooms that are behind, after a moment's patience (protocol §8). */

import { Backoff } from "./backoff.js";

/**
 * @typedef {import("./room-store.js").RoomStore} RoomStore
 * @typedef {import("./types.js").Synced} Synced
 */

/** How long an event may be overtaken by a later one before it counts as lost. */
export const PATIENCE_MS = 300;
const ROOMS_AT_ONCE = 50;

export class RoomSync {
  /** Rooms to ask about. @type {Set<string>} */
  #due = new Set();
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #waiting = new Map();
  /** @type {Promise<boolean> | null} */
  #running = null;
  #backoff = new Backoff();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /**
   * @param {object} how
   * @param {(room: string) => RoomStore | undefined} how.store
   * @param {(rooms: Record<string, {epoch: string, rev: number}>) => Promise<{rooms: Synced[]}>} how.ask
   * @param {(room: string, synced: Synced | undefined) => void} how.apply undefined: the room is no longer ours
   */
  constructor(how) {
    this.how = how;
  }

  /**
   * Something is missing that may still be under way.
   * @param {string} room
   */
  soon(room) {
    if (this.#waiting.has(room)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(room);
      if (this.how.store(room)?.behind) this.now([room]);
    }, PATIENCE_MS);
    this.#waiting.set(room, timer);
  }

  /**
   * False: the server could not be asked; it will be.
   * @param {Iterable<string>} rooms
   */
  now(rooms) {
    for (const room of rooms) this.#due.add(room);
    this.#running ??= this.#run();
    return this.#running;
  }

  stop() {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    clearTimeout(this.#retry);
    this.#due.clear();
  }

  async #run() {
    clearTimeout(this.#retry);
    await null; // so that `finally` runs after the caller has kept this promise
    try {
      while (this.#due.size) await this.#ask();
      this.#backoff.reset();
      return true;
    } catch (problem) {
      const { retryAfter } = /** @type {{retryAfter?: number}} */ (problem);
      this.#retry = setTimeout(() => this.now([]), this.#backoff.next(retryAfter));
      return false;
    } finally {
      this.#running = null;
    }
  }

  async #ask() {
    const rooms = [...this.#due].slice(0, ROOMS_AT_ONCE);
    /** @type {Record<string, {epoch: string, rev: number}>} */
    const positions = {};
    for (const room of rooms) {
      const store = this.how.store(room);
      if (store) positions[room] = store.position;
      this.#due.delete(room);
    }
    if (!Object.keys(positions).length) return;
    try {
      const answer = await this.how.ask(positions);
      const found = new Map(answer.rooms.map((synced) => [synced.room, synced]));
      for (const room of Object.keys(positions)) this.#take(room, found.get(room));
    } catch (problem) {
      for (const room of rooms) this.#due.add(room);
      throw problem;
    }
  }

  /**
   * @param {string} room
   * @param {Synced | undefined} synced
   */
  #take(room, synced) {
    this.how.apply(room, synced);
    // Changed again while the answer was on its way.
    if (this.how.store(room)?.behind) this.soon(room);
  }
}
