/**
 * @file Texts that are written but not yet acknowledged, kept per user in the browser.
 *
 * Each text has its own key, so that several tabs can add and remove without reading each other's list first.
 */

/** @typedef {import("./types.js").OutboxItem} OutboxItem */

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

export class Outbox {
  /** What could not be stored lives as long as the page. @type {Map<string, OutboxItem>} */
  #unstored = new Map();

  /**
   * @param {Store | null} storage null where the browser gives none
   * @param {string} user
   */
  constructor(storage, user) {
    this.storage = storage;
    this.prefix = `pairchat:outbox:${user}:`;
  }

  /**
   * True when the text is safe: a reload will find it.
   * @param {import("./types.js").Draft & {client_id: string}} text
   */
  add(text) {
    const order = Math.max(Date.now(), (this.items().at(-1)?.order ?? 0) + 1);
    return this.#put({ ...text, order, created_at: new Date().toISOString() });
  }

  /**
   * In the order of their writing.
   * @param {string} [room]
   * @returns {OutboxItem[]}
   */
  items(room) {
    const items = [...this.#unstored.values()];
    for (const key of Object.keys(this.storage ?? {})) {
      const item = key.startsWith(this.prefix) && this.#read(key);
      if (item) items.push(item);
    }
    return items.filter((item) => !room || item.room === room).sort((a, b) => a.order - b.order);
  }

  /** The next one to send; those that were refused wait for the person. */
  next() {
    return this.items().find((item) => !item.code) ?? null;
  }

  /** @param {string} clientId */
  get(clientId) {
    return this.#unstored.get(clientId) ?? this.#read(this.prefix + clientId);
  }

  /**
   * Acknowledged, or given up by the person. False: it was not ours or already gone.
   * @param {string} clientId
   */
  remove(clientId) {
    if (!this.get(clientId)) return false;
    this.#unstored.delete(clientId);
    this.storage?.removeItem(this.prefix + clientId);
    return true;
  }

  /**
   * Refused: it stays until the person decides.
   * @param {OutboxItem} item
   * @param {string} code
   * @param {string} error the words to show
   */
  fail(item, code, error) {
    const failed = { ...item, code, error };
    if (this.get(item.client_id)) this.#put(failed);
    return failed;
  }

  /**
   * The same text under the same `client_id`: should it have been stored after all, it stays one message.
   * @param {string} clientId
   */
  retry(clientId) {
    const item = this.get(clientId);
    if (!item) return;
    const { code, error, ...again } = item;
    this.#put(again);
  }

  /** @param {string | null} key a key of the storage, as a `storage` event names it */
  owns(key) {
    return key === null || key.startsWith(this.prefix);
  }

  /**
   * @param {string} key
   * @returns {OutboxItem | null}
   */
  #read(key) {
    try {
      return JSON.parse(this.storage?.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }

  /** @param {OutboxItem} item */
  #put(item) {
    try {
      if (!this.storage) throw new TypeError("no storage");
      this.storage.setItem(this.prefix + item.client_id, JSON.stringify(item));
      this.#unstored.delete(item.client_id);
      return true;
    } catch {
      this.#unstored.set(item.client_id, item);
      return false;
    }
  }
}

/** Drafts of one user, a room each. A draft is a convenience: where there is no storage there is none. */
export class Drafts {
  /**
   * @param {Store | null} storage
   * @param {string} user
   */
  constructor(storage, user) {
    this.storage = storage;
    this.prefix = `pairchat:draft:${user}:`;
  }

  /** @param {string} room */
  get(room) {
    return this.storage?.getItem(this.prefix + room) ?? "";
  }

  /**
   * @param {string} room
   * @param {string} text
   */
  set(room, text) {
    try {
      if (text) this.storage?.setItem(this.prefix + room, text);
      else this.storage?.removeItem(this.prefix + room);
    } catch {
      // A full storage costs the draft, never the typing.
    }
  }
}
