/** @file The emoji that this person has used last on this device. */

const MOST = 16;

export class Recent {
  /** @param {string} user */
  constructor(user) {
    // A key may contain what parts the names in the storage.
    this.name = `pairchat:${encodeURIComponent(user)}:emoji`;
  }

  /** @returns {string[]} */
  list() {
    try {
      return (localStorage.getItem(this.name) ?? "").split(" ").filter(Boolean);
    } catch {
      return [];
    }
  }

  /** @param {string} emoji */
  add(emoji) {
    const used = [emoji, ...this.list().filter((other) => other !== emoji)].slice(0, MOST);
    try {
      localStorage.setItem(this.name, used.join(" "));
    } catch {
      // Without storage nothing is remembered.
    }
  }
}
