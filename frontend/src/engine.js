/**
 * @file What keeps one person's rooms up to date: the socket, the positions, the outbox. It knows of no page; where it
 * runs, its surroundings say.
 */

import { RoomSync } from "./room-sync.js";
import { Connection } from "./connection.js";
import { InboxLists } from "./inbox-lists.js";
import { Drafts, Outbox } from "./outbox.js";
import { Polling } from "./polling.js";
import { Refusal, mintId } from "./protocol.js";
import { ReadMarks } from "./read-marks.js";
import { Sender } from "./sender.js";
import { HttpApi } from "./http-api.js";

/**
 * @typedef {import("./inbox-store.js").InboxStore} InboxStore
 * @typedef {import("./room-store.js").RoomStore} RoomStore
 * @typedef {import("./types.js").Frame} Frame
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").OutboxItem} OutboxItem
 * @typedef {import("./types.js").Room} Room
 * @typedef {import("./types.js").Synced} Synced
 */

/**
 * What happened, to those who listen:
 * `state`; `messages` (came or changed), `paged`, `room`, `gone`, `outbox` (of one room or all), `refused` and `delayed`
 * (a text), `typing`, `presence`, `inbox`, `draft`.
 * @typedef {{kind: string, room?: string, messages?: Message[], frame?: Frame, event?: StorageEvent,
 *   item?: OutboxItem, seconds?: number, notice?: string}} ClientEvent
 */

/**
 * What an engine needs of the place where it runs.
 * @typedef {object} Surroundings
 * @property {import("./outbox.js").Store | null} storage null where there is none
 * @property {(name: string) => (work: () => Promise<void>) => Promise<void>} alone runs work while nobody else does who
 *   has the same storage
 * @property {(url: string) => WebSocket} open a socket that proves who asks
 * @property {(url: string, init: RequestInit) => Promise<Response>} fetch the same for a request
 * @property {() => boolean} mayConnect nobody knocks where nobody looks, or without a network
 * @property {() => boolean} isHidden
 * @property {() => boolean} isLookedAt
 * @property {(engine: Engine, signal: AbortSignal) => void} begin starts the line, and tells of what happens around,
 *   until the signal
 */

/** A page swap takes the elements away and brings them back: the socket outlives it. */
const LINGER_MS = 1_000;
const READ_MS = 200;
const ARRIVAL_MS = 1_000;
/** The server tells the presence of no more rows. */
const ROWS = 30;
const NOTHING = "[null,[]]";

export class Engine {
  /** @type {Map<string, RoomStore>} */
  rooms = new Map();
  /** @type {Set<(news: ClientEvent) => void>} */
  #listeners = new Set();
  /** The rooms whose rows are on the screen, by the list that shows them. @type {Map<object, string[]>} */
  rows = new Map();
  /** What the server takes for what is on the screen. */
  #focused = NOTHING;
  /** Up to where each room has been told to have arrived. @type {Map<string, number>} */
  #arrived = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lingerTimer;
  /** @type {AbortController | undefined} */
  #running;

  /**
   * @param {{user: string, ws: string, api: string}} where `ws` and `api` are whole addresses
   * @param {Surroundings} surroundings
   */
  constructor({ user, ws: url, api }, surroundings) {
    const { storage } = surroundings;
    this.user = user;
    this.surroundings = surroundings;
    this.http = new HttpApi(api, user, surroundings.fetch);
    // A key may contain what parts the names in the storage.
    const owner = encodeURIComponent(user);
    this.outbox = new Outbox(storage, owner);
    this.drafts = new Drafts(storage, owner);
    this.line = new Connection({
      url,
      user,
      surroundings,
      pinged: () => this.#pinged(),
      sessionLives: () => this.#sessionLives(),
      onHello: ({ server_time }) => {
        this.http.ahead = Date.now() - Date.parse(server_time);
        this.#hello();
      },
      onFrame: (frame) => this.#frame(frame),
      onState: () => this.#stateChanged(),
    });
    this.lists = new InboxLists({ user, ask: (fields) => this.#inbox(fields), changed: () => this.emit({ kind: "inbox" }) });
    this.reads = new ReadMarks({
      patience: READ_MS,
      known: (room) => this.rooms.get(room)?.alreadyRead ?? 0,
      ask: async (room, seq) => this.roomChanged((await this.request("read", { room, seq })).room),
    });
    this.arrivals = new ReadMarks({
      patience: ARRIVAL_MS,
      // What was read within that time has arrived.
      known: (room) => Math.max(this.rooms.get(room)?.room.me.read ?? 0, this.#arrived.get(room) ?? 0),
      ask: async (room, seq) => {
        await this.request("delivered", { room, seq });
        this.#arrived.set(room, seq);
      },
    });
    this.polling = new Polling({
      line: this.line,
      ask: async () => (await this.roomSync.now(this.rooms.keys())) && this.lists.load(),
      isHidden: surroundings.isHidden,
      changed: () => this.emit({ kind: "state" }),
      onReachable: () => this.#onReachable(),
    });
    this.roomSync = new RoomSync({
      store: (room) => this.rooms.get(room),
      ask: (rooms) => this.request("sync", { rooms }),
      apply: (room, synced) => this.#synced(room, synced),
    });
    this.sender = new Sender({
      outbox: this.outbox,
      ready: () => this.#open || this.polling.works,
      send: ({ room, client_id, content, reply_to, upload: attachment, album }) =>
        this.request("send", { room, client_id, content, reply_to: reply_to ?? undefined, attachment, album }),
      sent: (message, notice) => this.#answered(message, notice),
      // The server has it: it is no message yet, and nothing to try again.
      onRefused: (item) => this.emit({ kind: item.code === "held" ? "held" : "refused", room: item.room, item }),
      delayed: (item, seconds) => this.emit({ kind: "delayed", room: item.room, item, seconds }),
      alone: surroundings.alone(`pairchat:${user}`),
    });
  }

  /** The server's time, by which it decides. */
  get now() {
    return Date.now() - this.http.ahead;
  }

  get #open() {
    return this.line.state === "open";
  }

  /** "open", "polling", "connecting", "waiting", "paused", "signed-out", "stopped" or "idle". */
  get state() {
    return !this.#open && this.polling.works ? "polling" : this.line.state;
  }

  /**
   * @param {(news: ClientEvent) => void} listener
   * @returns {() => void} to leave again
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    clearTimeout(this.#lingerTimer);
    if (!this.#running) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (!this.#listeners.size) this.#lingerTimer = setTimeout(() => this.stop(), LINGER_MS);
    };
  }

  /**
   * Shows a room: it is kept up to date until released.
   * @param {RoomStore} store
   */
  showRoom(store) {
    const { room } = store.room;
    this.rooms.set(room, store);
    if (this.#open) {
      this.roomSync.now([room]);
      this.focus();
    }
    return () => {
      if (this.rooms.get(room) !== store) return;
      this.rooms.delete(room);
      // A page swap brings it back at once; otherwise nobody is in it any more.
      setTimeout(() => this.focus(), LINGER_MS);
    };
  }

  /**
   * Shows the list of rooms, or the archive: it is kept up to date until left.
   * @param {import("./inbox-lists.js").InboxKind} kind
   * @param {string} [state] of what the server rendered
   * @param {string} [about] a room: only those about the same thing
   */
  showInbox(kind, state = "", about) {
    const { store, leave } = this.lists.showInbox(kind, state, about);
    if (this.#open) this.#check(store);
    return { store, leave };
  }

  /**
   * Over the socket, or over HTTP while there is none.
   * @param {string} type
   * @param {Record<string, any>} fields
   * @returns {Promise<any>}
   */
  async request(type, fields) {
    if (this.#open) return this.line.request(type, fields);
    // Once it was somebody else's turn nothing more is asked in this page's name.
    if (this.line.state === "signed-out") throw new Refusal({ code: "unauthenticated" });
    try {
      return await this.http.request(type, fields);
    } catch (problem) {
      if (problem instanceof Refusal && problem.code === "unauthenticated") this.line.end("signed-out");
      throw problem;
    }
  }

  /**
   * Puts a text in the outbox. `safe`: a reload will find it there.
   * @param {import("./types.js").Draft & {client_id?: string}} text
   */
  send(text) {
    const clientId = text.client_id ?? mintId();
    const safe = this.outbox.add({ ...text, client_id: clientId });
    this.emit({ kind: "outbox", room: text.room });
    this.line.resume();
    this.sender.flush();
    return { clientId, safe };
  }

  /** @param {string} clientId */
  retry(clientId) {
    this.outbox.retry(clientId);
    this.emit({ kind: "outbox", room: this.outbox.get(clientId)?.room });
    this.sender.flush();
  }

  /** @param {string} clientId */
  giveUp(clientId) {
    const item = this.outbox.get(clientId);
    this.outbox.remove(clientId);
    this.emit({ kind: "outbox", room: item?.room });
  }

  /**
   * Mine that are stored need no sending.
   * @param {Message[]} messages
   */
  removeAcknowledged(messages) {
    for (const { sender, client_id, room } of messages) {
      const mine = sender === this.user && client_id;
      if (mine && this.outbox.remove(client_id)) this.emit({ kind: "outbox", room });
    }
  }

  /**
   * A change to one message: edit, delete, react.
   * @param {string} type
   * @param {{room: string, seq: number, [field: string]: any}} fields
   */
  async change(type, fields) {
    const { message, notice } = await this.request(type, fields);
    this.#answered(message, notice);
  }

  /**
   * @param {string} room
   * @param {{before?: number, after?: number, around?: number}} from
   * @param {"before" | "after" | "instead"} where
   */
  async page(room, from, where) {
    const page = await this.request("history", { room, ...from });
    const store = this.rooms.get(room);
    if (!store) return;
    if (!store.paged(page, where) || store.behind) this.roomSync.now([room]);
    this.removeAcknowledged(page.messages);
    this.emit({ kind: "paged", room });
  }

  /**
   * @param {string} room
   * @param {boolean} on
   */
  tellTyping(room, on) {
    this.line.emit("typing", { room, on });
  }

  /** Says which rooms are on screen, and whether anybody looks. */
  focus() {
    const { surroundings } = this;
    const room = [...this.rooms.values()].find(({ onScreen }) => onScreen)?.room.room ?? null;
    const rooms = surroundings.isHidden() ? [] : [...new Set([...this.rows.values()].flat())].slice(0, ROWS);
    const focused = JSON.stringify([room, rooms]);
    if (!this.#open || (room === null && focused === this.#focused)) return;
    this.#focused = focused;
    this.line.request("focus", { room, active: room !== null && surroundings.isLookedAt(), rooms }).then(
      (answer) => answer.room && this.roomChanged(answer.room),
      () => {},
    );
  }

  /** @param {ClientEvent} news */
  emit(news) {
    for (const listener of [...this.#listeners]) listener(news);
  }

  /**
   * Another tab sent, wrote or gave something up.
   * @param {StorageEvent} event
   */
  stored(event) {
    if (this.outbox.owns(event.key)) {
      this.emit({ kind: "outbox" });
      this.sender.flush();
    }
    if (event.key?.startsWith(this.drafts.prefix)) {
      this.emit({ kind: "draft", room: event.key.slice(this.drafts.prefix.length), event });
    }
  }

  #start() {
    this.#running = new AbortController();
    this.surroundings.begin(this, this.#running.signal);
  }

  stop() {
    clearTimeout(this.#lingerTimer);
    this.#running?.abort();
    this.#running = undefined;
    this.line.stop();
    for (const part of [this.roomSync, this.polling, this.reads, this.arrivals, this.lists]) part.stop();
  }

  #stateChanged() {
    const { state } = this.line;
    if (state === "waiting") this.polling.soon();
    else if (state !== "open" && state !== "connecting") {
      this.polling.stop();
      this.roomSync.stop();
    }
    this.emit({ kind: "state" });
  }

  #hello() {
    this.polling.stop();
    this.roomSync.now(this.rooms.keys());
    for (const list of this.lists.shown) this.#check(list);
    // A new connection has none.
    this.#focused = NOTHING;
    this.focus();
    this.#onReachable();
  }

  /** There is a way to the server: what waited for one goes out. */
  #onReachable() {
    this.reads.send();
    this.arrivals.send();
    this.sender.flush();
  }

  /**
   * A list that has objects or none at all is asked for anew; one that the server rendered only if it differs.
   * @param {InboxStore} list
   */
  #check(list) {
    if (list.filled || list.archived || !list.state) this.lists.reload([list]);
    else this.line.probe();
  }

  #pinged() {
    const rooms = Object.fromEntries(
      [...this.rooms].map(([key, store]) => [key, { ...store.position, state: store.room.state }]),
    );
    return { rooms, inbox: this.lists.state || undefined };
  }

  /** @param {Frame} frame */
  #frame(frame) {
    if (frame.type === "pong") this.#pong(frame);
    if (frame.type !== "event") return;
    if (frame.kind === "message") this.#message(frame);
    else if (frame.kind === "room") this.roomChanged(frame.room);
    else if (frame.kind === "star") this.star(frame.room, frame.seq, frame.on);
    else if (frame.kind === "resync") this.#resync();
    else if (frame.kind === "typing" || frame.kind === "presence") this.emit({ kind: frame.kind, room: frame.room, frame });
  }

  /** @param {Frame} frame */
  #pong({ rooms = [], inbox }) {
    if (rooms.length) this.roomSync.now(rooms);
    if (inbox) this.lists.reload();
  }

  #resync() {
    this.roomSync.now(this.rooms.keys());
    this.lists.reload();
  }

  /** @param {Frame} frame */
  #message({ epoch, message }) {
    if (message.sender !== this.user) this.arrivals.see(message.room, message.seq);
    const store = this.rooms.get(message.room);
    if (store && !store.onEvent(epoch, message)) this.roomSync.now([message.room]);
    this.#merged(message, store);
    this.lists.message(message);
  }

  /**
   * The message of an answer. Its event is under way; should it be lost, the room syncs.
   * @param {Message} message
   * @param {string} [notice] what the host's review has to say to the person who wrote it
   */
  #answered(message, notice) {
    const store = this.rooms.get(message.room);
    store?.merge(message);
    this.#merged(message, store);
    if (notice) this.emit({ kind: "notice", room: message.room, notice });
  }

  /**
   * Only once the room has it the outbox lets go of it: the page keeps its element.
   * @param {Message} message
   * @param {RoomStore | undefined} store
   */
  #merged(message, store) {
    const { room } = message;
    this.removeAcknowledged([message]);
    if (!store) return;
    if (store.behind) this.roomSync.soon(room);
    this.emit({ kind: "messages", room, messages: [message] });
  }

  /**
   * @param {string} room
   * @param {number} seq
   * @param {boolean} on
   */
  star(room, seq, on) {
    this.rooms.get(room)?.star(seq, on);
    this.emit({ kind: "room", room });
  }

  /** @param {object} fields */
  async #inbox(fields) {
    const page = await this.request("inbox", fields);
    for (const room of page.rooms) this.#cameWith(room);
    return page;
  }

  /**
   * A room object comes with the newest message, and those before it can be had.
   * @param {Room} room
   */
  #cameWith({ room, head, unread }) {
    if (unread) this.arrivals.see(room, head);
  }

  /**
   * A room as an event or an answer tells it.
   * @param {Room} room
   */
  roomChanged(room) {
    this.#cameWith(room);
    const store = this.rooms.get(room.room);
    if (store) {
      if (!store.roomChanged(room)) this.roomSync.now([room.room]);
      else if (store.behind) this.roomSync.soon(room.room);
      this.emit({ kind: "room", room: room.room });
    }
    this.lists.room(room);
  }

  /**
   * @param {string} room
   * @param {Synced | undefined} synced
   */
  #synced(room, synced) {
    if (!synced) {
      this.emit({ kind: "gone", room });
      return;
    }
    const { changes, limited, reset, ...object } = synced;
    this.#cameWith(object);
    this.rooms.get(room)?.synced(synced);
    this.removeAcknowledged(changes);
    this.emit({ kind: "messages", room, messages: changes });
    this.lists.room(object);
  }

  async #sessionLives() {
    try {
      await this.http.request("inbox", { limit: 1 });
      return true;
    } catch (problem) {
      // Who is asked to wait is signed in.
      if (problem instanceof Refusal) return problem.retryAfter > 0;
      throw problem;
    }
  }
}
