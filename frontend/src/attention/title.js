/** @file The number of unread chats in front of the page's title, whoever rewrites that title. */

import { badgeText } from "../inbox-store.js";

/** Invisible, and parts our number from one of the host's own, also in a title that was copied or kept for the way back. */
const MARK = "\u200b";
const OURS = /\(\d+\+?\)\u200b ?/g;
const THEIRS = /^\s*\(\d+\+?\)/;
/** A host that insists on its own title gets it. */
const MOST_WRITES = 20;
const WITHIN_MS = 1_000;

/**
 * Return the title with the number in front, once. A title that counts by itself stays as it is.
 * @param {string} title of the host, or one of ours
 * @param {number} count
 */
export function countedTitle(title, count) {
  const own = title.replace(OURS, "");
  // A page's title never ends with a space; what is written differently than it is read would be written for ever.
  return count && !THEIRS.test(own) ? `(${badgeText(count)})${MARK} ${own}`.trimEnd() : own;
}

export class Title {
  #count = 0;
  /** When we wrote lately. @type {number[]} */
  #writes = [];
  /** @type {MutationObserver | undefined} */
  #observer;

  /** @param {() => void} changed something else in the head may have been replaced, too */
  constructor(changed) {
    this.changed = changed;
  }

  /** @param {number} count */
  show(count) {
    if (count !== this.#count) this.#writes = [];
    this.#count = count;
    this.#write();
  }

  watch() {
    this.#observer ??= new MutationObserver(() => {
      this.watch();
      this.#write();
      this.changed();
    });
    // Some page swaps replace the head itself.
    this.#observer.observe(document.documentElement, { childList: true });
    if (document.head) this.#observer.observe(document.head, { childList: true, subtree: true, characterData: true });
  }

  stop() {
    this.#observer?.disconnect();
    this.#observer = undefined;
    this.show(0);
  }

  #write() {
    const { title } = document;
    const wanted = countedTitle(title, this.#count);
    if (title === wanted) return;
    const now = Date.now();
    this.#writes = this.#writes.filter((time) => now - time < WITHIN_MS);
    if (this.#writes.push(now) <= MOST_WRITES) document.title = wanted;
  }
}
