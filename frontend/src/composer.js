/** @file The form to write in: Enter, drafts, replies, edits, typing, and nothing cleared before it is safe. */

import { fill, listening, part, show, slot } from "./dom.js";
import { EnterKey } from "./keys.js";

/**
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./words.js").Words} Words
 * @typedef {{content: string, replyTo: number | null}} Text
 *
 * The files that wait in the form, where the page has the module for them.
 * @typedef {HTMLElement & {ready?: boolean, send(text: Text): boolean}} Tray
 */

const TYPING_MS = 3_000;
/** From here on the person is told how many characters are left. */
const FEW_LEFT = 200;
/** What the server calls empty: white space, format characters, and signs that show nothing. */
const EMPTY = /^[\s\p{Cf}\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0f]*$/u;

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
   * @param {(on: boolean) => void} how.typing
   * @param {(text: string) => void} how.draft keeps it
   */
  constructor({ form, input, words, limit, signal, send, edit, typing, draft }) {
    this.form = form;
    this.input = input;
    this.words = words;
    this.limit = limit;
    this.send = send;
    this.edit = edit;
    this.typing = typing;
    this.draft = draft;
    this.#listen(signal);
    const replying = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("reply_to"));
    this.#replyTo = Number(replying?.value) || null;
    input.autocomplete = "off";
  }

  get editing() {
    return this.#editing;
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
   * @param {Message} message
   * @param {string} sender
   * @param {string} content
   */
  reply(message, sender, content) {
    this.stopEditing();
    this.#replyTo = message.seq;
    fill(this.form, "replying-sender", sender);
    fill(this.form, "replying-content", content);
    show(this.form, "replying", true);
    this.focus();
  }

  stopReplying() {
    this.#replyTo = null;
    show(this.form, "replying", false);
  }

  /** @param {Message} message */
  startEditing(message) {
    if (!this.#editing) this.#aside = this.text;
    this.stopReplying();
    this.#editing = message;
    fill(this.form, "editing-content", message.content);
    show(this.form, "editing", true);
    this.text = message.content;
    this.focus();
    this.input.setSelectionRange(this.text.length, this.text.length);
  }

  stopEditing() {
    if (!this.#editing) return;
    this.#editing = null;
    show(this.form, "editing", false);
    this.text = this.#aside;
    this.focus();
  }

  /** The text is safe elsewhere. */
  clear() {
    this.input.readOnly = false;
    this.text = "";
    this.draft("");
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
    if (this.#editing) return;
    this.draft(this.text);
    const now = Date.now();
    if (!this.text) this.#stopTyping();
    else if (now - this.#typedAt > TYPING_MS) {
      this.#typedAt = now;
      this.typing(true);
    }
  }

  #stopTyping() {
    if (this.#typedAt) this.typing(false);
    this.#typedAt = 0;
  }

  /** Where the style cannot let the field grow with its text, its rows do. */
  #grow() {
    if (!CSS.supports("field-sizing", "content")) this.input.rows = Math.min(6, this.text.split("\n").length);
  }

  #count() {
    const left = this.limit - [...this.text].length;
    fill(this.form, "counter", left > FEW_LEFT ? "" : this.words.plural("characters_left", left));
    slot(this.form, "counter")?.toggleAttribute("hidden", left > FEW_LEFT);
  }

  #submit() {
    const content = this.text;
    const files = /** @type {Tray | null} */ (this.#editing ? null : this.form.querySelector("pair-chat-files"));
    if (this.#submitting || this.input.readOnly || (EMPTY.test(content) && !files?.ready)) return;
    if ([...content].length > this.limit) {
      this.error(this.words.refusal({ code: "too_long" }));
      return;
    }
    if (this.#editing) this.#saveEdit(this.#editing, content);
    else if ((files?.ready ? files : this).send({ content, replyTo: this.#replyTo })) this.clear();
  }

  /**
   * @param {Message} message
   * @param {string} content
   */
  async #saveEdit(message, content) {
    this.#submitting = true;
    try {
      await this.edit(message, content);
      if (this.#editing === message) this.stopEditing();
    } catch (problem) {
      this.error(this.words.refusal(/** @type {Error} */ (problem)));
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
