/** @file The list of rooms and the archive as far as the page shows them, kept up to date. */

import { InboxStore } from "./inbox.js";

/**
 * @typedef {import("./types.js").Inbox} Inbox
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Room} Room
 */

const PATIENCE_MS = 300;

export class Lists {
  /** And how many elements show each. */
  #all;
  /** @type {Set<InboxStore>} */
  #stale = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} how
   * @param {string} how.user
   * @param {(fields: object) => Promise<Inbox>} how.ask
   * @param {() => void} how.changed
   */
  constructor({ user, ask, changed }) {
    this.#all = [false, true].map((archived) => ({ users: 0, store: new InboxStore({ user, archived }) }));
    this.ask = ask;
    this.changed = changed;
  }

  /** @returns {InboxStore[]} */
  get shown() {
    return this.#all.filter(({ users }) => users > 0).map(({ store }) => store);
  }

  /** What a ping compares: the state of the list that also has the count. */
  get state() {
    return this.shown.find((list) => !list.archived)?.state;
  }

  /**
   * @param {boolean} archived
   * @param {string} state of what the server rendered
   */
  follow(archived, state) {
    const list = this.#all[Number(archived)];
    const { store } = list;
    list.users += 1;
    if (!store.loaded) store.state ||= state;
    return { store, leave: () => (list.users -= 1) };
  }

  /** @param {Message} message */
  message(message) {
    this.#each((list) => list.message(message));
  }

  /** @param {Room} room */
  room(room) {
    this.#each((list) => list.room(room));
  }

  reload(lists = this.shown) {
    for (const list of lists) this.#stale.add(list);
    if (lists.length) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.load(this.#stale);
      }, PATIENCE_MS);
    }
  }

  /**
   * False: the server could not be asked.
   * @param {Iterable<InboxStore>} lists
   */
  async load(lists = this.shown) {
    try {
      for (const list of [...lists]) {
        list.newest(await this.ask(which(list)));
        this.#stale.delete(list);
      }
      return true;
    } catch {
      return false;
    } finally {
      this.changed();
    }
  }

  /**
   * Until at least so many rooms are held, or there are no more.
   * @param {InboxStore} list
   * @param {number} count
   */
  async loadUpTo(list, count) {
    if (!list.loaded) list.newest(await this.ask(which(list)));
    while (list.next && list.list().length < count) list.older(await this.ask({ before: list.next, ...which(list) }));
    this.changed();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {(list: InboxStore) => boolean} merge true: only the server knows what the list looks like now */
  #each(merge) {
    const { shown } = this;
    this.reload(shown.filter(merge));
    if (shown.length) this.changed();
  }
}

/** @param {InboxStore} list */
function which({ archived }) {
  return { archived: archived || undefined };
}
