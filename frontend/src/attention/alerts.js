/** @file The sound, and the desktop notifications that are shown. */

/** Several messages at once are one sound. */
const PAUSE_MS = 2_000;

/** False where a page cannot show any, as on Android, or where the site is not served over HTTPS. */
export function canNotify() {
  if (typeof Notification === "undefined" || !isSecureContext) return false;
  if (Notification.permission !== "default") return true;
  try {
    // Nothing is shown without permission; where pages may show none at all, it throws.
    new Notification("");
    return true;
  } catch {
    return false;
  }
}

let last = 0;

/**
 * The person has asked for it by a click. A browser that wants one on each page plays nothing until then.
 * @param {string} address of the sound
 */
export function play(address) {
  const now = Date.now();
  if (!address || now - last < PAUSE_MS) return;
  last = now;
  new Audio(address).play().catch(() => {});
}

export class Notifications {
  /** @type {Map<string, Notification>} */
  #shown = new Map();

  /**
   * Shows one, in place of an older one about the same room.
   * @param {string} room
   * @param {{title: string, body: string, language: string, open: () => void}} what
   */
  show(room, { title, body, language, open }) {
    if (typeof Notification === "undefined" || Notification.permission !== "granted") return;
    this.close(room);
    // The sound has a switch of its own. In quotes, because the chat has a name of its own like that.
    const options = { body, lang: language, tag: `pairchat-${room}`, ["silent"]: true };
    try {
      const notification = new Notification(title, options);
      notification.onclick = () => {
        focus();
        notification.close();
        open();
      };
      this.#shown.set(room, notification);
    } catch {
      // A page cannot show any here, although permission was given.
    }
  }

  /** @param {string} room */
  close(room) {
    this.#shown.get(room)?.close();
    this.#shown.delete(room);
  }

  get rooms() {
    return [...this.#shown.keys()];
  }
}
