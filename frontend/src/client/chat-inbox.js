/** @file The list of rooms, or the archive, as a view needs it. */

import { Live } from "./live.js";

/**
 * @typedef {object} InboxState
 * @property {"loading" | "ready"} status
 * @property {readonly import("../wire.js").Room[]} rooms newest first
 * @property {number} unreadRooms in how many something waits; the server stops counting at 100
 * @property {boolean} hasMore
 */

/** @extends {Live<InboxState>} */
export class ChatInbox extends Live {
  /** @type {import("../inbox-store.js").InboxStore | null} */
  #store = null;

  /**
   * @param {import("./core.js").Core} core
   * @param {boolean} archived
   */
  constructor(core, archived) {
    super();
    this.core = core;
    this.archived = archived;
  }

  /** @protected */
  begin() {
    const { engine } = this.core;
    const stop = this.core.listen(({ kind }) => kind === "inbox" && this.changed());
    const { store, leave } = engine.showInbox(this.archived ? "archived" : "");
    this.#store = store;
    if (engine.state !== "open") engine.lists.reload([store]);
    return () => {
      stop();
      leave();
    };
  }

  /** @protected @returns {InboxState} */
  read() {
    const rooms = /** @type {import("../wire.js").Room[]} */ (this.#store?.list() ?? []);
    return {
      status: this.#store?.filled ? "ready" : "loading",
      rooms: rooms.map((room) => ({ ...room })),
      unreadRooms: this.#store?.unreadRooms ?? 0,
      hasMore: Boolean(this.#store?.next),
    };
  }

  /** Adds the rooms that follow. */
  async loadMore() {
    const store = this.#store;
    if (store?.next) await this.core.engine.lists.loadUpTo(store, store.list().length + 1);
  }
}
