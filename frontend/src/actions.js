/** @file What a person can do with one message, and doing it. */

import { summary } from "./bubble.js";
import { part } from "./dom.js";
import { Menu } from "./menu.js";

/**
 * @typedef {import("./types.js").Message} Message
 */

export class Actions {
  /**
   * @param {import("./visit.js").Visit} visit
   * @param {AbortSignal} signal
   */
  constructor(visit, signal) {
    this.visit = visit;
    const { host, me, roomUrl } = visit;
    const menu = part(host, "menu");
    this.menu = menu && new Menu({
      host,
      menu,
      signal,
      me,
      allowed: (message) => this.#allowed(message),
      act: (action, message, emoji) => this.#act(action, message, emoji),
      reportUrl: (seq) => `${roomUrl}report/?seq=${seq}`,
    });
  }

  /**
   * Opens the menu. False: there is nothing to be done with this message here.
   * @param {HTMLElement} li
   */
  open(li) {
    const { timeline } = this.visit;
    const message = timeline.messageOf(li);
    if (!this.menu || !message?.seq || !Object.values(this.#allowed(message)).includes(true)) return false;
    timeline.activate(li);
    this.menu.open(li, message);
    return true;
  }

  /**
   * Takes an unsent text back into the composer, before what is being written there.
   * @param {string} clientId
   */
  fix(clientId) {
    const { client, composer, room } = this.visit;
    const item = client.outbox.get(clientId);
    if (!item || !composer) return;
    composer.stopEditing();
    composer.text = [item.content, composer.text].filter(Boolean).join("\n");
    client.drafts.set(room, composer.text);
    client.discard(clientId);
    composer.focus();
  }

  /**
   * @param {Message} message
   * @returns {Record<string, boolean>}
   */
  #allowed({ kind, sender, content, created_at, deleted_at, attachment }) {
    const { store, me, host } = this.visit;
    const live = store.room.can_send && !deleted_at && kind !== "system";
    const mine = sender === me;
    const seconds = host.dataset.editSeconds;
    const inTime = !seconds || Date.now() - Date.parse(created_at) < Number(seconds) * 1000;
    return {
      react: live,
      reply: live,
      copy: !deleted_at && content !== "" && Boolean(navigator.clipboard),
      edit: live && mine && inTime && kind === "text" && !attachment,
      delete: mine && !deleted_at,
      report: !mine && !deleted_at && kind !== "system",
    };
  }

  /**
   * @param {string} action
   * @param {Message} message
   * @param {string | null} emoji
   */
  #act(action, message, emoji) {
    const { room, composer, store, words } = this.visit;
    const { seq } = message;
    if (action === "reply") composer?.reply(message, this.visit.nameOf(message), summary(message, words));
    else if (action === "edit") composer?.startEditing(store.get(seq) ?? message);
    else if (action === "copy") this.#copy(message.content);
    else if (action === "delete") this.#change("delete", { room, seq });
    else if (action === "react") this.#change("react", { room, seq, emoji });
    else this.visit.say(words.text(action.replace("-", "_")));
  }

  /** @param {string} content */
  async #copy(content) {
    const { announcer, words } = this.visit;
    try {
      await navigator.clipboard.writeText(content);
      announcer.notice(words.text("copied"));
    } catch {
      // The browser has asked, and the person said no.
    }
  }

  /**
   * @param {string} type
   * @param {{room: string, seq: number, [field: string]: any}} fields
   */
  async #change(type, fields) {
    const { client, words } = this.visit;
    try {
      await client.change(type, fields);
    } catch (problem) {
      this.visit.say(words.refusal(/** @type {Error} */ (problem)));
    }
  }
}
