/** @file `<pair-chat-held>`: a person's own messages that wait for a decision, below those that both people see. */

import { Announcer } from "../announcer.js";
import { ChatClient, Words } from "../core.js";
import { clone, fill, part, show } from "../dom.js";

/**
 * @typedef {import("../engine.js").ClientEvent} ClientEvent
 * @typedef {import("../wire.js").HeldMessage} HeldMessage
 */

export class PairChatHeld extends HTMLElement {
  /** @type {(() => void) | undefined} */
  #leave;
  /** What is held, and in no room object yet. @type {Map<string, HeldMessage>} */
  #taken = new Map();
  /** @type {Announcer | undefined} */
  #speaker;

  connectedCallback() {
    const host = this.closest("pair-chat");
    if (!(host instanceof HTMLElement)) return;
    const polite = (/** @type {string} */ text) => fill(host, "announcer", text);
    this.#speaker = new Announcer({ polite, assertive: polite, words: new Words() });
    const { room = "", me = "", ws = "", api = "" } = host.dataset;
    const client = ChatClient.shared({ user: me, ws, api });
    this.#leave = client.subscribe((news) => {
      if (news.room === undefined || news.room === room) this.#heard(news, client, host, room);
    });
    // What was answered before this module was there.
    for (const item of client.outbox.items(room)) if (item.code === "held") this.#take(item, client);
  }

  disconnectedCallback() {
    this.#leave?.();
    this.#speaker?.stop();
  }

  /**
   * @param {ClientEvent} news
   * @param {import("../client.js").ChatClient} client
   * @param {HTMLElement} host
   * @param {string} room
   */
  #heard({ kind, item, messages = [], notice = "" }, client, host, room) {
    if (kind === "notice") tell(host, notice);
    // A new text: what was said is about an earlier one.
    if (kind === "outbox" && client.outbox.items(room).length) show(host, "notice", false);
    if (kind === "held" && item) this.#take(item, client);
    for (const { client_id } of messages) this.#taken.delete(client_id ?? "");
    const known = client.rooms.get(room)?.room;
    // What the server rendered is as true as the room that it came with.
    if (known?.last_message_at) this.#render(known.held ?? []);
  }

  /**
   * Shows here what the server has taken, and no longer as something to send.
   * @param {import("../types.js").OutboxItem} item
   * @param {import("../client.js").ChatClient} client
   */
  #take({ client_id, content, created_at, attachment }, client) {
    const file = /** @type {HeldMessage["attachment"]} */ (attachment ?? null);
    /** @type {HeldMessage} */
    const held = { client_id, kind: "text", content, reply_to: null, attachment: file, created_at, refused: null };
    this.#taken.set(client_id, held);
    this.#put(held);
    this.#list?.toggleAttribute("hidden", false);
    this.#tell(client_id, "waiting");
    client.giveUp(client_id);
  }

  get #list() {
    return this.querySelector("[data-pc-held]");
  }

  /** @param {string} clientId */
  #row(clientId) {
    return this.querySelector(`[data-waiting="${clientId}"]`);
  }

  /** @param {HeldMessage[]} held */
  #render(held) {
    for (const { client_id } of held) this.#taken.delete(client_id);
    const shown = [...held, ...this.#taken.values()];
    const wanted = new Set(shown.map(({ client_id }) => client_id));
    for (const row of this.querySelectorAll("[data-waiting]")) {
      if (!wanted.has(/** @type {HTMLElement} */ (row).dataset.waiting ?? "")) row.remove();
    }
    for (const each of shown) this.#put(each);
    this.#list?.toggleAttribute("hidden", !shown.length);
  }

  /** @param {HeldMessage} held */
  #put({ client_id, content, attachment, refused }) {
    let row = this.#row(client_id);
    const known = row !== null && part(row, "refused")?.hidden === false;
    if (!row) {
      row = clone(this, "held");
      /** @type {HTMLElement} */ (row).dataset.waiting = client_id;
      row.querySelector("[name=client_id]")?.setAttribute("value", client_id);
      this.#list?.append(row);
    }
    fill(row, "content", content);
    show(row, "text", content !== "");
    fill(row, "file-name", attachment?.name ?? "");
    show(row, "file", Boolean(attachment));
    fill(row, "refused-reason", refused ?? "");
    show(row, "waiting", refused === null);
    show(row, "refused", refused !== null);
    if (refused !== null && !known) this.#tell(client_id, "refused");
  }

  /**
   * Tells screen readers what the page says about a text.
   * @param {string} clientId
   * @param {string} name of the part that says it
   */
  #tell(clientId, name) {
    const line = part(this.#row(clientId) ?? this, name);
    if (line) this.#speaker?.inform(line.textContent.trim());
  }
}

/**
 * Shown first and filled afterwards: screen readers tell what comes into an area that is there.
 * @param {HTMLElement} host
 * @param {string} notice
 */
function tell(host, notice) {
  fill(host, "notice", "");
  show(host, "notice", true);
  requestAnimationFrame(() => {
    if (!part(host, "notice")?.hidden) fill(host, "notice", notice);
  });
}
