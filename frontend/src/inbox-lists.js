/** @file The list of rooms and the archive as far as the page shows them, kept up to date. */

import { InboxStore } from "./inbox-store.js";

/**
 * @typedef {import("./types.js").Inbox} Inbox
 * @typedef {"" | "archived" | "unread"} InboxKind
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Room} Room
 */

const PATIENCE_MS = 300;
/** More rooms at once the server does not give. */
const LIMIT = 100;

export class InboxLists {
  /**
   * And how many elements show each.
   * @type {Map<string, {users: number, store: InboxStore}>}
   */
  #all = new Map();
  /** @type {Set<InboxStore>} */
  #stale = new Set();
  /** Answers that are under way. */
  #loading = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /**
   * @param {object} how
   * @param {string} how.user
   * @param {(fields: object) => Promise<Inbox>} how.ask
   * @param {() => void} how.changed
   */
  constructor(how) {
    this.how = how;
  }

  /** @returns {InboxStore[]} */
  get shown() {
    return [...this.#all.values()].filter(({ users }) => users > 0).map(({ store }) => store);
  }

  /** What a ping compares: the state of the list that also has the count. */
  get state() {
    return this.shown.find((list) => !list.archived && !list.unread && !list.about)?.state;
  }

  /**
   * @param {InboxKind} kind
   * @param {string} state of what the server rendered
   * @param {string} [about] a room: only those about the same thing
   */
  showInbox(kind, state, about = "") {
    const key = `${kind} ${about}`;
    // A page swap brings the same list back at once, or none that is about this thing.
    for (const [other, { users, store }] of this.#all) if (!users && store.about && other !== key) this.#all.delete(other);
    const what = { user: this.how.user, archived: kind === "archived", unread: kind === "unread", about };
    const list = this.#all.get(key) ?? { users: 0, store: new InboxStore(what) };
    this.#all.set(key, list);
    const { store } = list;
    list.users += 1;
    if (!store.filled) store.state ||= state;
    return { store, leave: () => this.#leave(list) };
  }

  /** @param {{users: number, store: InboxStore}} list */
  #leave(list) {
    list.users -= 1;
    if (!list.users) this.#stale.delete(list.store);
  }

  /** @param {Message} message */
  message(message) {
    this.#each(message.room, (list) => list.message(message));
  }

  /** @param {Room} room */
  room(room) {
    this.#each(room.room, (list) => list.room(room));
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
    const asked = [...lists];
    this.#loading += 1;
    try {
      for (const list of asked) {
        // Whatever comes from here on may be missing in the answer.
        this.#stale.delete(list);
        const limit = Math.min(LIMIT, list.list().length) || undefined;
        const { unknown } = list;
        list.newest(await this.how.ask({ limit, ...which(list) }), unknown);
      }
      return true;
    } catch (problem) {
      for (const list of asked) this.#stale.add(list);
      const { retryAfter } = /** @type {{retryAfter?: number}} */ (problem);
      clearTimeout(this.#retry);
      if (retryAfter) this.#retry = setTimeout(() => this.reload(asked), retryAfter * 1000);
      return false;
    } finally {
      this.#loading -= 1;
      this.how.changed();
    }
  }

  /**
   * Until at least so many rooms are held, or there are no more.
   * @param {InboxStore} list
   * @param {number} count
   */
  async loadUpTo(list, count) {
    if (!list.filled) list.newest(await this.how.ask(which(list)));
    while (list.next && list.list().length < count) list.addOlder(await this.how.ask({ before: list.next, ...which(list) }));
    this.how.changed();
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    this.#timer = undefined;
  }

  /**
   * @param {string} room
   * @param {(list: InboxStore) => boolean} merge true: only the server knows what the list looks like now
   */
  #each(room, merge) {
    const { shown } = this;
    this.reload(
      shown.filter((list) => {
        const concerned = list.concerns(room);
        return (merge(list) || this.#loading) && concerned;
      }),
    );
    if (shown.length) this.how.changed();
  }
}

/** @param {InboxStore} list */
function which({ archived, unread, about }) {
  return { archived: archived || undefined, unread: unread || undefined, about: about || undefined };
}
