/** @file `<pair-chat-files>`: the tray of the files that are about to be sent, and their way into messages. */

import { csrfToken } from "../csrf.js";
import { clone, fileSize, fill, part, show, slot } from "../dom.js";
import { Refusal } from "../protocol.js";
import { Words } from "../i18n.js";
import { draw } from "./preview.js";
import { Queue, canRetry, pastedFiles } from "./queue.js";
import { changeSpeed, holdOrTap } from "./voice-button.js";
import { upload } from "./upload.js";

/** @typedef {import("./queue.js").Item} Item */

/** What a file has to do with `<pair-chat>`. @typedef {HTMLElement & {send(draft: object): boolean}} Room */

/** Refusals that pass by themselves. */
const PASSING = new Set(["busy", "rate_limited"]);
const PAUSE_SECONDS = 2;

export class PairChatFiles extends HTMLElement {
  #queue = new Queue({ accept: "", limitBytes: 0 });
  #words = new Words("{}");
  #over = new AbortController();
  #running = false;
  /** @type {Map<Item, HTMLElement>} */
  #elements = new Map();
  /** The upload that is under way. @type {{item: Item, abort: AbortController} | null} */
  #current = null;
  /** How many dragged elements lie under the pointer: leaving a child is not leaving. */
  #dragged = 0;

  connectedCallback() {
    const { accept = "", limitBytes = "0", media = "", mediaLimitBytes = limitBytes } = this.dataset;
    const limits = { accept, limitBytes: Number(limitBytes), media, mediaLimitBytes: Number(mediaLimitBytes) };
    // A page swap that moves the element leaves what it holds.
    if (!this.#queue.items.length) this.#queue = new Queue(limits);
    this.#words = new Words();
    this.#over = new AbortController();
    this.#listen(this.#over.signal);
    this.#pump();
  }

  disconnectedCallback() {
    this.#over.abort();
    this.#current?.abort.abort();
  }

  /** Whether files wait for the person to send them. */
  get ready() {
    return this.#queue.ready;
  }

  /**
   * Puts files in the tray.
   * @param {Iterable<File>} files
   */
  add(files) {
    this.#queue.add(files);
    this.#render();
    for (const { file, code, message } of this.#queue.items.slice(-[...files].length)) {
      if (code) this.#say(`${file.name}: ${this.#reason({ code, message })}`);
    }
  }

  /**
   * Sends what is in the tray, the text and the answer with its first file.
   * @param {{content: string, replyTo: number | null}} text
   */
  send(text) {
    this.#queue.submit(text);
    this.#pump();
    return true;
  }

  get #room() {
    return /** @type {Room | null} */ (this.closest("[data-room][data-me]"));
  }

  get #form() {
    return /** @type {HTMLFormElement | null} */ (this.closest("form"));
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const form = this.#form;
    const room = this.#room;
    if (!form || !room) return;
    const on = (/** @type {EventTarget} */ target, /** @type {string} */ name, /** @type {(event: any) => void} */ act) =>
      target.addEventListener(name, act, { signal });
    for (const name of ["file", "camera"]) {
      const field = /** @type {HTMLInputElement | null} */ (slot(form, name));
      if (!field) continue;
      on(field, "change", () => {
        const files = [...(field.files ?? [])];
        // The same file may be chosen again, and the form itself sends none.
        field.value = "";
        this.add(files);
      });
    }
    this.#offerVoice(form, on, signal);
    on(room, "click", changeSpeed);
    room.toggleAttribute("data-speeds", true);
    on(form, "paste", (event) => {
      const files = pastedFiles(event.clipboardData);
      if (!files.length) return;
      event.preventDefault();
      this.add(files);
    });
    on(this, "click", (event) => this.#click(event));
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) on(room, name, (event) => this.#drag(event));
    on(room, "pairchat:state", ({ detail }) => {
      if (detail.state !== "open" && detail.state !== "polling") return;
      this.#queue.resume();
      this.#pump();
    });
    on(window, "beforeunload", (event) => {
      if (this.#queue.items.length) event.preventDefault();
    });
  }

  /**
   * A voice message is recorded while the button is held, or from one tap to another. Its module comes with the first.
   * @param {HTMLFormElement} form
   * @param {(target: EventTarget, name: string, act: (event: any) => void) => void} on
   * @param {AbortSignal} signal
   */
  #offerVoice(form, on, signal) {
    const button = part(form, "record");
    const panel = part(this, "voice");
    if (!button || !panel || !navigator.mediaDevices || !window.MediaRecorder) return;
    const { accept = "" } = this.dataset;
    const send = (/** @type {File} */ file, /** @type {Item["voice"]} */ voice) => {
      this.add([file]);
      Object.assign(this.#queue.items.at(-1) ?? {}, { voice });
      form.requestSubmit();
    };
    const problem = (/** @type {string} */ text) => {
      fill(form, "error", text);
      show(form, "error", true);
    };
    const record = holdOrTap(button.dataset.module ?? "", { panel, button, accept, send, problem, signal });
    button.hidden = false;
    on(button, "pointerdown", record.down);
    on(button, "click", record.click);
    for (const name of ["pointerup", "pointercancel"]) on(document, name, record.up);
  }

  /** @param {DragEvent} event */
  #drag(event) {
    if (!event.dataTransfer?.types.includes("Files") || this.#form?.hidden) return;
    event.preventDefault();
    if (event.type === "dragenter") this.#dragged += 1;
    if (event.type === "dragleave") this.#dragged -= 1;
    if (event.type === "drop") {
      this.#dragged = 0;
      this.add([...event.dataTransfer.files]);
    }
    show(this, "drop", this.#dragged > 0);
    this.closest(".pc-room")?.toggleAttribute("data-dropping", this.#dragged > 0);
  }

  /** @param {MouseEvent} event */
  #click({ target }) {
    const button = target instanceof Element && target.closest("[data-pc-action]");
    const item = button && this.#queue.items.find((one) => this.#elements.get(one)?.contains(button));
    if (!item) return;
    if (button.getAttribute("data-pc-action") === "retry-file") {
      this.#queue.retry(item);
      this.#queue.resume();
    } else this.#remove(item);
    this.#pump();
    slot(this.#form ?? this, "input")?.focus();
  }

  /** @param {Item} item */
  #remove(item) {
    if (this.#current?.item === item) this.#current.abort.abort();
    const input = /** @type {HTMLTextAreaElement | null} */ (slot(this.#form ?? this, "input"));
    const text = this.#queue.remove(item);
    if (!text || !input) return;
    input.value = [text, input.value].filter(Boolean).join("\n");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** One after the other: they are sent in the order in which they were chosen. */
  async #pump() {
    this.#render();
    if (this.#running) return;
    this.#running = true;
    for (let item = this.#queue.next(); item && this.isConnected; item = this.#queue.next()) await this.#bring(item);
    this.#running = false;
  }

  /** @param {Item} item */
  async #bring(item) {
    const abort = new AbortController();
    this.#current = { item, abort };
    item.state = "uploading";
    this.#render();
    try {
      if (!item.upload) Object.assign(item, await this.#upload(item, abort.signal));
      this.#hand(item);
    } catch (problem) {
      await this.#failed(item, problem, abort.signal);
    }
    this.#current = null;
    this.#render();
  }

  /**
   * @param {Item} item
   * @param {AbortSignal} signal
   */
  #upload(item, signal) {
    const { api = "", room = "" } = this.dataset;
    const progress = (/** @type {number} */ share) => this.#progress(item, share);
    const user = this.#room?.dataset.me ?? "";
    const headers = { "X-CSRFToken": csrfToken() };
    return upload({ api, room, user, file: item.file, voice: item.voice, headers, signal, progress });
  }

  /** @param {Item} item its file is there: the room's outbox takes over */
  #hand(item) {
    const { client_id, content, replyTo, upload, attachment, album } = item;
    const draft = { clientId: client_id, content, replyTo, upload, attachment, album };
    if (this.#room?.send(draft)) this.#queue.done(item);
    else throw new Refusal({ code: "not_sent" });
  }

  /**
   * @param {Item} item
   * @param {unknown} problem
   * @param {AbortSignal} signal
   */
  async #failed(item, problem, signal) {
    if (problem instanceof Refusal && PASSING.has(problem.code)) {
      item.state = "waiting";
      this.#render();
      await pause((problem.retryAfter || PAUSE_SECONDS) * 1000, signal);
    } else if (problem instanceof Refusal) {
      Object.assign(item, { state: "refused", code: problem.code, message: problem.message });
      this.#say(`${item.file.name}: ${this.#reason(item)}`);
    } else {
      item.state = "broken";
      if (!signal.aborted) this.#say(this.#words.text("file_broken"));
    }
  }

  // What is shown

  #render() {
    const tray = part(this, "tray");
    if (!tray) return;
    const { items } = this.#queue;
    for (const [item, element] of this.#elements) {
      if (items.includes(item)) continue;
      element.remove();
      this.#elements.delete(item);
    }
    for (const item of items) {
      const element = this.#element(item);
      if (element.parentElement !== tray) tray.append(element);
    }
    tray.hidden = items.length === 0;
  }

  /** @param {Item} item */
  #element(item) {
    const known = this.#elements.get(item);
    const element = known ?? clone(this, "upload");
    if (!known) {
      this.#elements.set(item, element);
      for (const name of element.querySelectorAll('[data-pc-slot="name"]')) name.textContent = item.file.name;
      this.#preview(item, element);
    }
    element.dataset.state = item.state;
    fill(element, "state", this.#stateWords(item));
    slot(element, "progress")?.toggleAttribute("hidden", item.state !== "uploading");
    element.querySelector('[data-pc-action="retry-file"]')?.toggleAttribute("hidden", !canRetry(item));
    return element;
  }

  /**
   * @param {Item} item
   * @param {HTMLElement} element
   */
  async #preview({ file }, element) {
    const canvas = part(element, "preview");
    if (canvas instanceof HTMLCanvasElement && (await draw(file, canvas))) canvas.hidden = false;
  }

  /**
   * @param {Item} item
   * @param {number} share
   */
  #progress(item, share) {
    const bar = slot(this.#elements.get(item) ?? this, "progress");
    if (bar instanceof HTMLProgressElement) bar.value = share;
  }

  /** @param {Item} item */
  #stateWords({ state, file, code, message }) {
    if (state === "chosen") return fileSize(file.size, this.#words.language);
    return state === "refused" ? this.#reason({ code, message }) : this.#words.text(`file_${state}`);
  }

  /** @param {{code?: string, message?: string}} problem */
  #reason({ code, message }) {
    const { texts } = this.#words;
    return message || String(texts[`file_${code}`] ?? texts[`error_${code}`] ?? texts.file_not_sent);
  }

  /** @param {string} text */
  #say(text) {
    fill(this, "tray-news", text);
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal ends it early
 * @returns {Promise<void>}
 */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => resolve());
  });
}
