/**
 * @file The client without a page: for React and its like, phones, and processes without a screen. It is the engine of
 * the elements with another shell.
 */

import { TWINS } from "../http-api.js";
import { Disconnected, MEANT_FOR, Refusal } from "../protocol.js";
import { ChatInbox } from "./chat-inbox.js";
import { ChatRoom } from "./chat-room.js";
import { Core } from "./core.js";
import { MemoryStorage, asyncStorage, memoryStorage } from "./storage.js";

export { ChatInbox, ChatRoom, Disconnected, Refusal, asyncStorage, memoryStorage };

/**
 * @typedef {import("../engine.js").ClientEvent} ClientEvent
 * @typedef {import("./chat-room.js").FileLike} FileLike
 * @typedef {import("../wire.js").Attachment} Attachment
 * @typedef {import("../wire.js").Message} Message
 * @typedef {import("../wire.js").Room} Room
 * @typedef {import("./chat-room.js").RoomState} RoomState
 * @typedef {import("./chat-inbox.js").InboxState} InboxState
 * @typedef {import("../types.js").OutboxItem} OutboxItem
 * @typedef {import("../wire.js").Requests} Requests
 * @typedef {import("../wire.js").Answers} Answers
 *
 * "open": over a socket. "polling": over HTTP, because no socket can be had. "connecting" and "waiting": on the way.
 * "paused": made room for another page of this person. "signed-out", "stopped": for good. "idle": not started.
 * @typedef {"open" | "polling" | "connecting" | "waiting" | "paused" | "signed-out" | "stopped" | "idle"} State
 *
 * What an event is about, in the client's `listen`: `kind` is "state", "messages", "room", "gone", "outbox", "refused",
 * "delayed", "typing", "presence" or "inbox". Later versions may have more.
 * @typedef {{kind: string, room?: string, messages?: Message[], item?: OutboxItem, seconds?: number}} News
 *
 * @typedef {object} Options
 * @property {string} base where the site has included the URLs of django-pairchat, such as
 *   "https://shop.example/chat/"
 * @property {string} [socket] the address of the socket; without it "/ws/pairchat/" of the same host
 * @property {string} user the key of the person who is signed in, as a text
 * @property {import("./credentials.js").Authenticate} authenticate
 * @property {import("./storage.js").MemoryStorage | Storage} [storage] where the outbox is kept: the browser's
 *   `localStorage`, `asyncStorage(…)`, or memory, which is the default
 * @property {Pick<LockManager, "request"> | null} [locks] between all that use this storage; the browser's are the
 *   default
 * @property {typeof fetch} [fetch]
 * @property {(url: string, protocols: string[], headers: Record<string, string>) => import("./proved-socket.js").SocketLike}
 *   [openSocket] opens a socket where headers can be sent with one, as on a phone; without it the client opens it with a
 *   ticket, as a browser must
 */

/** One person's chats. Make one when the person signs in, and stop it when they sign out. */
export class PairchatClient {
  #core;
  /** @type {Map<string, ChatRoom>} */
  #rooms = new Map();
  /** @type {Map<boolean, ChatInbox>} */
  #inboxes = new Map();

  /** @param {Options} options */
  constructor(options) {
    this.#core = new Core(options);
  }

  /** The key of the person. */
  get user() {
    return this.#core.engine.user;
  }

  /** @returns {State} */
  get state() {
    return /** @type {State} */ (this.#core.engine.state);
  }

  /**
   * Goes online, and stays so until as many of the returned functions were called as this one. It may be called at
   * every mount of a view: there is one socket, and it outlives a view that goes and comes back at once.
   * @returns {() => void}
   */
  start = () => this.#core.start();

  /** Goes offline at once, whoever has started it. What was written stays in the outbox. */
  stop() {
    this.#core.end();
    this.#core.engine.stop();
  }

  /**
   * Calls the listener with everything that happens.
   * @param {(news: News) => void} listener
   * @returns {() => void} to leave again
   */
  listen(listener) {
    return this.#core.listen(/** @type {(news: ClientEvent) => void} */ (listener));
  }

  /**
   * Opens the chat with a person, about something of the site if it gives a token for that.
   * @param {{user: string, topic?: string}} who
   * @returns {Promise<ChatRoom>}
   */
  async open(who) {
    const { room } = await this.#core.engine.http.request("open", who);
    return this.room(room.room);
  }

  /**
   * Returns the room with this key; it loads when somebody listens.
   * @param {string} key
   */
  room(key) {
    let room = this.#rooms.get(key);
    if (!room) this.#rooms.set(key, (room = new ChatRoom(this.#core, key)));
    return room;
  }

  /**
   * Returns the list of rooms, or the archive; it loads when somebody listens.
   * @param {{archived?: boolean}} [which]
   */
  inbox({ archived = false } = {}) {
    let inbox = this.#inboxes.get(archived);
    if (!inbox) this.#inboxes.set(archived, (inbox = new ChatInbox(this.#core, archived)));
    return inbox;
  }

  /**
   * Makes any request of the protocol, over the socket, or over HTTP while there is none. Rejects with `Refusal`, and
   * with `Disconnected` where nobody knows whether it was carried out, or where it is one for sockets alone.
   * @template {keyof Answers & keyof Requests} Type
   * @param {Type} type
   * @param {Requests[Type]} fields
   * @returns {Promise<Answers[Type]>}
   */
  async request(type, fields) {
    if (this.state !== "open" && !(type in TWINS)) throw new Disconnected();
    return this.#core.engine.request(type, fields);
  }

  /**
   * Uploads a file for a message in a room. Rejects with `Refusal`, `Disconnected`, or the signal's reason.
   * @param {string} room
   * @param {FileLike} file
   * @param {{signal?: AbortSignal, progress?: (share: number) => void, voice?: import("../wire.js").Voice}} [how]
   *   `progress` is called with 0 to 1 where the platform tells; `voice` says what a voice message looks like
   * @returns {Promise<{upload: string, attachment: Attachment}>}
   */
  upload(room, file, how = {}) {
    return this.#core.upload(room, file, how);
  }

  /**
   * Fetches what an attachment's `url` or `thumbnail` names: an element for pictures sends no header.
   * @param {string} path
   * @returns {Promise<Response>}
   */
  fetchFile(path) {
    const { engine, surroundings } = this.#core;
    return surroundings.fetch(this.address(path), { headers: { [MEANT_FOR]: encodeURIComponent(engine.user) } });
  }

  /**
   * Returns addresses of files for elements that send no header: for this person, and for a few minutes. Ask again when
   * one fails to load.
   * @param {{room: string, seq: number}[]} places of at most 100 messages with files
   * @returns {Promise<{room: string, seq: number, url: string, thumbnail: string}[]>}
   */
  async addressesOf(places) {
    const { files } = await this.#core.engine.http.request("files", { files: places });
    return files.map((/** @type {any} */ { url, thumbnail, ...place }) => ({
      ...place,
      url: this.address(url),
      thumbnail: this.address(thumbnail),
    }));
  }

  /**
   * Returns the whole address of what the server names by a path.
   * @param {string} path
   */
  address(path) {
    return path.startsWith("/") ? this.#core.origin + path : path;
  }

  /**
   * Says whether somebody looks at the app, where there is no page that knows: an app calls it when it comes to the
   * foreground and when it leaves it.
   * @param {boolean} active
   */
  setActive(active) {
    const { engine, surroundings } = this.#core;
    surroundings.active = active;
    if (active) {
      engine.line.wake();
      engine.polling.soon();
    }
    engine.focus();
  }

  /** Resolves when what was written is kept by the storage; rejects with its problem if it is not. */
  async saved() {
    const { storage } = this.#core.surroundings;
    if (storage instanceof MemoryStorage) await storage.saved();
  }
}
