/** @file `<pair-chat-inbox>` and `<pair-chat-badge>`: the list of rooms, and how many have something new. */

import { summary } from "./bubble.js";
import { ChatClient } from "./client.js";
import { actionOf, clone, fill, fillTime, initial, part, show, slot } from "./dom.js";
import { MANY, unreadOf } from "./inbox.js";
import { Words } from "./words.js";

/**
 * @typedef {import("./types.js").Room} Room
 */

const TONES = 6;

/** What both elements do: follow a list, and fill themselves when it changes. */
class Following extends HTMLElement {
  /** @type {AbortController | undefined} */
  #over;
  /** @type {ChatClient | undefined} */
  client;
  /** @type {import("./inbox.js").InboxStore | undefined} */
  store;

  connectedCallback() {
    const { me = "", ws = "", api = "", state } = this.dataset;
    if (this.#over || !me) return;
    this.#over = new AbortController();
    this.words = new Words();
    const client = ChatClient.shared({ user: me, ws, api });
    this.client = client;
    const { store, leave: unfollow } = client.follow("archived" in this.dataset, state);
    this.store = store;
    const leave = client.join((news) => {
      if (news.kind === "inbox" && this.store?.loaded) this.fill();
    });
    this.#over.signal.addEventListener("abort", () => {
      unfollow();
      leave();
    });
    this.listen(this.#over.signal);
  }

  disconnectedCallback() {
    this.#over?.abort();
    this.#over = undefined;
  }

  /** @param {AbortSignal} _signal */
  listen(_signal) {}

  fill() {}
}

export class PairChatInbox extends Following {
  /** How many rooms are shown; more with every page that was asked for. */
  #shown = 0;
  #asking = false;

  /** @param {AbortSignal} signal */
  listen(signal) {
    this.#shown ||= this.#page;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("scroll", (event) => this.#scrolled(event), { signal, capture: true, passive: true });
    // Times such as "today" grow old, and a silence ends.
    document.addEventListener("visibilitychange", () => (this.store?.loaded ? this.fill() : this.#tellTimes()), { signal });
    this.#tellTimes();
    this.querySelector("[data-current]")?.scrollIntoView({ block: "nearest" });
  }

  /** The clock of the server may be of another zone than the reader's. */
  #tellTimes() {
    for (const time of this.querySelectorAll("time")) {
      if (time.dateTime) time.textContent = this.words?.dates.brief(time.dateTime) ?? "";
    }
  }

  fill() {
    const list = this.querySelector("[data-pc-list]");
    if (!list || !this.store) return;
    const held = new Map([...list.children].map((li) => [/** @type {HTMLElement} */ (li).dataset.room, li]));
    if (this.#isOlderPage) {
      for (const [key, li] of held) {
        const room = this.store.get(key ?? "");
        if (room) this.fillRow(/** @type {HTMLElement} */ (li), room);
      }
      return;
    }
    const all = this.store.list();
    const rooms = all.slice(0, this.#shown);
    const keys = new Set(rooms.map(({ room }) => room));
    for (const [key, li] of held) if (!keys.has(key ?? "")) li.remove();
    let next = list.firstElementChild;
    for (const room of rooms) {
      const li = /** @type {HTMLElement} */ (held.get(room.room) ?? clone(this, "row"));
      this.fillRow(li, room);
      if (li === next) next = next.nextElementSibling;
      else list.insertBefore(li, next);
    }
    show(this, "nothing", rooms.length === 0);
    show(this, "more", this.store.next !== null || all.length > this.#shown);
  }

  get #page() {
    return Number(this.dataset.limit);
  }

  /** Such a page was reached by its address, and shows what its address says. */
  get #isOlderPage() {
    return "before" in this.dataset;
  }

  /**
   * @param {HTMLElement} li
   * @param {Room} room
   */
  fillRow(li, room) {
    const { words } = this;
    if (!words) return;
    const { peer, me, last_message: last } = room;
    const unread = unreadOf(room);
    const muted = me.muted_until !== null && Date.parse(me.muted_until) > Date.now();
    Object.assign(li.dataset, { room: room.room, state: room.state, unread: String(unread) });
    li.toggleAttribute("data-muted", muted);
    li.toggleAttribute("data-marked-unread", me.marked_unread);
    this.#link(li, room.room);
    this.#person(li, room);
    fill(li, "name", peer.name || words.text("deleted_account"));
    fill(li, "topic", room.topic?.title ?? "");
    show(li, "topic", Boolean(room.topic?.title));
    show(li, "muted", muted);
    show(li, "mine", last !== null && last.sender === this.dataset.me && !last.deleted_at);
    fill(li, "content", last ? summary(last, words) : words.text("no_messages"));
    fillTime(li, "time", room.last_message_at, words.dates.brief(room.last_message_at));
    fill(li, "unread", count(unread));
    show(li, "unread", unread > 0 || me.marked_unread);
  }

  /**
   * @param {HTMLElement} li
   * @param {string} room
   */
  #link(li, room) {
    const link = slot(li, "link");
    const current = room === this.dataset.current;
    link?.setAttribute("href", (this.dataset.roomUrl ?? "").replace(/0\/$/, `${encodeURIComponent(room)}/`));
    li.toggleAttribute("data-current", current);
    if (current) link?.setAttribute("aria-current", "page");
  }

  /**
   * @param {HTMLElement} li
   * @param {Room} room
   */
  #person(li, { peer }) {
    const image = /** @type {HTMLImageElement | null} */ (slot(li, "avatar"));
    if (image && peer.avatar && image.getAttribute("src") !== peer.avatar) image.src = peer.avatar;
    image?.toggleAttribute("hidden", !peer.avatar);
    fill(li, "initial", initial(peer.name));
    slot(li, "initial")?.toggleAttribute("hidden", Boolean(peer.avatar));
    const codes = [...(peer.user ?? "")].map((sign) => sign.charCodeAt(0));
    const tone = codes.reduce((sum, code) => sum + code, 0) % TONES;
    li.querySelector("[data-tone]")?.setAttribute("data-tone", String(tone));
  }

  /** @param {Event} event */
  #click(event) {
    if (actionOf(event).action !== "more" || this.#isOlderPage) return;
    event.preventDefault();
    this.#more();
  }

  /** @param {Event} event */
  #scrolled({ target }) {
    const { scrollTop, scrollHeight, clientHeight } = /** @type {Element} */ (target);
    const isNearEnd = scrollHeight - scrollTop < 2 * clientHeight;
    if (isNearEnd && !this.#isOlderPage && part(this, "more")?.hidden === false) this.#more();
  }

  /** Without the server the button stays, to be tried again. */
  async #more() {
    const { client, store } = this;
    if (this.#asking || !client || !store) return;
    this.#asking = true;
    const wanted = this.#shown + this.#page;
    try {
      await client.lists.loadUpTo(store, wanted);
      this.#shown = wanted;
      this.fill();
    } catch {
      return;
    } finally {
      this.#asking = false;
    }
  }
}

export class PairChatBadge extends Following {
  fill() {
    const rooms = this.store?.unreadRooms ?? 0;
    this.dataset.count = String(rooms);
    fill(this, "unread", count(rooms));
    fill(this, "unread-label", this.words?.plural("unread_rooms", rooms) ?? "");
    show(this, "unread", rooms > 0);
  }
}

/** @param {number} number */
function count(number) {
  if (number === 0) return "";
  return number >= MANY ? "99+" : String(number);
}
