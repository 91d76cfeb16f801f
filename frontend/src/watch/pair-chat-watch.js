/** @file `<pair-chat-watch>`: messages that the server wrote into a page apart from their room. They do not outlive what they say. */

import { ChatClient, Words } from "../core.js";
import { actionOf, slot } from "../dom.js";
import { enlarge } from "../popups/photo.js";
import { showMedia } from "../popups/player.js";
import { RoomStore } from "../room-store.js";

/** What a deleted message has no more, besides its text. */
const GONE = ["image", "file", "player", "audio", "video", "preview", "card", "star", "reply", "reactions"].map((name) => `[data-pc-part=${name}]`).join();

export class PairChatWatch extends HTMLElement {
  /** @type {AbortController | undefined} */
  #over;

  connectedCallback() {
    this.#over ??= new AbortController();
    this.#begin(this.#over.signal);
  }

  disconnectedCallback() {
    this.#over?.abort();
    this.#over = undefined;
  }

  /** @param {AbortSignal} signal */
  #begin(signal) {
    const { me = "", ws = "", api = "" } = this.dataset;
    const client = ChatClient.shared({ user: me, ws, api });
    const words = new Words();
    // The clock of the server may be of another zone than the reader's.
    for (const time of this.querySelectorAll("time")) {
      if (!time.dateTime) continue;
      time.textContent = words.dates.brief(time.dateTime);
      time.title = words.dates.full(time.dateTime);
    }
    showMedia(this);
    this.addEventListener("click", (event) => enlargePhoto(this, event), { signal });
    const watched = this.#items.map((item) => ({ item, store: watch(item, client.rooms) }));
    const own = new Set(watched.map(({ store }) => store).filter((store) => !store.onScreen));
    const leave = client.subscribe(({ kind, room }) => {
      for (const { item, store } of watched) {
        const gone = kind === "gone" && room === store.room.room;
        if (gone || seqOf(item) <= store.room.me.cleared) item.remove();
        else tell(item, store.original(seqOf(item)), words);
      }
    });
    signal.addEventListener("abort", () => {
      for (const store of own) if (client.rooms.get(store.room.room) === store) client.rooms.delete(store.room.room);
      leave();
    });
  }

  /** @returns {HTMLElement[]} */
  get #items() {
    return [...this.querySelectorAll("[data-watch]")].map((item) => /** @type {HTMLElement} */ (item));
  }
}

/**
 * @param {HTMLElement} host
 * @param {MouseEvent} event
 */
function enlargePhoto(host, event) {
  const { action, target } = actionOf(event);
  if (action === "enlarge" && enlarge(host, target, event)) event.preventDefault();
}

/** @param {HTMLElement} item */
function seqOf(item) {
  return Number(item.dataset.watch);
}

/**
 * Follows the message in its room, which is on no screen here.
 * @param {HTMLElement} item
 * @param {Map<string, RoomStore>} rooms
 * @returns {RoomStore}
 */
function watch(item, rooms) {
  const { room = "", epoch = "", roomRev, state = "", rev, edited = "" } = item.dataset;
  const nothing = { epoch, rev: Number(roomRev), messages: [], has_before: true, has_after: true };
  let store = rooms.get(room);
  if (!store) {
    store = new RoomStore(emptyRoom(room, epoch, Number(roomRev), state), nothing);
    store.onScreen = false;
    rooms.set(room, store);
  }
  const seq = seqOf(item);
  store.quote(seq);
  const shown = { sender: null, client_id: null, kind: "text", content: "", created_at: "", edited_at: edited };
  store.merge({ room, seq, rev: Number(rev), ...shown });
  return store;
}

/**
 * @param {string} room
 * @param {string} epoch
 * @param {number} rev
 * @param {string} state
 * @returns {import("../types.js").Room}
 */
function emptyRoom(room, epoch, rev, state) {
  return {
    ...{ room, epoch, rev, state, head: 0, unread: 0, topic: null, can_send: false, last_message: null, last_message_at: "" },
    me: { read: 0, cleared: 0, muted_until: null, archived: false, pinned: false, marked_unread: false, blocked: false },
    peer: { user: null, name: "", avatar: null, url: null, read: null, delivered: null },
  };
}

/**
 * @param {HTMLElement} item
 * @param {import("../types.js").Message | undefined} message undefined: nobody knows what it says now
 * @param {import("../i18n.js").Words} words
 */
function tell(item, message, words) {
  const content = slot(item, "content");
  if (message && !message.deleted_at && (message.edited_at ?? "") === item.dataset.edited) return;
  const text = message?.content || words.text(message ? "deleted_message" : "earlier_message");
  if (content && content.textContent !== text) content.textContent = text;
  content?.closest("[hidden]")?.removeAttribute("hidden");
  item.dataset.edited = message?.edited_at ?? "unknown";
  followCard(item, message);
  const preview = item.querySelector("[data-pc-part=preview]");
  if (!text.includes(preview?.querySelector("[data-pc-slot=preview]")?.getAttribute("href") ?? "")) preview?.remove();
  if (message && !message.deleted_at) return;
  item.querySelector("[data-kind]")?.toggleAttribute("data-deleted", true);
  for (const part of item.querySelectorAll(GONE)) part.remove();
}

/**
 * @param {HTMLElement} item
 * @param {import("../types.js").Message | undefined} message
 */
function followCard(item, message) {
  const host = /** @type {HTMLElement | null} */ (item.closest("[data-cards]"));
  const li = /** @type {HTMLElement | null} */ (item.querySelector("[data-kind]"));
  const { cards } = host?.dataset ?? {};
  if (cards && li && message?.data) import(cards).then(({ showCard }) => showCard(host, li, message, "mine" in li.dataset), () => {});
}
