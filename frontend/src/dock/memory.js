/** @file What is open in the dock, kept for the next page of the same tab. */

/**
 * `room` is empty for the list; `at` says in which order they were used.
 * @typedef {{room: string, small: boolean, at: number}} Kept
 */

export class Memory {
  /** @param {string} user */
  constructor(user) {
    this.name = `pairchat:dock:${encodeURIComponent(user)}`;
  }

  /** @returns {Kept[]} */
  read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.name) ?? "[]");
      return kept.map((/** @type {any} */ [room, small, at]) => ({ room: String(room), small: Boolean(small), at: Number(at) }));
    } catch {
      return [];
    }
  }

  /** @param {Kept[]} open */
  write(open) {
    try {
      sessionStorage.setItem(this.name, JSON.stringify(open.map(({ room, small, at }) => [room, small, at])));
    } catch {
      // Without it the next page begins with a closed dock.
    }
  }
}
