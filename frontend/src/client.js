/** @file What all elements of a page share: the socket, the rooms and lists they show, the outbox. */

import { Catchup } from "./catchup.js";
import { Connection } from "./connection.js";
import { InboxStore } from "./inbox.js";
import { csrfToken } from "./csrf.js";
import { Drafts, Outbox } from "./outbox.js";
import { Refusal, mintId } from "./protocol.js";
import { Sender, acrossTabs } from "./sender.js";
import { Twins } from "./twins.js";

/**
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

const POLL_MS = 3_000;
/** So many attempts without a greeting, and the page polls until a socket opens after all. */
const MISSES = 3;
const READ_MS = 200;
const RELOAD_MS = 300;
/** A page swap takes the elements away and brings them back: the socket outlives it. */
const LINGER_MS = 1_000;

/** @type {Map<string, ChatClient>} */
const clients = new Map();

export class ChatClient {
  /** What the server offers, once it has said so. @type {string[]} */
  features = [];
  /** Polling works, so nobody misses the socket. */
  polling = false;
  /** @type {Map<string, RoomStore>} */
  rooms = new Map();
  /** The list of rooms and the archive, and how many elements show them. */
  #lists;
  /** @type {Set<(news: News) => void>} */
  #listeners = new Set();
  /** What was seen on screen and not yet said to the server. @type {Map<string, number>} */
  #seen = new Map();
  /** @type {Set<InboxStore>} */
  #stale = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pollTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #readTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #reloadTimer;
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
    this.#lists = [false, true].map((archived) => ({ users: 0, store: new InboxStore({ user, archived }) }));
    this.twins = new Twins(api, csrfToken);
    const storage = localStore();
    this.outbox = new Outbox(storage, user);
    this.drafts = new Drafts(storage, user);
    this.connection = new Connection({
      url: url.href,
      user,
      pinged: () => this.#pinged(),
      sessionLives: () => this.#sessionLives(),
      onHello: (hello) => {
        this.features = hello.features ?? [];
        this.#tell({ kind: "state" });
        this.#hello();
      },
      onFrame: (frame) => this.#frame(frame),
      onState: () => this.#stateChanged(),
    });
    this.catchup = new Catchup({
      store: (room) => this.rooms.get(room),
      ask: (rooms) => this.request("sync", { rooms }),
      apply: (room, synced) => this.#synced(room, synced),
    });
    this.sender = new Sender({
      outbox: this.outbox,
      ready: () => this.connection.state === "open" || this.polling,
      send: ({ room, client_id, content, reply_to, upload }) => {
        const more = { ...(reply_to && { reply_to }), ...(upload && { attachment: upload }) };
        return this.request("send", { room, client_id, content, ...more });
      },
      sent: (message) => this.#answered(message),
      refused: (item) => this.#tell({ kind: "refused", room: item.room, item }),
      delayed: (item, seconds) => this.#tell({ kind: "delayed", room: item.room, item, seconds }),
      alone: acrossTabs(`pairchat:${user}`),
    });
  }

  /** "open", "polling", "connecting", "waiting", "signed-out", "stopped" or "idle". */
  get state() {
    return this.connection.state !== "open" && this.polling ? "polling" : this.connection.state;
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
    if (this.connection.state === "open") {
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
    const list = this.#lists[Number(archived)];
    list.users += 1;
    if (!list.store.loaded) list.store.state ||= state;
    if (this.connection.state === "open") this.#check(list.store);
    return { store: list.store, leave: () => (list.users -= 1) };
  }

  /** @returns {InboxStore[]} */
  get lists() {
    return this.#lists.filter(({ users }) => users > 0).map(({ store }) => store);
  }

  /**
   * Over the socket, or over HTTP while there is none.
   * @param {string} type
   * @param {Record<string, any>} fields
   * @returns {Promise<any>}
   */
  async request(type, fields) {
    if (this.connection.state === "open") return this.connection.request(type, fields);
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
   * Everything up to `seq` was seen.
   * @param {string} room
   * @param {number} seq
   */
  read(room, seq) {
    const store = this.rooms.get(room);
    if (!store || seq <= Math.max(store.room.me.read, this.#seen.get(room) ?? 0)) return;
    this.#seen.set(room, seq);
    clearTimeout(this.#readTimer);
    this.#readTimer = setTimeout(() => this.#sayRead(), READ_MS);
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
    if (this.connection.state !== "open" || room === null) return;
    const active = document.visibilityState === "visible" && document.hasFocus();
    this.connection.request("focus", { room, active }).then(
      (answer) => answer.room && this.#room(answer.room),
      () => {},
    );
  }

  /** @param {InboxStore} list */
  async loadOlder(list) {
    list.older(await this.request("inbox", { before: list.next ?? undefined, ...archived(list) }));
    this.#tell({ kind: "inbox" });
  }

  /** @param {News} news */
  #tell(news) {
    for (const listener of [...this.#listeners]) listener(news);
  }

  #start() {
    this.#running = new AbortController();
    const { signal } = this.#running;
    const wake = () => {
      if (document.visibilityState === "hidden") return;
      this.connection.wake();
      this.#pollSoon(0);
    };
    document.addEventListener("visibilitychange", () => (wake(), this.focus()), { signal });
    addEventListener("focus", () => this.focus(), { signal });
    addEventListener("blur", () => this.focus(), { signal });
    addEventListener("online", wake, { signal });
    addEventListener("pageshow", () => (this.connection.start(), wake()), { signal });
    // A page that is kept for the way back must not hold a socket.
    addEventListener("pagehide", () => this.connection.pause(), { signal });
    addEventListener("offline", () => this.#tell({ kind: "state" }), { signal });
    addEventListener("storage", (event) => this.#stored(event), { signal });
    this.connection.start();
  }

  #stop() {
    this.#running?.abort();
    this.#running = undefined;
    this.connection.stop();
    this.catchup.stop();
    this.polling = false;
    for (const timer of [this.#pollTimer, this.#readTimer, this.#reloadTimer]) clearTimeout(timer);
  }

  #stateChanged() {
    const { state, misses } = this.connection;
    if (state === "signed-out" || state === "stopped") {
      this.polling = false;
      this.catchup.stop();
    }
    if (state === "waiting" && misses >= MISSES) this.#pollSoon(0);
    this.#tell({ kind: "state" });
  }

  #hello() {
    this.polling = false;
    this.catchup.now(this.rooms.keys());
    for (const list of this.lists) this.#check(list);
    this.focus();
    this.#sayRead();
    this.sender.kick();
  }

  /**
   * A list that has objects or none at all is asked for anew; one that the server rendered only if it differs.
   * @param {InboxStore} list
   */
  #check(list) {
    if (list.loaded || list.archived || !list.state) this.#reload(list);
    else this.connection.probe();
  }

  #pinged() {
    const rooms = Object.fromEntries(
      [...this.rooms].map(([key, store]) => [key, { ...store.position, state: store.room.state }]),
    );
    const list = this.#counted();
    return { rooms, ...(list?.state ? { inbox: list.state } : {}) };
  }

  #counted() {
    return this.lists.find((list) => !list.archived);
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
    if (inbox) for (const list of this.lists) this.#reload(list);
  }

  #resync() {
    this.catchup.now(this.rooms.keys());
    for (const list of this.lists) this.#reload(list);
  }

  /** @param {Frame} frame */
  #message({ epoch, message }) {
    const store = this.rooms.get(message.room);
    if (store && !store.event(epoch, message)) this.catchup.now([message.room]);
    this.#merged(message, store);
    for (const list of this.lists) if (list.message(message)) this.#reload(list);
    if (this.lists.length) this.#tell({ kind: "inbox" });
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
    this.#listRoom(room);
  }

  /** @param {Room} room */
  #listRoom(room) {
    for (const list of this.lists) if (list.room(room)) this.#reload(list);
    if (this.lists.length) this.#tell({ kind: "inbox" });
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
    this.#listRoom(object);
  }

  #sayRead() {
    for (const [room, seq] of this.#seen) {
      if (seq <= (this.rooms.get(room)?.room.me.read ?? 0)) {
        // Sending has read it, or another tab.
        this.#seen.delete(room);
        continue;
      }
      this.request("read", { room, seq }).then(
        (answer) => {
          if (this.#seen.get(room) === seq) this.#seen.delete(room);
          this.#room(answer.room);
        },
        (problem) => problem instanceof Refusal && this.#seen.delete(room),
      );
    }
  }

  /** @param {InboxStore} list */
  #reload(list) {
    this.#stale.add(list);
    this.#reloadTimer ??= setTimeout(() => {
      this.#reloadTimer = undefined;
      this.#load(this.#stale);
    }, RELOAD_MS);
  }

  /**
   * False: the server could not be asked.
   * @param {Iterable<InboxStore>} lists
   */
  async #load(lists) {
    try {
      for (const list of [...lists]) {
        list.newest(await this.request("inbox", archived(list)));
        this.#stale.delete(list);
      }
      return true;
    } catch {
      return false;
    } finally {
      this.#tell({ kind: "inbox" });
    }
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

  /** Polls only while no socket can be had, and only for somebody who looks. */
  get #mustPoll() {
    const { misses, state } = this.connection;
    const trying = state === "waiting" || state === "connecting";
    return misses >= MISSES && trying && document.visibilityState !== "hidden";
  }

  /** @param {number} milliseconds */
  #pollSoon(milliseconds) {
    clearTimeout(this.#pollTimer);
    if (this.#mustPoll) this.#pollTimer = setTimeout(() => this.#poll(), milliseconds);
  }

  async #poll() {
    const before = this.polling;
    const heard = (await this.catchup.now(this.rooms.keys())) && (await this.#load(this.lists));
    this.polling = heard && this.#mustPoll;
    if (before !== this.polling) this.#tell({ kind: "state" });
    if (this.polling) {
      this.#sayRead();
      this.sender.kick();
    }
    this.#pollSoon(POLL_MS);
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

/** @param {InboxStore} list */
function archived(list) {
  return list.archived ? { archived: true } : {};
}

function localStore() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
