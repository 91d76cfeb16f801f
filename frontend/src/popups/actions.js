/** @file What a person can do with one message, and doing it. */

import { closeLikeMenus } from "../dismissable.js";
import { listening, part, slot } from "../dom.js";
import { follow } from "../gestures.js";
import { Menu } from "./message-menu.js";
import { showMedia } from "./player.js";

/**
 * @typedef {import("../types.js").Message} Message
 */

export class Actions {
  /** @type {Menu | null} */
  popup = null;

  /**
   * @param {import("../room-controller.js").RoomController} controller
   * @param {AbortSignal} signal
   */
  constructor(controller, signal) {
    this.controller = controller;
    this.signal = signal;
    const menu = part(controller.host, "settings");
    const on = listening(signal);
    if (menu) closeLikeMenus(menu, on);
    showMedia(controller.host);
    const { editor } = controller;
    if (editor) on(editor.input, "keydown", (event) => isArrowUp(event) && !editor.text && !editor.about && this.#editLast() && event.preventDefault());
  }

  #menu() {
    const { host, me, address } = this.controller;
    const popup = part(host, "menu");
    if (!popup) return null;
    return (this.popup ??= new Menu({
      host,
      popup,
      signal: this.signal,
      me,
      allowed: (message) => this.#allowed(message),
      act: (action, message, emoji) => this.#act(action, message, emoji),
      reportUrl: (seq) => `${address}report/?seq=${seq}`,
    }));
  }

  /**
   * Opens the menu. False: there is nothing to be done with this message here.
   * @param {HTMLElement} li
   */
  open(li) {
    const { timeline } = this.controller;
    const message = timeline.messageOf(li);
    const menu = this.#menu();
    if (!menu || !message?.seq || !Object.values(this.#allowed(message)).includes(true)) return false;
    timeline.activate(li);
    menu.open(li, message);
    return true;
  }

  /**
   * True: it is dealt with, and the browser need not follow.
   * @param {string} action
   * @param {HTMLElement | null} target
   * @param {HTMLElement | null} li
   */
  clicked(action, target, li) {
    if (action === "opening") this.#write(target?.textContent ?? "");
    else if (action === "fix") this.#takeBack(li?.dataset.clientId ?? "");
    else return action === "menu" && li !== null && this.open(li);
    return true;
  }

  /**
   * A key in the list of messages. True: as above.
   * @param {KeyboardEvent} event
   */
  pressed({ key, target }) {
    /** @type {Record<string, number>} */
    const steps = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity };
    // Their keys are also those of a seek bar.
    if (key in steps && /** @type {Element} */ (target).matches("input,select,textarea")) return false;
    if (key in steps) this.#move(steps[key]);
    else if (key === "Escape") this.controller.editor?.focus();
    else if (key !== "Enter" || !(target instanceof HTMLElement) || target.dataset.clientId === undefined) return false;
    else if (target.dataset.status === "failed") part(target, "failed")?.querySelector("button")?.focus();
    else return this.open(target);
    return true;
  }

  /**
   * A finger on a message: held it opens the menu, drawn aside it answers. A tap does what a tap does.
   * @param {PointerEvent} event
   */
  touched(event) {
    const { target, pointerType, isPrimary } = event;
    const li = /** @type {HTMLElement | null} */ (target instanceof Element && target.closest("[data-client-id]"));
    if (!li || pointerType !== "touch" || !isPrimary) return;
    if (getSelection()?.isCollapsed) li.removeAttribute("data-selecting");
    // A text that is being selected, the browser's own menu of a link, and a seek bar.
    if (li.hasAttribute("data-selecting") || /** @type {Element} */ (target).closest(".pc-link,input,select,textarea")) return;
    const message = this.controller.timeline.messageOf(li);
    follow(li, event, {
      signal: this.signal,
      held: () => this.open(li),
      aside: () => message?.seq && this.#allowed(message).reply && this.#act("reply", message, null),
    });
  }

  /** @param {number} steps up or down; infinite ones go to the ends */
  #move(steps) {
    const { timeline } = this.controller;
    const { active, stops } = timeline;
    const from = active ? stops.indexOf(active) : stops.length - 1;
    const li = stops[Math.max(0, Math.min(stops.length - 1, from + steps))];
    if (!li) return;
    timeline.activate(li);
    li.focus({ preventScroll: true });
    li.scrollIntoView({ block: "nearest" });
  }

  /**
   * Takes an unsent text back.
   * @param {string} clientId
   */
  #takeBack(clientId) {
    const { client, editor } = this.controller;
    const item = client.outbox.get(clientId);
    if (!item || !editor) return;
    client.giveUp(clientId);
    this.#write(item.content);
  }

  /**
   * Puts a text into the composer, before what is being written there.
   * @param {string} text
   */
  #write(text) {
    const { client, editor, room } = this.controller;
    if (!editor) return;
    editor.stopEditing();
    editor.text = [text, editor.text].filter(Boolean).join("\n");
    client.drafts.set(room, editor.text);
    editor.focus();
  }

  /** @param {number} seq */
  #select(seq) {
    const li = this.controller.timeline.element(seq);
    const content = li && (part(li, "card") ?? slot(li, "content"));
    if (!content) return;
    li.toggleAttribute("data-selecting", true);
    getSelection()?.selectAllChildren(content);
  }

  /** False: the last message that one has written is none that could be edited. */
  #editLast() {
    const { store, me, editor } = this.controller;
    const last = store.list().filter(({ sender, deleted_at }) => sender === me && !deleted_at).at(-1);
    if (!last || !editor || store.moreAfter || !this.#allowed(last).edit) return false;
    editor.startEditing(last);
    this.controller.follow();
    return true;
  }

  /**
   * @param {Message} message
   * @returns {Record<string, boolean>}
   */
  #allowed(message) {
    const { kind, sender, content, deleted_at } = message;
    const { store, me, host, client } = this.controller;
    const { can_send } = store.room;
    const live = can_send && !deleted_at && kind !== "system";
    const mine = sender === me;
    return {
      react: live,
      reply: live,
      select: !deleted_at && content !== "" && matchMedia("(hover: none)").matches,
      copy: !deleted_at && content !== "" && Boolean(navigator.clipboard),
      edit: mayEdit(message, me, can_send, host.dataset.editSeconds, client.now),
      delete: mine && !deleted_at,
      star: !deleted_at && !store.stars.has(message.seq),
      unstar: !deleted_at && store.stars.has(message.seq),
      report: !mine && !deleted_at && kind !== "system",
    };
  }

  /**
   * @param {string} action
   * @param {Message} message
   * @param {string | null} emoji
   */
  #act(action, message, emoji) {
    const { room, editor, store, words } = this.controller;
    const { seq } = message;
    if (action === "reply") editor?.startReplying(seq);
    else if (action === "edit") editor?.startEditing(store.get(seq) ?? message);
    else if (action === "select") this.#select(seq);
    else if (action === "copy") this.#copy(message.content);
    else if (action === "delete") this.#change("delete", { room, seq });
    else if (action === "react") this.#change("react", { room, seq, emoji });
    else if (action.endsWith("star")) this.#star(seq, action === "star");
    else this.controller.announce(words.text(action.replace("-", "_")));
    this.controller.follow();
  }

  /**
   * @param {number} seq
   * @param {boolean} on
   */
  async #star(seq, on) {
    const { client, room, words } = this.controller;
    try {
      await client.request("star", { room, seq, on });
      client.star(room, seq, on);
    } catch (problem) {
      this.controller.announce(words.refusal(/** @type {Error} */ (problem)));
    }
  }

  /** @param {string} content */
  async #copy(content) {
    const { speaker, words } = this.controller;
    try {
      await navigator.clipboard.writeText(content);
      speaker.inform(words.text("copied"));
    } catch {
      // The browser has asked, and the person said no.
    }
  }

  /**
   * @param {string} type
   * @param {{room: string, seq: number, [field: string]: any}} fields
   */
  async #change(type, fields) {
    const { client, words } = this.controller;
    try {
      await client.change(type, fields);
    } catch (problem) {
      this.controller.announce(words.refusal(/** @type {Error} */ (problem)));
    }
  }
}

/**
 * Return whether it makes sense to offer an edit; the server decides again.
 * @param {Message} message
 * @param {string} me
 * @param {boolean} canSend
 * @param {string} [seconds] none: at any time
 * @param {number} [now] by the server's clock
 */
export function mayEdit({ kind, sender, created_at, deleted_at }, me, canSend, seconds, now = Date.now()) {
  const inTime = !seconds || now - Date.parse(created_at) <= Number(seconds) * 1000;
  return canSend && sender === me && kind === "text" && !deleted_at && inTime;
}

/**
 * Alone, and for us: an input method picks among its candidates with it.
 * @param {KeyboardEvent} event
 */
function isArrowUp({ key, keyCode, isComposing, shiftKey, altKey, ctrlKey, metaKey }) {
  return key === "ArrowUp" && keyCode === 38 && !(isComposing || shiftKey || altKey || ctrlKey || metaKey);
}
