/** @file `<pair-chat-inbox>`: the list of rooms. */

import { summary } from "../bubble.js";
import { Following, measureTop } from "../core.js";
import { actionOf, clone, fill, fillTime, listening, part, show, showPerson, slot } from "../dom.js";
import { badgeText, unreadOf } from "../inbox-store.js";
import { showTopic } from "../topic.js";
import { RowSigns } from "./row-signs.js";

/**
 * @typedef {import("../types.js").Room} Room
 */

export class PairChatInbox extends Following {
  /** How many rooms are shown; more with every page that was asked for. */
  #shown = 0;
  #asking = false;
  /** @type {RowSigns | undefined} */
  #signs;
  /** What is done with rows, once its module is there. @type {import("../rows/index.js").RowActs | undefined} */
  #acts;
  /** @type {AbortSignal | undefined} */
  #signal;

  /** @param {AbortSignal} signal */
  listen(signal) {
    measureTop(this, signal);
    this.#shown ||= this.#page;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("scroll", (event) => this.#scrolled(event), { signal, capture: true, passive: true });
    // Times such as "today" grow old, and a silence ends.
    document.addEventListener("visibilitychange", () => (this.store?.filled ? this.fill() : this.#tellTimes()), { signal });
    this.#tellTimes();
    for (const li of this.querySelectorAll("[data-arriving]")) {
      const { room = "", head } = /** @type {HTMLElement} */ (li).dataset;
      this.client?.arrivals.see(room, Number(head));
    }
    this.querySelector("[data-current]")?.scrollIntoView({ block: "nearest" });
    this.#begin(signal);
  }

  /**
   * What rows show for a while, and what is done with them.
   * @param {AbortSignal} signal
   */
  #begin(signal) {
    const list = this.querySelector("[data-pc-list]");
    if (!list || !this.client) return;
    this.#signal = signal;
    this.#acts = undefined;
    this.#signs = new RowSigns(this, list, this.client, signal);
    for (const li of list.children) show(li, "acts", true);
    const on = listening(signal);
    on(list, "pointerdown", (event) => this.#acts?.touched(event));
    on(list, "keydown", (event) => isForMenu(event) && this.#openMenu(event));
    // A finger does not wait for it.
    if (matchMedia("(any-pointer: coarse)").matches) this.#loadActs().catch(() => {});
  }

  /** Undefined: the list has left the page meanwhile. */
  async #loadActs() {
    const address = part(this, "row-menu")?.dataset.module ?? "";
    const { RowActs } = /** @type {typeof import("../rows/index.js")} */ (await import(address));
    const signal = this.#signal;
    return signal && !signal.aborted ? (this.#acts ??= new RowActs(this, signal)) : undefined;
  }

  /**
   * @param {Event} event
   * @param {HTMLElement | null} [button]
   */
  #openMenu(event, button) {
    const li = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-room]"));
    if (!li || !part(this, "row-menu")) return;
    event.preventDefault();
    this.openRow(li, button);
  }

  /**
   * Opens the menu of a row, or of the one that has taken its place by then. Without its module the room has the same.
   * @param {HTMLElement} li
   * @param {HTMLElement | null} [button] it was opened with
   */
  async openRow(li, button) {
    const acts = await this.#loadActs().catch(() => null);
    const now = inPlaceOf(li);
    if (!now) return;
    if (!this.contains(now)) {
      /** @type {PairChatInbox} */ (now.closest("pair-chat-inbox")).openRow(now, button && part(now, "acts"));
    } else if (acts === null) slot(now, "link")?.click();
    else acts?.open(now, button && (now === li ? button : part(now, "acts")));
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
      if (!li.parentElement) this.#signs?.see(li);
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
    const muted = me.muted_until !== null && Date.parse(me.muted_until) > (this.client?.now ?? Date.now());
    const head = String(room.head);
    // What was being written has come.
    if (head !== li.dataset.head) this.#signs?.typing(li, false);
    if (!room.can_send) this.#signs?.online(li, false);
    Object.assign(li.dataset, { room: room.room, state: room.state, unread: String(unread), head });
    li.toggleAttribute("data-muted", muted);
    li.toggleAttribute("data-marked-unread", me.marked_unread);
    li.toggleAttribute("data-pinned", me.pinned);
    show(li, "pinned", me.pinned);
    this.#link(li, room.room);
    showPerson(li, peer);
    const name = peer.name || words.text("deleted_account");
    fill(li, "name", name);
    fill(li, "acts-name", name);
    show(li, "acts", true);
    showTopic(li, room.topic);
    show(li, "topic", Boolean(room.topic?.title));
    show(li, "muted", muted);
    show(li, "mine", last !== null && last.sender === this.dataset.me && !last.deleted_at);
    fill(li, "content", last ? summary(last, words) : words.text("no_messages"));
    fillTime(li, "time", room.last_message_at, words.dates.brief(room.last_message_at));
    fill(li, "unread", badgeText(unread));
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

  /** @param {Event} event */
  #click(event) {
    const { action, target } = actionOf(event);
    if (action === "row-menu") this.#openMenu(event, target);
    if (action === "search" && target) this.#search(event, /** @type {HTMLAnchorElement} */ (target));
    if (action !== "more" || this.#isOlderPage) return;
    event.preventDefault();
    this.#more();
  }

  /**
   * Beside an open room the hits stand in the place of the list.
   * @param {Event} event
   * @param {HTMLAnchorElement} link
   */
  #search(event, link) {
    const { ctrlKey, metaKey, shiftKey } = /** @type {MouseEvent} */ (event);
    if (ctrlKey || metaKey || shiftKey) return;
    event.preventDefault();
    const follow = () => (location.href = link.href);
    import(link.dataset.module ?? "").then((/** @type {typeof import("../search/index.js")} */ { searchInList }) => searchInList(this, link), follow);
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

/**
 * The row, or the one that shows its room since the page was swapped. Null: there is none any more.
 * @param {HTMLElement} li
 * @returns {HTMLElement | null}
 */
function inPlaceOf(li) {
  if (li.isConnected) return li;
  return document.querySelector(`pair-chat-inbox [data-pc-list] > [data-room="${CSS.escape(li.dataset.room ?? "")}"]`);
}

/**
 * The key of menus, or the two that stand for it.
 * @param {KeyboardEvent} event
 */
function isForMenu({ key, shiftKey }) {
  return key === "ContextMenu" || (key === "F10" && shiftKey);
}
