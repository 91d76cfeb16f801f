/** @file What a person can do with a row of the list: by its menu, with a finger, and taking it back. */

import { listening, part, show, slot } from "../dom.js";
import { follow } from "../gestures.js";
import { waits } from "../inbox-store.js";
import { RowMenu } from "./row-menu.js";

/** So many pixels a row is drawn to be acted on: wide enough for a word. */
const FAR = 88;
const HOUR_MS = 3_600_000;
/** As the server has it. */
const FOR_EVER = "9999-01-01T00:00:00.000Z";
const UNDO_MS = 10_000;

export class RowActs {
  /** @type {RowMenu | undefined} */
  #menu;
  /** @type {(() => void) | undefined} */
  #takeBack;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #hovered = false;

  /**
   * @param {import("../inbox/pair-chat-inbox.js").PairChatInbox} inbox
   * @param {AbortSignal} signal
   */
  constructor(inbox, signal) {
    this.inbox = inbox;
    this.signal = signal;
    const popup = part(inbox, "row-menu");
    if (popup) this.#menu = new RowMenu(popup, signal, (act, li) => this.#act(act, li));
    part(inbox, "row-undo")?.addEventListener("click", () => this.#undo(), { signal });
    this.#waitForLeave(signal);
    signal.addEventListener("abort", () => {
      this.#menu?.close();
      this.#say("");
    });
  }

  /**
   * What somebody is at does not go away; it has its time again once they have left.
   * @param {AbortSignal} signal
   */
  #waitForLeave(signal) {
    const note = part(this.inbox, "row-note");
    if (!note) return;
    const on = listening(signal);
    for (const name of ["pointerenter", "pointerleave"]) {
      on(note, name, () => {
        this.#hovered = name === "pointerenter";
        this.#lapse();
      });
    }
    on(note, "focusout", () => this.#lapse());
  }

  #lapse() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.#hovered && !part(this.inbox, "row-note")?.contains(document.activeElement)) this.#say("");
    }, UNDO_MS);
  }

  /**
   * @param {HTMLElement} li
   * @param {Element | null} [button]
   */
  open(li, button = null) {
    this.#menu?.open(li, (act) => this.#allowed(act, li), button);
  }

  /**
   * A finger on a row: held it opens the menu, drawn to the start of the line it archives, to its end it marks as
   * unread, or as read. A tap does what a tap does.
   * @param {PointerEvent} event
   */
  touched(event) {
    const { target, isPrimary, pointerType } = event;
    const li = /** @type {HTMLElement | null} */ (target instanceof Element && target.closest("[data-room]"));
    if (!li || !isPrimary || pointerType !== "touch" || /** @type {Element} */ (target).closest("button")) return;
    const ahead = this.#first(li, "row-read", "row-unread");
    const back = this.#first(li, "row-archive", "row-unarchive");
    const panel = this.#panel();
    follow(li, event, {
      signal: this.signal,
      most: FAR,
      held: () => this.open(li),
      aside: () => ahead && this.#act(ahead, li),
      back: () => back && this.#act(back, li),
      moved: (far) => panel && this.#show(li, panel, far, far < 0 ? back : ahead),
    });
  }

  /**
   * @param {HTMLElement} li
   * @param {string[]} acts
   */
  #first(li, ...acts) {
    return acts.find((act) => this.#allowed(act, li));
  }

  #panel() {
    const template = /** @type {HTMLTemplateElement | null} */ (this.inbox.querySelector('template[data-pc-template="row-swipe"]'));
    return /** @type {HTMLElement | null} */ (template && document.importNode(template.content, true).firstElementChild);
  }

  /**
   * What will be done, in the words of the menu.
   * @param {HTMLElement} li
   * @param {HTMLElement} panel
   * @param {number} far
   * @param {string | undefined} act
   */
  #show(li, panel, far, act) {
    const item = act && far && this.#menu?.popup.querySelector(`[data-pc-action=${act}]`);
    if (!item) {
      panel.remove();
      for (const name of ["data-aside", "data-far"]) li.removeAttribute(name);
      return;
    }
    if (panel.dataset.act !== act) panel.replaceChildren(...[...item.childNodes].map((node) => node.cloneNode(true)));
    panel.dataset.act = act;
    li.toggleAttribute("data-far", Math.abs(far) === FAR);
    li.dataset.aside = far < 0 ? "back" : "ahead";
    if (panel.parentElement !== li) li.prepend(panel);
  }

  /**
   * Whether it makes sense to offer this; the server decides again.
   * @param {string} act
   * @param {HTMLElement} li
   */
  #allowed(act, li) {
    const { inbox } = this;
    const { room = "", unread } = li.dataset;
    const flag = (/** @type {string} */ name) => li.hasAttribute(`data-${name}`);
    const isUnread = Number(unread) > 0 || flag("marked-unread");
    const isArchive = inbox.hasAttribute("data-archived");
    /** @type {Record<string, boolean | undefined>} */
    const allowed = {
      "row-read": isUnread,
      // What is open beside the list has been read again at once.
      "row-unread": !isUnread && !inbox.client?.rooms.has(room),
      "row-pin": !isArchive && !flag("pinned"),
      "row-unpin": flag("pinned"),
      "row-archive": !isArchive,
      "row-unarchive": isArchive,
      "row-mute": !flag("muted"),
      "row-unmute": flag("muted"),
    };
    return Boolean(allowed[act.replace(/(-mute)-.*/, "$1")]);
  }

  /**
   * @param {string} act
   * @param {HTMLElement} li
   */
  #act(act, li) {
    const { room = "", head } = li.dataset;
    const { client } = this.inbox;
    const change = (/** @type {object} */ changes) => this.#ask("settings", { room, ...changes }, li);
    const mute = (/** @type {number} */ hours) => change({ muted_until: new Date((client?.now ?? Date.now()) + hours * HOUR_MS).toISOString() });
    this.#say("");
    /** @type {Record<string, () => void>} */
    const acts = {
      "row-read": () => this.#ask("read", { room, seq: Number(head) }, li),
      "row-unread": () => change({ marked_unread: true }),
      "row-pin": () => change({ pinned: true }),
      "row-unpin": () => change({ pinned: false }),
      "row-archive": () => this.#archive(li, true),
      "row-unarchive": () => this.#archive(li, false),
      "row-mute-1": () => mute(1),
      "row-mute-8": () => mute(8),
      "row-mute-always": () => change({ muted_until: FOR_EVER }),
      "row-unmute": () => change({ muted_until: null }),
    };
    acts[act]?.();
  }

  /**
   * @param {HTMLElement} li
   * @param {boolean} archived
   */
  async #archive(li, archived) {
    const { room = "" } = li.dataset;
    const pinned = li.hasAttribute("data-pinned") || undefined;
    const { parentElement: list, nextSibling: next } = li;
    const hadFocus = li.contains(document.activeElement);
    if (!(await this.#ask("settings", { room, archived }, li))) return;
    const texts = part(this.inbox, "row-note")?.dataset ?? {};
    this.#say((archived ? texts.archived : texts.unarchived) ?? "", async () => {
      if (await this.#ask("settings", { room, archived: !archived, pinned }, li)) this.#comeBack(li, list, next);
    });
    // It was the only one, and there was none beside it to go on with.
    if (hadFocus && !list?.firstElementChild) part(this.inbox, "row-undo")?.focus();
  }

  /**
   * Puts a row back to where it was, whatever else the list knows of its room: a page of older rooms knows nothing.
   * @param {HTMLElement} li
   * @param {HTMLElement | null} list
   * @param {Node | null} next
   */
  #comeBack(li, list, next) {
    this.#say("");
    if (!list?.isConnected) return;
    const held = /** @type {HTMLElement | undefined} */ ([...list.children].find((row) => /** @type {HTMLElement} */ (row).dataset.room === li.dataset.room));
    if (!held) list.insertBefore(li, next?.parentNode === list ? next : null);
    show(this.inbox, "nothing", false);
    slot(held ?? li, "link")?.focus({ preventScroll: true });
  }

  /**
   * True: it is done, and the row shows it.
   * @param {string} type
   * @param {Record<string, any>} fields
   * @param {HTMLElement | null} li
   */
  async #ask(type, fields, li) {
    const { inbox } = this;
    const { client, words } = inbox;
    if (!client || !words) return false;
    try {
      const { room } = await client.request(type, fields);
      const stays = room.me.archived === inbox.hasAttribute("data-archived") && (waits(room) || !inbox.hasAttribute("data-unread"));
      if (li && stays) inbox.fillRow(li, room);
      else if (li) leave(li);
      client.roomChanged(room);
      return true;
    } catch (problem) {
      this.#say(words.refusal(/** @type {Error} */ (problem)));
      return false;
    }
  }

  /**
   * @param {string} text
   * @param {() => void} [takeBack]
   */
  #say(text, takeBack) {
    const note = slot(this.inbox, "row-note");
    if (note) note.textContent = text;
    part(this.inbox, "row-undo")?.toggleAttribute("hidden", !takeBack);
    this.#takeBack = takeBack;
    clearTimeout(this.#timer);
    if (text) this.#lapse();
  }

  #undo() {
    const takeBack = this.#takeBack;
    this.#takeBack = undefined;
    takeBack?.();
  }
}

/**
 * Takes a row out of the list. Whoever was on it goes on beside it.
 * @param {HTMLElement} li
 */
function leave(li) {
  const beside = li.nextElementSibling ?? li.previousElementSibling;
  const target = beside && slot(beside, "link");
  if (li.contains(document.activeElement)) target?.focus();
  li.remove();
}
