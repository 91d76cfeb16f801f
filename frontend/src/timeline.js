/** @file The list of messages on the page: kept equal to the store and the outbox, element by element. */

import { popups } from "./parts.js";
import { Bubbles, readBubble } from "./bubble.js";
import { clone, fill, slot } from "./dom.js";

/**
 * @typedef {import("./bubble.js").Status} Status
 * @typedef {import("./room-store.js").RoomStore} RoomStore
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").OutboxItem} OutboxItem
 * @typedef {{key: string, message?: Message, item?: OutboxItem, day?: string}} Entry
 */

const SENDING_MS = 300;
const SLOW_MS = 10_000;

export class Timeline {
  /** @type {Map<string, HTMLElement>} */
  #elements = new Map();
  /** @type {WeakMap<Element, string>} */
  #keys = new WeakMap();
  /** What each element was last filled with. @type {WeakMap<HTMLElement, Message>} */
  #filled = new WeakMap();
  /** And what was around it. @type {WeakMap<HTMLElement, unknown[]>} */
  #placed = new WeakMap();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The message the arrow keys are on. @type {HTMLElement | null} */
  active = null;
  /** The first message that was new when this visit began. @type {number | null} */
  newFrom = null;

  /** @param {import("./room-controller.js").RoomController} controller */
  constructor(controller) {
    this.controller = controller;
    this.list = controller.list;
    this.me = controller.me;
    this.words = controller.words;
    this.bubbleViews = new Bubbles(controller);
  }

  /** Takes over what the server rendered, and gives it back as messages. */
  hydrate() {
    const messages = [];
    /** @type {string[]} */
    const days = [];
    for (const li of /** @type {Iterable<HTMLElement>} */ (this.list.children)) {
      if (li.dataset.seq) {
        const message = readBubble(li, this.controller);
        messages.push(message);
        this.#keep(this.#key(message), li);
        this.#filled.set(li, message);
        this.#reachable(li, false);
      } else if (li.dataset.day) this.#keep(dayKey(days, li.dataset.day), li);
      else if (li.matches("[data-pc-divider]")) this.#keep("divider", li);
    }
    return messages;
  }

  /**
   * @param {RoomStore} store
   * @param {OutboxItem[]} unsent
   */
  render(store, unsent) {
    const entries = this.#entries(store, unsent);
    // Until the module is there, albums are as the server laid them out.
    const tiles = popups.places?.(
      entries.map(({ message }) => message),
      (previous, next) => this.words.dates.sameGroup(previous, next),
    );
    const wanted = new Set(entries.map(({ key }) => key));
    for (const li of [...this.list.children]) if (!wanted.has(this.#keys.get(li) ?? "")) li.remove();
    for (const key of this.#elements.keys()) if (!wanted.has(key)) this.#elements.delete(key);
    const mine = entries.filter(({ message }) => message?.sender === this.me && !message.deleted_at).at(-1);
    let next = this.list.firstElementChild;
    entries.forEach((entry, index) => {
      const li = this.#element(entry);
      if (entry.message) this.#fill(li, entries, index, store, { tile: tiles?.[index], latest: entry === mine });
      if (li === next) next = next.nextElementSibling;
      else this.list.insertBefore(li, next);
    });
    this.#roving();
    this.#waitForTime(unsent);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {number} seq */
  element(seq) {
    return /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-seq="${seq}"]`));
  }

  /**
   * The message that an element shows.
   * @param {HTMLElement} li
   */
  messageOf(li) {
    return this.#filled.get(li);
  }

  /**
   * Makes one message the tab stop of the list; its links can be reached from it.
   * @param {HTMLElement} li
   */
  activate(li) {
    const before = this.active;
    this.active = li;
    if (before && before !== li) this.#reachable(before, false);
    this.#reachable(li, true);
  }

  /** @returns {HTMLElement[]} */
  get stops() {
    return [...this.list.querySelectorAll("[data-client-id]")].map((li) => /** @type {HTMLElement} */ (li));
  }

  #roving() {
    const stops = this.stops;
    const last = stops[stops.length - 1];
    if (!this.active?.isConnected && last) this.activate(last);
    // Nobody is in the list: the stop is where a person would begin to read back.
    else if (last && this.active !== last && !this.list.contains(document.activeElement)) this.activate(last);
  }

  /**
   * @param {HTMLElement} li
   * @param {boolean} reachable
   */
  #reachable(li, reachable) {
    li.tabIndex = reachable ? 0 : -1;
    for (const inner of li.querySelectorAll("a, button, input, select, summary, textarea, audio, video")) {
      const tabIndex = reachable && !inner.matches('[data-pc-action="menu"]') ? 0 : -1;
      /** @type {HTMLElement} */ (inner).tabIndex = tabIndex;
    }
  }

  /**
   * @param {RoomStore} store
   * @param {OutboxItem[]} unsent
   * @returns {Entry[]}
   */
  #entries(store, unsent) {
    /** @type {Entry[]} */
    const entries = [];
    let day = "";
    /** @type {string[]} */
    const days = [];
    const add = (/** @type {Message} */ message, /** @type {OutboxItem | undefined} */ item) => {
      const today = this.words.dates.day(message.created_at);
      if (today !== day) entries.push({ key: dayKey(days, today), day: message.created_at });
      day = today;
      if (message.seq === this.newFrom) entries.push({ key: "divider" });
      entries.push({ key: this.#key(message), message, item });
    };
    for (const message of store.list()) add(message, undefined);
    if (store.moreAfter) return entries;
    // Mine are shown even while one before them is still on its way.
    for (const message of store.waiting()) if (message.sender === this.me) add(message, undefined);
    for (const item of unsent) add(this.#unsent(item), item);
    return entries;
  }

  /**
   * @param {OutboxItem} item
   * @returns {Message}
   */
  #unsent({ client_id, content, reply_to, created_at, attachment, album }) {
    const { room, me: sender } = this.controller;
    const kind = attachment ? "file" : "text";
    const told = { client_id, kind, content, reply_to, attachment, album };
    return { room, seq: 0, rev: 0, sender, ...told, reactions: {}, created_at };
  }

  /** A message keeps its element when it gets its `seq`. */
  #key(/** @type {Message} */ { seq, client_id, sender }) {
    return client_id && sender === this.me ? `mine ${client_id}` : `seq ${seq}`;
  }

  /**
   * @param {string} key
   * @param {HTMLElement} li
   */
  #keep(key, li) {
    this.#elements.set(key, li);
    this.#keys.set(li, key);
  }

  /** @param {Entry} entry */
  #element({ key, message, day }) {
    const li = this.#elements.get(key) ?? clone(this.controller.host, message ? "message" : day ? "day" : "divider");
    this.#keep(key, li);
    if (day) {
      li.dataset.day = this.words.dates.day(day);
      slot(li, "day")?.setAttribute("datetime", li.dataset.day);
      fill(li, "day", this.words.dates.dayLabel(day));
    }
    return li;
  }

  /**
   * @param {HTMLElement} li
   * @param {Entry[]} entries
   * @param {number} index
   * @param {RoomStore} store
   * @param {{tile?: string, latest: boolean}} there its place in an album, and whether it is the last one of mine
   */
  #fill(li, entries, index, store, { tile, latest }) {
    const { message, item } = entries[index];
    if (!message) return;
    const changed = this.#filled.get(li) !== message;
    if (changed) {
      this.bubbleViews.fill(li, message);
      this.#filled.set(li, message);
      this.#reachable(li, li === this.active);
    }
    const { dates } = this.words;
    const follower = entries[index + 1]?.message;
    const first = !dates.sameGroup(entries[index - 1]?.message, message);
    const last = !follower || !dates.sameGroup(message, follower);
    const status = this.#status(message, item, store);
    const original = message.reply_to && store.original(message.reply_to);
    const starred = store.stars.has(message.seq) && !message.deleted_at;
    const around = [first, last, latest, status, tile, original, this.controller.nameOf(message), starred];
    const before = this.#placed.get(li);
    if (!changed && before && around.every((value, at) => value === before[at])) return;
    this.bubbleViews.place(li, message, { first, last, latest, status, starred, tile });
    this.#placed.set(li, around);
  }

  /**
   * @param {Message} message
   * @param {OutboxItem | undefined} item
   * @param {RoomStore} store
   * @returns {Status}
   */
  #status(message, item, store) {
    if (item) {
      if (item.code) return "failed";
      const age = Date.now() - Date.parse(item.created_at);
      return age >= SLOW_MS ? "slow" : age >= SENDING_MS ? "sending" : "";
    }
    if (message.sender !== this.me || message.deleted_at) return "";
    const { read, delivered } = store.room.peer;
    return (read ?? 0) >= message.seq ? "read" : (delivered ?? 0) >= message.seq ? "delivered" : "sent";
  }

  /** @param {OutboxItem[]} unsent */
  #waitForTime(unsent) {
    clearTimeout(this.#timer);
    const ages = unsent.filter(({ code }) => !code).map((item) => Date.now() - Date.parse(item.created_at));
    const waits = ages.flatMap((age) => [SENDING_MS - age, SLOW_MS - age]).filter((wait) => wait > 0);
    if (waits.length) this.#timer = setTimeout(() => this.controller.render(), Math.min(...waits) + 1);
  }
}

/**
 * A day has a line of its own each time that it begins: the times of messages need not ascend.
 * @param {string[]} days that have begun before
 * @param {string} day
 */
function dayKey(days, day) {
  const key = `day ${day} ${days.filter((other) => other === day).length}`;
  days.push(day);
  return key;
}
