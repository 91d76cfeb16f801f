/**
 * @file The tabs of one browser agree who tells the person: the one that is looked at, else whichever comes first, and
 * none if the room is on the screen. Locks are the means: they are exact, and gone with their tab. Where there are none,
 * what the tabs have told is in the storage, which is nearly as good.
 */

/** A tab that hears of a message later than this finds it in the storage. */
const CLAIM_MS = 10_000;
/** So many rooms are remembered. */
const MOST = 50;

/** @typedef {import("../outbox.js").Store} Store */

export class Tabs {
  #prefix;
  /** @type {Record<string, string>} */
  #told = {};
  /** The locks that say that somebody looks here, and how to let go of each. @type {Map<string, () => void>} */
  #looks = new Map();
  /** How to let go of the messages that were told here. @type {Set<() => void>} */
  #claims = new Set();

  /**
   * @param {object} how
   * @param {string} how.owner whose tabs
   * @param {Store | null} how.storage
   * @param {LockManager | undefined} how.locks
   */
  constructor({ owner, storage, locks }) {
    this.#prefix = `pairchat:attention:${owner}:`;
    this.storage = storage;
    this.locks = locks;
  }

  /**
   * Says that somebody looks at this tab, and which rooms are on its screen; null: nobody does.
   * @param {string[] | null} rooms
   */
  look(rooms) {
    const names = new Set(rooms ? [this.#looked, ...rooms.map((room) => this.#lookedAt(room))] : []);
    for (const [name, end] of this.#looks) {
      if (names.has(name)) continue;
      end();
      this.#looks.delete(name);
    }
    for (const name of names) if (!this.#looks.has(name)) this.#looks.set(name, this.#share(name));
  }

  /** Lets go of all locks. */
  release() {
    this.look(null);
    for (const end of this.#claims) end();
  }

  /**
   * The time of the last message of the room that the person was told about, or had on the screen.
   * @param {string} room
   */
  told(room) {
    return this.#read()[room] ?? "";
  }

  /**
   * @param {string} room
   * @param {string} time
   */
  remember(room, time) {
    const { [room]: before = "", ...others } = this.#read();
    const kept = Object.entries(others).slice(1 - MOST);
    this.#told = Object.fromEntries([...kept, [room, before > time ? before : time]]);
    try {
      this.storage?.setItem(this.#key, JSON.stringify(this.#told));
    } catch {
      // It is full: this tab remembers.
    }
  }

  /**
   * True in one tab only: it tells the person.
   * @param {string} room
   * @param {string} time of the message
   * @returns {Promise<boolean>}
   */
  async claim(room, time) {
    if (this.told(room) >= time) return false;
    if (this.locks) {
      const { held = [] } = await this.locks.query();
      const names = new Set(held.map(({ name }) => name));
      if (names.has(this.#lookedAt(room))) return false;
      if (names.has(this.#looked) && !this.#looks.size) return false;
      if (!(await this.#take(`${this.#prefix}${room}:${time}`))) return false;
      if (this.told(room) >= time) return false;
    }
    this.remember(room, time);
    return true;
  }

  get #key() {
    return `${this.#prefix}told`;
  }

  get #looked() {
    return `${this.#prefix}looked`;
  }

  /** @param {string} room */
  #lookedAt(room) {
    return `${this.#looked}:${room}`;
  }

  /** @returns {Record<string, string>} */
  #read() {
    try {
      return { ...this.#told, ...JSON.parse(this.storage?.getItem(this.#key) ?? "{}") };
    } catch {
      return this.#told;
    }
  }

  /**
   * Holds a lock that others may hold as well.
   * @param {string} name
   */
  #share(name) {
    let end = () => {};
    const ended = new Promise((resolve) => (end = () => resolve(undefined)));
    this.locks?.request(name, { mode: "shared" }, () => ended).catch(() => {});
    return end;
  }

  /**
   * False: another tab has it.
   * @param {string} name
   * @returns {Promise<boolean>}
   */
  #take(name) {
    return new Promise((resolve) => {
      const held = async (/** @type {Lock | null} */ lock) => {
        resolve(lock !== null);
        if (!lock) return;
        await new Promise((done) => {
          const end = () => (this.#claims.delete(end), done(undefined));
          this.#claims.add(end);
          setTimeout(end, CLAIM_MS);
        });
      };
      // A page that is being left gets none.
      this.locks?.request(name, { ifAvailable: true }, held).catch(() => resolve(false));
    });
  }
}
