/** @file What can be done with a message: one menu for all of them, and the questions it asks. */

import { actionOf, part } from "../dom.js";
import { PopupMenu } from "../popup-menu.js";
import { openEmojiDialog } from "./emoji-dialog.js";

/**
 * @typedef {import("../types.js").Message} Message
 */

export class Menu extends PopupMenu {
  /** @type {Message | null} */
  #message = null;

  /**
   * @param {object} how
   * @param {HTMLElement} how.host
   * @param {HTMLElement} how.popup
   * @param {AbortSignal} how.signal
   * @param {string} how.me
   * @param {(message: Message) => Record<string, boolean>} how.allowed which actions a message has
   * @param {(action: string, message: Message, emoji: string | null) => void} how.act
   * @param {(seq: number) => string} how.reportUrl
   */
  constructor(how) {
    super(how.popup, how.signal);
    this.how = how;
  }

  /**
   * @param {HTMLElement} li
   * @param {Message} message
   */
  open(li, message) {
    this.#offer(message);
    this.show(li, part(li, "text")?.parentElement ?? li, "mine" in li.dataset);
  }

  /**
   * An open menu is for its message as it is now.
   * @param {(seq: number) => Message | undefined} find
   */
  follow(find) {
    const before = this.#message;
    if (this.popup.hidden || !before) return;
    const message = find(before.seq);
    if (!message || message.deleted_at) this.back();
    else if (message !== before) this.#offer(message);
  }

  /** @param {Message} message */
  #offer(message) {
    const allowed = this.how.allowed(message);
    const mine = message.reactions?.[this.how.me];
    for (const item of this.items(false)) {
      const action = item.dataset.pcAction ?? "";
      item.hidden = !(allowed[action] ?? allowed[action.split("-")[0]]);
      if (action === "react") item.setAttribute("aria-checked", String(item.dataset.emoji === mine));
      if (action === "report") item.setAttribute("href", this.how.reportUrl(message.seq));
      item.tabIndex = -1;
    }
    this.#message = message;
  }

  /** @param {Event} event */
  chosen(event) {
    const { action, target } = actionOf(event);
    const message = this.#message;
    if (!target || !message || action === "report") return;
    const emoji = target.dataset.emoji ?? null;
    this.back();
    if (action === "delete") this.#ask("delete", () => this.how.act("delete", message, null));
    else if (action === "react-other") this.#askEmoji(message);
    else if (action === "react") this.how.act("react", message, message.reactions?.[this.how.me] === emoji ? null : emoji);
    else this.how.act(action, message, null);
  }

  /** @param {Message} message */
  #askEmoji(message) {
    openEmojiDialog(this.how.host, {
      value: message.reactions?.[this.how.me] ?? "",
      me: this.how.me,
      choose: (emoji) => this.how.act(emoji ? "react" : "bad-emoji", message, emoji),
      closed: () => this.opener?.focus({ preventScroll: true }),
    });
  }

  /**
   * @param {string} name
   * @param {() => void} yes
   */
  #ask(name, yes) {
    const dialog = this.#dialog(name);
    if (!dialog) return;
    dialog.returnValue = "";
    dialog.onclose = () => {
      this.opener?.focus({ preventScroll: true });
      if (dialog.returnValue && dialog.returnValue !== "cancel") yes();
    };
    dialog.showModal();
  }

  /**
   * @param {string} name
   * @returns {HTMLDialogElement | null}
   */
  #dialog(name) {
    return this.how.host.querySelector(`[data-pc-dialog="${name}"]`);
  }
}
