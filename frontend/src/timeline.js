/** @file The list of messages on the page: kept equal to the store and the outbox, element by element. */

import { Bubbles, readBubble } from "./bubble.js";
import { clone, fill, slot } from "./dom.js";

/**
 * @typedef {import("./bubble.js").Status} Status
 * @typedef {import("./store.js").RoomStore} RoomStore
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

  /** @param {import("./visit.js").Visit} visit */
  constructor(visit) {
    this.visit = visit;
    this.list = visit.list;
    this.me = visit.me;
    this.words = visit.words;
    this.bubbles = new Bubbles(visit);
  }

  /** Takes over what the server rendered, and gives it back as messages. */
  adopt() {
    const messages = [];
    for (const li of /** @type {Iterable<HTMLElement>} */ (this.list.children)) {
      if (li.dataset.seq) {
        const message = readBubble(li, this.visit);
        messages.push(message);
        this.#keep(this.#key(message), li);
        this.#filled.set(li, message);
        this.#reachable(li, false);
      } else if (li.dataset.day) this.#keep(`day ${li.dataset.day}`, li);
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
    const wanted = new Set(entries.map(({ key }) => key));
    for (const li of [...this.list.children]) if (!wanted.has(this.#keys.get(li) ?? "")) li.remove();
    for (const key of this.#elements.keys()) if (!wanted.has(key)) this.#elements.delete(key);
    let next = this.list.firstElementChild;
    entries.forEach((entry, index) => {
      const li = this.#element(entry);
      if (entry.message) this.#fill(li, entries, index, store);
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

  /**
   * @param {number} steps up or down; infinite ones go to the ends
   */
  move(steps) {
    const stops = this.#stops();
    const from = this.active ? stops.indexOf(this.active) : stops.length - 1;
    const li = stops[Math.max(0, Math.min(stops.length - 1, from + steps))];
    if (!li) return;
    this.activate(li);
    li.focus({ preventScroll: true });
    li.scrollIntoView({ block: "nearest" });
  }

  /** @returns {HTMLElement[]} */
  #stops() {
    return [...this.list.querySelectorAll("[data-client-id]")].map((li) => /** @type {HTMLElement} */ (li));
  }

  #roving() {
    const stops = this.#stops();
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
    for (const inner of li.querySelectorAll("a, button")) {
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
    const add = (/** @type {Message} */ message, /** @type {OutboxItem | undefined} */ item) => {
      const today = this.words.dates.day(message.created_at);
      if (today !== day) entries.push({ key: `day ${today}`, day: message.created_at });
      day = today;
      if (message.seq === this.newFrom) entries.push({ key: "divider" });
      entries.push({ key: this.#key(message), message, item });
    };
    for (const message of store.list()) add(message, undefined);
    if (store.hasAfter) return entries;
    // Mine are shown even while one before them is still on its way.
    for (const message of store.waiting()) if (message.sender === this.me) add(message, undefined);
    for (const item of unsent) add(this.#unsent(item), item);
    return entries;
  }

  /**
   * @param {OutboxItem} item
   * @returns {Message}
   */
  #unsent({ client_id, content, reply_to, created_at, attachment }) {
    const { room, me: sender } = this.visit;
    const kind = attachment ? "file" : "text";
    return { room, seq: 0, rev: 0, sender, client_id, kind, content, reply_to, attachment, reactions: {}, created_at };
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
    const li = this.#elements.get(key) ?? clone(this.visit.host, message ? "message" : day ? "day" : "divider");
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
   */
  #fill(li, entries, index, store) {
    const { message, item } = entries[index];
    if (!message) return;
    const changed = this.#filled.get(li) !== message;
    if (changed) {
      this.bubbles.fill(li, message);
      this.#filled.set(li, message);
      this.#reachable(li, li === this.active);
    }
    const { dates } = this.words;
    const follower = entries[index + 1]?.message;
    const first = !dates.sameGroup(entries[index - 1]?.message, message);
    const last = !follower || !dates.sameGroup(message, follower);
    const status = this.#status(message, item, store);
    const around = [first, last, status, message.reply_to && store.get(message.reply_to)];
    const before = this.#placed.get(li);
    if (!changed && before && around.every((value, at) => value === before[at])) return;
    this.bubbles.place(li, message, { first, last, status });
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
    return (store.room.peer.read ?? 0) >= message.seq ? "read" : "sent";
  }

  /** @param {OutboxItem[]} unsent */
  #waitForTime(unsent) {
    clearTimeout(this.#timer);
    const ages = unsent.filter(({ code }) => !code).map((item) => Date.now() - Date.parse(item.created_at));
    const waits = ages.flatMap((age) => [SENDING_MS - age, SLOW_MS - age]).filter((wait) => wait > 0);
    if (waits.length) this.#timer = setTimeout(() => this.visit.render(), Math.min(...waits) + 1);
  }
}
