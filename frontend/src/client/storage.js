/** @file Where an app keeps what is written and not yet acknowledged. */

/**
 * A storage whose answers may be promises, such as React Native's AsyncStorage.
 * @typedef {object} AsyncStore
 * @property {(key: string) => Promise<string | null> | string | null} getItem
 * @property {(key: string, value: string) => Promise<void> | void} setItem
 * @property {(key: string) => Promise<void> | void} removeItem
 * @property {() => Promise<readonly string[]> | readonly string[]} getAllKeys
 */

/**
 * Holds its entries as properties, as the browser's own storages do, so that they can be listed. Kept in memory.
 * @implements {Pick<Storage, "getItem" | "setItem" | "removeItem">}
 */
export class MemoryStorage {
  /** @param {string} key */
  getItem(key) {
    return this.entries[key] ?? null;
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    this.entries[key] = value;
  }

  /** @param {string} key */
  removeItem(key) {
    delete this.entries[key];
  }

  /** Resolves when everything that was kept earlier is here. */
  async load() {}

  /** Resolves when everything is kept; rejects with the problem if it is not. */
  async saved() {}

  /** @returns {Record<string, string>} the entries, which are this object's own properties */
  get entries() {
    return /** @type {any} */ (this);
  }
}

const PREFIX = "pairchat:";

/** What another storage keeps, mirrored in memory: read once, and written in the order of the changes. */
export class MirroredStorage extends MemoryStorage {
  /** @type {AsyncStore} */
  #store;
  /** @type {Promise<void> | undefined} */
  #loaded;
  /** Keys that were changed before the rest was read. @type {Set<string>} */
  #changed = new Set();
  /** @type {Promise<void>} */
  #writing = Promise.resolve();
  /** @type {unknown} */
  #problem;

  /** @param {AsyncStore} store */
  constructor(store) {
    super();
    this.#store = store;
  }

  load() {
    return (this.#loaded ??= this.#read().catch((problem) => {
      this.#loaded = undefined;
      throw problem;
    }));
  }

  async #read() {
    const keys = (await this.#store.getAllKeys()).filter((key) => key.startsWith(PREFIX));
    for (const key of keys) {
      const value = await this.#store.getItem(key);
      if (value !== null && !this.#changed.has(key)) this.entries[key] = value;
    }
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    super.setItem(key, value);
    this.#write(key, () => this.#store.setItem(key, value));
  }

  /** @param {string} key */
  removeItem(key) {
    super.removeItem(key);
    this.#write(key, () => this.#store.removeItem(key));
  }

  async saved() {
    await this.#writing;
    const problem = this.#problem;
    this.#problem = undefined;
    if (problem) throw problem;
  }

  /**
   * @param {string} key
   * @param {() => Promise<void> | void} write
   */
  #write(key, write) {
    this.#changed.add(key);
    this.#writing = this.#writing.then(write).catch((problem) => {
      this.#problem = problem;
    });
  }
}

/** Return a storage that forgets everything when the app ends. */
export function memoryStorage() {
  return new MemoryStorage();
}

/**
 * Return a storage that keeps everything in one such as React Native's AsyncStorage.
 * @param {AsyncStore} store
 */
export function asyncStorage(store) {
  return new MirroredStorage(store);
}
