/** @file What a page does about the new messages of one person, as far as its host and this person want it. */

import { isLookedAt, localStore } from "../browser.js";
import { listening } from "../dom.js";
import { unreadOf } from "../inbox-store.js";
import { Notifications, play } from "./alerts.js";
import { Icon } from "./icon.js";
import { needsAttention, roomsToTell } from "./rules.js";
import { Switches } from "./switches.js";
import { Tabs } from "./tabs.js";
import { Title } from "./title.js";

/**
 * @typedef {import("../client.js").ChatClient} ChatClient
 * @typedef {import("../i18n.js").Words} Words
 * @typedef {import("../types.js").Room} Room
 */

/** So long a message may be read, here or on another device, before the person is told. */
const PATIENCE_MS = 1_000;
const LIVE = ["open", "polling"];
/** What the worker of the app of notifications says to pages. */
const PUSHED = "pairchat-push";
const ENDED = ["signed-out", "stopped"];

export class Attention {
  #over = new AbortController();
  #notifications = new Notifications();
  /** What the server counted when it rendered the page. */
  #count = 0;
  /** @type {number | undefined} */
  #badge;
  /** @type {Map<string, ReturnType<typeof setTimeout>>} */
  #pending = new Map();

  /**
   * @param {ChatClient} client
   * @param {Words} words
   * @param {DOMStringMap} options of the element: `on`, `sound`, `roomUrl`
   */
  constructor(client, words, options) {
    const owner = encodeURIComponent(client.user);
    this.client = client;
    this.words = words;
    this.options = options;
    this.wanted = new Set(options.on?.split(" "));
    this.switches = new Switches(client.user);
    this.tabs = new Tabs({ owner, storage: localStore(), locks: navigator.locks });
    this.icon = new Icon(this.wanted.has("drawn_icon"));
    this.title = new Title(() => this.#showIcon());
    this.title.watch();
    this.#begin(this.#over.signal);
  }

  stop() {
    this.#over.abort();
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.tabs.release();
    this.title.stop();
    this.icon.show(false);
    this.#closeNotifications(() => true);
  }

  /**
   * What the server has counted, until this page does.
   * @param {number} count
   */
  count(count) {
    this.#count = count;
    this.#update();
  }

  /** @param {AbortSignal} signal */
  #begin(signal) {
    const { client } = this;
    const { store, leave: unfollow } = client.showInbox("");
    this.store = store;
    const leave = client.subscribe(({ kind }) => ["inbox", "state"].includes(kind) && this.#update());
    signal.addEventListener("abort", () => {
      unfollow();
      leave();
    });
    const on = listening(signal);
    on(document, "visibilitychange", () => this.#update());
    for (const name of ["focus", "blur", "pageshow"]) on(window, name, () => this.#update());
    // A pushed notification of the same message is on the screen: one is enough, and it outlives this page.
    const pushed = (/** @type {MessageEvent} */ { data }) => data?.type === PUSHED && this.#closeNotifications(() => true);
    navigator.serviceWorker?.addEventListener("message", pushed, { signal });
    on(window, "pagehide", () => {
      // It could not be clicked any more, and nobody would take it back.
      this.#closeNotifications(() => true);
      // A page that holds a lock is not kept for the way back.
      this.tabs.release();
    });
  }

  #update() {
    this.#look();
    this.#showCount();
    const now = this.client.now;
    this.#closeNotifications((room) => !needsAttention(room, now));
    for (const room of this.#toTell()) {
      if (isOnScreen(room.room)) this.tabs.remember(room.room, room.last_message?.created_at ?? "");
      else if (!this.#pending.has(room.room)) {
        this.#pending.set(room.room, setTimeout(() => this.#due(room.room), PATIENCE_MS));
      }
    }
  }

  get #unread() {
    if (ENDED.includes(this.client.state)) return 0;
    return this.store?.filled ? this.store.unreadRooms : this.#count;
  }

  #showCount() {
    const unread = this.#unread;
    if (this.wanted.has("title")) this.title.show(unread);
    this.#showIcon();
    if (!this.wanted.has("app_badge") || unread === this.#badge) return;
    this.#badge = unread;
    const told = unread ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.();
    told?.catch(() => {});
  }

  #showIcon() {
    if (this.wanted.has("icon") || this.wanted.has("drawn_icon")) this.icon.show(this.#unread > 0);
  }

  /** Says to the other tabs that somebody looks here. */
  #look() {
    const here = isLookedAt() && LIVE.includes(this.client.state);
    this.tabs.look(here ? [...this.client.rooms.keys()].filter(isOnScreen) : null);
  }

  #toTell() {
    const { client, store, tabs } = this;
    const since = performance.timeOrigin - client.http.ahead;
    const how = { user: client.user, since, now: client.now, told: (/** @type {string} */ room) => tabs.told(room) };
    return roomsToTell(store?.list() ?? [], how);
  }

  /** @param {string} key of a room */
  async #due(key) {
    this.#pending.delete(key);
    const room = this.#toTell().find((each) => each.room === key);
    const last = room?.last_message;
    if (!room || !last || isOnScreen(key) || !(await this.tabs.claim(key, last.created_at))) return;
    if (!this.#over.signal.aborted) this.#tell(room);
  }

  /** @param {Room} room */
  #tell(room) {
    const { wanted, switches, words } = this;
    const detail = {
      room: room.room,
      message: room.last_message,
      title: room.peer.name || words.text("deleted_account"),
      body: words.plural("new_messages", unreadOf(room)),
      url: (this.options.roomUrl ?? "").replace(/0\/$/, `${encodeURIComponent(room.room)}/`),
      sound: wanted.has("sound") && switches.isOn("sound"),
      notification: wanted.has("notification") && switches.isOn("notification") && !isLookedAt(),
    };
    const event = new CustomEvent("pairchat:alert", { cancelable: true, detail });
    if (!document.dispatchEvent(event)) return;
    if (detail.sound) play(this.options.sound ?? "");
    if (!detail.notification) return;
    const { title, body, url } = detail;
    const open = () => isOnScreen(room.room) || location.assign(url);
    this.#notifications.show(room.room, { title, body, language: words.language, open });
  }

  /** @param {(room: Room) => boolean} isOver */
  #closeNotifications(isOver) {
    for (const key of this.#notifications.rooms) {
      const room = this.store?.get(key);
      if (!room || isOver(room)) this.#notifications.close(key);
    }
  }
}

/**
 * Somebody looks at the page, and the room is on it where the eye falls.
 * @param {string} room
 */
function isOnScreen(room) {
  if (!isLookedAt()) return false;
  return [...document.querySelectorAll("[data-pc-scroll]")].some((view) => {
    /** @type {HTMLElement | null} */
    const host = view.closest("[data-room]");
    const { width, top, bottom } = view.getBoundingClientRect();
    return host?.dataset.room === room && width > 0 && bottom > 0 && top < innerHeight;
  });
}
