/** @file `<pair-chat-badge>`: how many rooms have something new; and what it has in common with the list of rooms. */

import { ChatClient } from "./client.js";
import { fill, show } from "./dom.js";
import { measureTop, whenStyled } from "./frame.js";
import { badgeLabel, badgeText } from "./inbox-store.js";
import { Words } from "./i18n.js";

/** What both elements do: follow a list, and fill themselves when it changes. */
export class Following extends HTMLElement {
  /** @type {AbortController | undefined} */
  #over;
  /** @type {ChatClient | undefined} */
  client;
  /** @type {import("./inbox-store.js").InboxStore | undefined} */
  store;

  connectedCallback() {
    const { me = "", ws = "", api = "", state, about } = this.dataset;
    if (this.#over || !me) return;
    this.#over = new AbortController();
    this.words = new Words();
    const client = ChatClient.shared({ user: me, ws, api });
    this.client = client;
    const kind = "archived" in this.dataset ? "archived" : "unread" in this.dataset ? "unread" : "";
    const { store, leave: unfollow } = client.showInbox(kind, state, about);
    this.store = store;
    const leave = client.subscribe((news) => {
      if (news.kind === "inbox" && this.store?.filled) this.fill();
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

export class PairChatBadge extends Following {
  /** What the other modules of the chat build upon, so that a page has it once. */
  static parts = { ChatClient, Following, Words, measureTop, whenStyled };

  fill() {
    const rooms = this.store?.unreadRooms ?? 0;
    this.dataset.count = String(rooms);
    fill(this, "unread", badgeText(rooms));
    fill(this, "unread-label", this.words ? badgeLabel(this.words, rooms) : "");
    show(this, "unread", rooms > 0);
  }
}
