/** @file One room, as a view needs it: its messages, what is on its way, who is there. */

import { Live } from "./live.js";
import { RoomStore } from "../room-store.js";

/**
 * @typedef {import("../wire.js").Attachment} Attachment
 * @typedef {import("../wire.js").Message} Message
 * @typedef {import("../wire.js").Room} Room
 * @typedef {import("../types.js").OutboxItem} OutboxItem
 *
 * A file, or on a phone what stands for one.
 * @typedef {Blob | {uri: string, name: string, type: string}} FileLike
 *
 * @typedef {object} RoomState
 * @property {"loading" | "ready" | "gone"} status "gone": no room of this person, or not any more
 * @property {Room | null} room null while it is loading
 * @property {readonly Message[]} messages ascending by `seq`
 * @property {readonly OutboxItem[]} pending what is written and not yet acknowledged; `code` and `error` say why one was
 *   refused
 * @property {boolean} hasBefore there are older messages than these
 * @property {boolean} hasAfter there are newer ones
 * @property {boolean} typing the other person is writing
 * @property {{online: boolean, lastActive: string | null} | null} presence null: not known, or private
 */

const TYPING_MS = 6_000;
/** What a person says while writing goes out as often as this. */
const SAYS_TYPING_MS = 3_000;

/** Positions of a room of which nothing is held: the answer is its newest page. @type {import("../types.js").Page} */
const NOTHING = { epoch: "", rev: 0, messages: [], has_before: false, has_after: false };

/** @param {string} room */
function unknown(room) {
  const me = { read: 0, cleared: 0, muted_until: null, archived: false, pinned: false, marked_unread: false, blocked: false };
  const peer = { user: null, name: "", avatar: null, url: null, read: null, delivered: null };
  const rest = { topic: null, can_send: false, last_message: null, last_message_at: "" };
  return { room, epoch: "", head: 0, rev: 0, state: "", unread: 0, me, peer, ...rest };
}

/** @extends {Live<RoomState>} */
export class ChatRoom extends Live {
  #gone = false;
  #typing = false;
  /** @type {RoomState["presence"]} */
  #presence = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typingEnds;
  #saidTyping = 0;

  /**
   * @param {import("./core.js").Core} core
   * @param {string} key
   */
  constructor(core, key) {
    super();
    this.core = core;
    this.key = key;
    this.store = new RoomStore(unknown(key), NOTHING);
  }

  /** @protected */
  begin() {
    const { engine } = this.core;
    const stop = this.core.listen((news) => this.#heard(news));
    this.#gone = false;
    const hide = engine.showRoom(this.store);
    if (engine.state !== "open") engine.roomSync.now([this.key]);
    return () => {
      stop();
      hide();
      clearTimeout(this.#typingEnds);
      this.#typing = false;
      this.#presence = null;
    };
  }

  /**
   * Resolves with the state when the messages are there, or when the room turned out to be none of this person's.
   * @returns {Promise<RoomState>}
   */
  async load() {
    return new Promise((resolve) => {
      const leave = this.subscribe(() => check());
      const check = () => {
        const state = this.getSnapshot();
        if (state.status === "loading") return;
        leave();
        resolve(state);
      };
      check();
    });
  }

  /** @protected @returns {RoomState} */
  read() {
    const { store } = this;
    const loading = store.epoch === "";
    return {
      status: this.#gone ? "gone" : loading ? "loading" : "ready",
      room: loading ? null : /** @type {Room} */ ({ ...store.room, unread: store.unread }),
      messages: /** @type {Message[]} */ (store.list()),
      pending: this.core.engine.outbox.items(this.key),
      hasBefore: store.moreBefore,
      hasAfter: store.moreAfter,
      typing: this.#typing,
      presence: this.#presence,
    };
  }

  /**
   * Puts a message in the outbox, from where it goes out as soon as there is a way, in its turn and once.
   * @param {string} content
   * @param {{replyTo?: number | null, clientId?: string, upload?: string, attachment?: Attachment}} [more] `upload` and
   *   `attachment` are what `upload()` resolved with
   * @returns {string} its `client_id`
   */
  send(content, { replyTo = null, clientId, upload, attachment } = {}) {
    this.#saidTyping = 0;
    return this.core.send({ room: this.key, content, reply_to: replyTo, client_id: clientId, upload, attachment });
  }

  /**
   * Uploads a file, and puts its message in the outbox. Rejects with `Refusal`, `Disconnected`, or the signal's reason.
   * @param {FileLike} file
   * @param {{content?: string, replyTo?: number | null, signal?: AbortSignal, progress?: (share: number) => void,
   *   voice?: import("../wire.js").Voice}} [more] `voice` says how long a voice message is, and how it looks
   * @returns {Promise<string>} its `client_id`
   */
  async sendFile(file, { content = "", replyTo = null, signal, progress, voice } = {}) {
    const clientId = this.core.mintId();
    const uploaded = await this.core.upload(this.key, file, { signal, progress, voice });
    return this.send(content, { replyTo, clientId, ...uploaded });
  }

  /**
   * Sends once more what was refused.
   * @param {string} clientId
   */
  retry(clientId) {
    this.core.engine.retry(clientId);
  }

  /**
   * Takes out of the outbox what was refused, or not sent yet.
   * @param {string} clientId
   */
  giveUp(clientId) {
    this.core.engine.giveUp(clientId);
  }

  /**
   * @param {number} seq
   * @param {string} content
   */
  edit(seq, content) {
    return this.core.engine.change("edit", { room: this.key, seq, content });
  }

  /** @param {number} seq */
  delete(seq) {
    return this.core.engine.change("delete", { room: this.key, seq });
  }

  /**
   * @param {number} seq
   * @param {string | null} emoji null takes the reaction back
   */
  react(seq, emoji) {
    return this.core.engine.change("react", { room: this.key, seq, emoji });
  }

  /**
   * Says that everything up to a message was seen; without a number, all that is here. It is told a moment later, and
   * again until the server knows.
   * @param {number} [seq]
   */
  markRead(seq = this.store.last) {
    this.core.engine.reads.see(this.key, seq);
  }

  /** Call it at each change of what the person writes; it tells the other one now and then. */
  typing() {
    const now = Date.now();
    if (now - this.#saidTyping < SAYS_TYPING_MS) return;
    this.#saidTyping = now;
    this.core.engine.tellTyping(this.key, true);
  }

  /** Says that the person no longer writes. Sending says so, too. */
  stopTyping() {
    if (this.#saidTyping) this.core.engine.tellTyping(this.key, false);
    this.#saidTyping = 0;
  }

  /**
   * Changes what the person has set for this room: `muted_until`, `archived`, `marked_unread`, `cleared`, `blocked`.
   * @param {Omit<import("../wire.js").SettingsRequest, "room">} settings
   */
  async change(settings) {
    const { room } = await this.core.engine.request("settings", { room: this.key, ...settings });
    this.core.engine.roomChanged(room);
  }

  async loadOlder() {
    if (this.store.moreBefore) await this.core.engine.page(this.key, { before: this.store.first }, "before");
  }

  async loadNewer() {
    if (this.store.moreAfter) await this.core.engine.page(this.key, { after: this.store.last }, "after");
  }

  /**
   * Shows the messages around one in place of those that are here.
   * @param {number} seq
   */
  loadAround(seq) {
    return this.core.engine.page(this.key, { around: seq }, "instead");
  }

  /** Shows the newest messages in place of those that are here. */
  loadNewest() {
    return this.core.engine.page(this.key, {}, "instead");
  }

  /** @param {import("../engine.js").ClientEvent} news */
  #heard({ kind, room, frame, messages = [] }) {
    // Without a room it is about all of them.
    if (room !== this.key && (room !== undefined || kind !== "outbox")) return;
    if (kind === "gone") this.#gone = true;
    else if (kind === "typing") this.#setTyping(frame?.on);
    else if (kind === "presence" && frame) this.#presence = { online: frame.online, lastActive: frame.last_active };
    else if (kind === "messages" && messages.some(({ sender }) => sender !== this.core.engine.user)) this.#setTyping(false);
    this.changed();
  }

  /** @param {boolean} on */
  #setTyping(on) {
    clearTimeout(this.#typingEnds);
    this.#typing = on;
    if (on) this.#typingEnds = setTimeout(() => (this.#setTyping(false), this.changed()), TYPING_MS);
  }
}
