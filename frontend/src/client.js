/** @file What all elements of a page share: the socket, the rooms and lists they show, the outbox. */

import { Catchup } from "./catchup.js";
import { Connection } from "./connection.js";
import { csrfToken } from "./csrf.js";
import { listening } from "./dom.js";
import { Lists } from "./lists.js";
import { Drafts, Outbox } from "./outbox.js";
import { isHidden, isLookedAt, localStore } from "./page.js";
import { Polling } from "./polling.js";
import { Refusal, mintId } from "./protocol.js";
import { ReadMarks } from "./read-marks.js";
import { Sender, acrossTabs } from "./sender.js";
import { Twins } from "./twins.js";

/**
 * @typedef {import("./inbox.js").InboxStore} InboxStore
 * @typedef {import("./store.js").RoomStore} RoomStore
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
 *   item?: OutboxItem, seconds?: number}} News
 */

/** A page swap takes the elements away and brings them back: the socket outlives it. */
const LINGER_MS = 1_000;

/** @type {Map<string, ChatClient>} */
const clients = new Map();

export class ChatClient {
  /** @type {Map<string, RoomStore>} */
  rooms = new Map();
  /** @type {Set<(news: News) => void>} */
  #listeners = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lingerTimer;
  /** @type {AbortController | undefined} */
  #running;

  /**
   * The client of this page for one user: all elements share it.
   * @param {{user: string, ws: string, api: string}} where
   */
  static shared(where) {
    const key = JSON.stringify([where.user, where.ws, where.api]);
    let client = clients.get(key);
    if (!client) clients.set(key, (client = new ChatClient(where)));
    return client;
  }

  /** @param {{user: string, ws: string, api: string}} where */
  constructor({ user, ws, api }) {
    const url = new URL(ws, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.user = user;
    this.twins = new Twins(api, csrfToken);
    const storage = localStore();
    this.outbox = new Outbox(storage, user);
    this.drafts = new Drafts(storage, user);
    this.connection = new Connection({
      url: url.href,
      user,
      pinged: () => this.#pinged(),
      sessionLives: () => this.#sessionLives(),
      onHello: () => this.#hello(),
      onFrame: (frame) => this.#frame(frame),
      onState: () => this.#stateChanged(),
    });
    this.lists = new Lists({ user, ask: (fields) => this.request("inbox", fields), changed: () => this.#tell({ kind: "inbox" }) });
    this.reads = new ReadMarks({
      known: (room) => this.rooms.get(room)?.alreadyRead ?? 0,
      ask: async (room, seq) => this.#room((await this.request("read", { room, seq })).room),
    });
    this.polling = new Polling({
      connection: this.connection,
      ask: async () => (await this.catchup.now(this.rooms.keys())) && this.lists.load(),
      changed: () => this.#tell({ kind: "state" }),
      heard: () => this.#heard(),
    });
    this.catchup = new Catchup({
      store: (room) => this.rooms.get(room),
      ask: (rooms) => this.request("sync", { rooms }),
      apply: (room, synced) => this.#synced(room, synced),
    });
    this.sender = new Sender({
      outbox: this.outbox,
      ready: () => this.#open || this.polling.works,
      send: ({ room, client_id, content, reply_to, upload: attachment }) =>
        this.request("send", { room, client_id, content, reply_to: reply_to ?? undefined, attachment }),
      sent: (message) => this.#answered(message),
      refused: (item) => this.#tell({ kind: "refused", room: item.room, item }),
      delayed: (item, seconds) => this.#tell({ kind: "delayed", room: item.room, item, seconds }),
      alone: acrossTabs(`pairchat:${user}`),
    });
  }

  get #open() {
    return this.connection.state === "open";
  }

  /** "open", "polling", "connecting", "waiting", "signed-out", "stopped" or "idle". */
  get state() {
    return !this.#open && this.polling.works ? "polling" : this.connection.state;
  }

  /**
   * @param {(news: News) => void} listener
   * @returns {() => void} to leave again
   */
  join(listener) {
    this.#listeners.add(listener);
    clearTimeout(this.#lingerTimer);
    if (!this.#running) this.#start();
    return () => {
      this.#listeners.delete(listener);
      if (!this.#listeners.size) this.#lingerTimer = setTimeout(() => this.#stop(), LINGER_MS);
    };
  }

  /**
   * Shows a room: it is kept up to date until released.
   * @param {RoomStore} store
   */
  hold(store) {
    const { room } = store.room;
    this.rooms.set(room, store);
    if (this.#open) {
      this.catchup.now([room]);
      this.focus();
    }
    return () => {
      if (this.rooms.get(room) === store) this.rooms.delete(room);
    };
  }

  /**
   * Shows the list of rooms, or the archive: it is kept up to date until left.
   * @param {boolean} archived
   * @param {string} [state] of what the server rendered
   */
  follow(archived, state = "") {
    const { store, leave } = this.lists.follow(archived, state);
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
    if (this.#open) return this.connection.request(type, fields);
    try {
      return await this.twins.request(type, fields);
    } catch (problem) {
      if (problem instanceof Refusal && problem.code === "unauthenticated") this.connection.end("signed-out");
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
    this.#tell({ kind: "outbox", room: text.room });
    this.sender.kick();
    return { clientId, safe };
  }

  /** @param {string} clientId */
  retry(clientId) {
    this.outbox.retry(clientId);
    this.#tell({ kind: "outbox", room: this.outbox.get(clientId)?.room });
    this.sender.kick();
  }

  /** @param {string} clientId */
  discard(clientId) {
    const item = this.outbox.get(clientId);
    this.outbox.remove(clientId);
    this.#tell({ kind: "outbox", room: item?.room });
  }

  /**
   * Mine that are stored need no sending.
   * @param {Message[]} messages
   */
  settle(messages) {
    for (const { sender, client_id, room } of messages) {
      const mine = sender === this.user && client_id;
      if (mine && this.outbox.remove(client_id)) this.#tell({ kind: "outbox", room });
    }
  }

  /**
   * A change to one message: edit, delete, react.
   * @param {string} type
   * @param {{room: string, seq: number, [field: string]: any}} fields
   */
  async change(type, fields) {
    const { message } = await this.request(type, fields);
    this.#answered(message);
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
    if (!store.paged(page, where) || store.behind) this.catchup.now([room]);
    this.settle(page.messages);
    this.#tell({ kind: "paged", room });
  }

  /**
   * @param {string} room
   * @param {boolean} on
   */
  typing(room, on) {
    this.connection.tell("typing", { room, on });
  }

  /** Says which room is on screen, and whether anybody looks. */
  focus() {
    const room = this.rooms.keys().next().value ?? null;
    if (!this.#open || room === null) return;
    this.connection.request("focus", { room, active: isLookedAt() }).then(
      (answer) => answer.room && this.#room(answer.room),
      () => {},
    );
  }

  /** @param {News} news */
  #tell(news) {
    for (const listener of [...this.#listeners]) listener(news);
  }

  #start() {
    this.#running = new AbortController();
    const { signal } = this.#running;
    const on = listening(signal);
    const wake = () => {
      if (isHidden()) return;
      this.connection.wake();
      this.polling.soon();
    };
    on(document, "visibilitychange", () => (wake(), this.focus()));
    on(window, "focus", () => this.focus());
    on(window, "blur", () => this.focus());
    on(window, "online", wake);
    on(window, "pageshow", () => (this.connection.start(), wake()));
    // A page that is kept for the way back must not hold a socket.
    on(window, "pagehide", () => this.connection.pause());
    on(window, "offline", () => (this.connection.cut(), this.#tell({ kind: "state" })));
    on(window, "storage", (event) => this.#stored(event));
    this.connection.start();
  }

  #stop() {
    this.#running?.abort();
    this.#running = undefined;
    this.connection.stop();
    for (const part of [this.catchup, this.polling, this.reads, this.lists]) part.stop();
  }

  #stateChanged() {
    const { state } = this.connection;
    if (state === "waiting") this.polling.soon();
    else if (state !== "open" && state !== "connecting") {
      this.polling.stop();
      this.catchup.stop();
    }
    this.#tell({ kind: "state" });
  }

  #hello() {
    this.polling.stop();
    this.catchup.now(this.rooms.keys());
    for (const list of this.lists.shown) this.#check(list);
    this.focus();
    this.#heard();
  }

  /** There is a way to the server: what waited for one goes out. */
  #heard() {
    this.reads.say();
    this.sender.kick();
  }

  /**
   * A list that has objects or none at all is asked for anew; one that the server rendered only if it differs.
   * @param {InboxStore} list
   */
  #check(list) {
    if (list.loaded || list.archived || !list.state) this.lists.reload([list]);
    else this.connection.probe();
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
    else if (frame.kind === "room") this.#room(frame.room);
    else if (frame.kind === "resync") this.#resync();
    else if (frame.kind === "typing" || frame.kind === "presence") this.#tell({ kind: frame.kind, room: frame.room, frame });
  }

  /** @param {Frame} frame */
  #pong({ rooms = [], inbox }) {
    if (rooms.length) this.catchup.now(rooms);
    if (inbox) this.lists.reload();
  }

  #resync() {
    this.catchup.now(this.rooms.keys());
    this.lists.reload();
  }

  /** @param {Frame} frame */
  #message({ epoch, message }) {
    const store = this.rooms.get(message.room);
    if (store && !store.event(epoch, message)) this.catchup.now([message.room]);
    this.#merged(message, store);
    this.lists.message(message);
  }

  /**
   * The message of an answer. Its event is under way; should it be lost, the room syncs.
   * @param {Message} message
   */
  #answered(message) {
    const store = this.rooms.get(message.room);
    store?.merge(message);
    this.#merged(message, store);
  }

  /**
   * Only once the room has it the outbox lets go of it: the page keeps its element.
   * @param {Message} message
   * @param {RoomStore | undefined} store
   */
  #merged(message, store) {
    const { room } = message;
    this.settle([message]);
    if (!store) return;
    if (store.behind) this.catchup.soon(room);
    this.#tell({ kind: "messages", room, messages: [message] });
  }

  /** @param {Room} room */
  #room(room) {
    const store = this.rooms.get(room.room);
    if (store) {
      if (!store.roomChanged(room)) this.catchup.now([room.room]);
      else if (store.behind) this.catchup.soon(room.room);
      this.#tell({ kind: "room", room: room.room });
    }
    this.lists.room(room);
  }

  /**
   * @param {string} room
   * @param {Synced | undefined} synced
   */
  #synced(room, synced) {
    if (!synced) {
      this.#tell({ kind: "gone", room });
      return;
    }
    if (synced.peer.user === this.user) {
      // The session now belongs to the other person.
      this.connection.end("signed-out");
      return;
    }
    const { changes, limited, reset, ...object } = synced;
    this.rooms.get(room)?.synced(synced);
    this.settle(changes);
    this.#tell({ kind: "messages", room, messages: changes });
    this.lists.room(object);
  }

  async #sessionLives() {
    try {
      await this.twins.request("inbox", { limit: 1 });
      return true;
    } catch (problem) {
      if (problem instanceof Refusal) return false;
      throw problem;
    }
  }

  /**
   * Another tab sent, wrote or gave something up.
   * @param {StorageEvent} event
   */
  #stored(event) {
    if (this.outbox.owns(event.key)) {
      this.#tell({ kind: "outbox" });
      this.sender.kick();
    }
    if (event.key?.startsWith(this.drafts.prefix)) {
      this.#tell({ kind: "draft", room: event.key.slice(this.drafts.prefix.length), event });
    }
  }
}
