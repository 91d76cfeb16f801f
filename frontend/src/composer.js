/** @file The form to write in: Enter, drafts, replies, edits, typing, and nothing cleared before it is safe. */

import { fill, listening, part, show, slot } from "./dom.js";
import { EnterKey } from "./enter-key.js";

/**
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./i18n.js").Words} Words
 * @typedef {{content: string, replyTo: number | null}} Text
 *
 * The files that wait in the form, where the page has the module for them.
 * @typedef {HTMLElement & {ready?: boolean, send(text: Text): boolean}} Tray
 */

const TYPING_MS = 3_000;
/** From here on the person is told how many characters are left. */
const FEW_LEFT = 200;
/** What the server calls empty: white space, control and format characters, and signs that show nothing. */
export const EMPTY = /^[\s\p{Cc}\p{Cf}\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0f]*$/u;

export class Composer {
  #keys = new EnterKey(() => matchMedia("(pointer: coarse)").matches);
  /** @type {Message | null} */
  #editing = null;
  /** @type {number | null} */
  #replyTo = null;
  /** The text that was being written when an edit began. */
  #aside = "";
  #typedAt = 0;
  #submitting = false;

  /**
   * @param {object} how
   * @param {HTMLFormElement} how.form
   * @param {HTMLTextAreaElement} how.input
   * @param {Words} how.words
   * @param {number} how.limit code points
   * @param {AbortSignal} how.signal
   * @param {(text: Text) => boolean} how.send false: the text is not safe yet and stays here
   * @param {(message: Message, content: string) => Promise<void>} how.edit
   * @param {(on: boolean) => void} how.tellTyping
   * @param {(text: string) => void} how.draft keeps it
   * @param {(seq: number | null) => void} how.aim keeps what it answers
   * @param {(edit: {message: Message, text: string} | null) => void} how.keep keeps the edit that is under way
   */
  constructor(how) {
    this.how = how;
    this.form = how.form;
    this.input = how.input;
    this.#listen(how.signal);
    const replying = /** @type {HTMLInputElement | null} */ (how.form.elements.namedItem("reply_to"));
    if (replying?.value) {
      how.aim((this.#replyTo = Number(replying.value)));
      // A copy of the page that is shown later must not begin once more.
      replying.value = "";
    }
    how.input.autocomplete = "off";
    how.input.readOnly = false;
  }

  get editing() {
    return this.#editing;
  }

  /** The message that the line above the box shows. */
  get about() {
    return this.#editing?.seq ?? this.#replyTo;
  }

  get text() {
    return this.input.value;
  }

  /**
   * Puts a text there without a word about it to anybody.
   * @param {string} text
   */
  set text(text) {
    this.input.value = text;
    this.#grow();
    this.#count();
  }

  focus() {
    this.input.focus();
  }

  /**
   * @param {number} seq
   * @param {boolean} [now] false: it goes on from an earlier visit
   */
  startReplying(seq, now = true) {
    this.stopEditing();
    this.#replyTo = seq;
    show(this.form, "replying", true);
    if (!now) return;
    this.how.aim(seq);
    this.focus();
  }

  /**
   * The line above the box shows what its message says now. What was to become of one that is deleted stays a text.
   * @param {{sender: string, content: string, deleted: boolean}} quotation
   */
  follow({ sender, content, deleted }) {
    fill(this.form, "replying-sender", sender);
    fill(this.form, "replying-content", content);
    fill(this.form, "editing-content", content);
    if (!deleted || !this.#editing) return;
    const { text } = this;
    const changed = text !== this.#editing.content;
    this.stopEditing();
    if (changed) this.how.draft((this.text = [this.text, text].filter(Boolean).join("\n")));
    this.error(this.how.words.text("not_found_message"));
  }

  stopReplying() {
    this.#replyTo = null;
    this.how.aim(null);
    show(this.form, "replying", false);
  }

  /**
   * @param {Message} message
   * @param {string} [text] what it had become on an earlier visit
   */
  startEditing(message, text) {
    if (!this.#editing) this.#aside = this.text;
    this.stopReplying();
    this.#editing = message;
    show(this.form, "editing", true);
    this.text = text ?? message.content;
    if (text !== undefined) return;
    this.#keepEdit();
    this.focus();
    this.input.setSelectionRange(this.text.length, this.text.length);
  }

  #keepEdit() {
    const { seq, content } = /** @type {Message} */ (this.#editing);
    this.how.keep({ message: /** @type {Message} */ ({ seq, content }), text: this.text });
  }

  stopEditing() {
    if (!this.#editing) return;
    this.#editing = null;
    this.how.keep(null);
    show(this.form, "editing", false);
    this.text = this.#aside;
  }

  /** The text is safe elsewhere. */
  clear() {
    this.input.readOnly = false;
    this.text = "";
    this.how.draft("");
    this.#typedAt = 0;
    this.stopReplying();
  }

  /** The text waits here for its answer. */
  hold() {
    this.input.readOnly = true;
  }

  release() {
    this.input.readOnly = false;
  }

  /** @param {string} text none: takes it away */
  error(text) {
    fill(this.form, "error", text);
    show(this.form, "error", text !== "");
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const { form, input } = this;
    const on = listening(signal);
    on(form, "submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    on(input, "input", () => this.#changed());
    on(input, "keydown", (event) => this.#keyDown(event));
    on(input, "keyup", (event) => this.#keys.keyUp(event));
    on(input, "beforeinput", (event) => {
      const newLine = event.inputType === "insertLineBreak" || event.data === "\n";
      if (newLine && this.#keys.swallowsNewLine) event.preventDefault();
    });
    on(input, "compositionstart", (event) => this.#keys.compositionStart(event.data));
    on(input, "compositionupdate", (event) => this.#keys.compositionUpdate(event.data));
    on(input, "compositionend", (event) => {
      // The browser first finishes what it does with the last syllable.
      if (this.#keys.compositionEnd(event.data)) setTimeout(() => this.#submit());
    });
    on(input, "blur", () => this.#stopTyping());
    on(form, "click", (event) => {
      const action = event.target.closest("[data-pc-action]")?.dataset.pcAction;
      if (action === "cancel-reply") this.stopReplying();
      else if (action === "cancel-edit") this.stopEditing();
      else return;
      event.preventDefault();
      this.focus();
    });
    // The button must not take the focus: the keyboard of a phone would go.
    const button = form.querySelector('[data-pc-action="send"]');
    if (button) on(button, "pointerdown", (event) => event.preventDefault());
    if (button) on(button, "mousedown", (event) => event.preventDefault());
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (event.key === "Escape" && !event.isComposing) {
      if (this.#editing) this.stopEditing();
      else this.stopReplying();
      return;
    }
    const meaning = this.#keys.keyDown(event);
    if (meaning !== "pass") event.preventDefault();
    if (meaning === "send") this.#submit();
  }

  #changed() {
    this.error("");
    this.#grow();
    this.#count();
    if (this.#editing) return this.#keepEdit();
    this.how.draft(this.text);
    const now = Date.now();
    if (!this.text) this.#stopTyping();
    else if (now - this.#typedAt > TYPING_MS) {
      this.#typedAt = now;
      this.how.tellTyping(true);
    }
  }

  #stopTyping() {
    if (this.#typedAt) this.how.tellTyping(false);
    this.#typedAt = 0;
  }

  /** Where the style cannot let the field grow with its text, its rows do. */
  #grow() {
    if (!CSS.supports("field-sizing", "content")) this.input.rows = Math.min(6, this.text.split("\n").length);
  }

  #count() {
    const left = this.how.limit - [...this.text].length;
    fill(this.form, "counter", left > FEW_LEFT ? "" : this.how.words.plural("characters_left", left));
    slot(this.form, "counter")?.toggleAttribute("hidden", left > FEW_LEFT);
  }

  #submit() {
    const content = this.text;
    const files = /** @type {Tray | null} */ (this.#editing ? null : this.form.querySelector("pair-chat-files"));
    if (this.#submitting || this.input.readOnly || (EMPTY.test(content) && !files?.ready)) return;
    if ([...content].length > this.how.limit) {
      this.error(this.how.words.refusal({ code: "too_long" }));
      return;
    }
    if (this.#editing) this.#saveEdit(this.#editing, content);
    else if ((files?.ready ? files : this.how).send({ content, replyTo: this.#replyTo })) this.clear();
  }

  /**
   * @param {Message} message
   * @param {string} content
   */
  async #saveEdit(message, content) {
    this.#submitting = true;
    try {
      await this.how.edit(message, content);
      if (this.#editing === message) this.stopEditing();
    } catch (problem) {
      this.error(this.how.words.refusal(/** @type {Error} */ (problem)));
    } finally {
      this.#submitting = false;
    }
  }
}

/**
 * The form of an element, if the host's template kept it.
 * @param {HTMLElement} host
 */
export function composerParts(host) {
  const form = /** @type {HTMLFormElement | null} */ (part(host, "composer"));
  const input = form && /** @type {HTMLTextAreaElement | null} */ (slot(form, "input"));
  return form && input ? { form, input } : null;
}
