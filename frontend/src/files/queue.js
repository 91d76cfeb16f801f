/** @file The files that were chosen and are not yet messages: what state each is in, and which one is next. */

import { mintId } from "../protocol.js";

/**
 * chosen: still to be sent by the person; waiting: its turn comes; uploading; broken: the connection failed, it goes on
 * with it; refused: it stays until the person decides.
 * @typedef {"chosen" | "waiting" | "uploading" | "broken" | "refused"} State
 *
 * `upload` and `attachment` are there once the file is; `client_id` is that of its message, however often it is tried.
 * @typedef {{client_id: string, file: File, state: State, content: string, replyTo: number | null, code?: string,
 *   message?: string, upload?: string, attachment?: import("../types.js").Attachment}} Item
 *
 * @typedef {{accept: string, limitBytes: number}} Limits
 */

/** Trying these again would change nothing. */
const FINAL = new Set(["unsupported", "too_large", "bad_request"]);

/**
 * Why the server would refuse a file; "" if it may take it.
 * @param {{name: string, size: number}} file
 * @param {Limits} limits
 */
export function refusalOf({ name, size }, { accept, limitBytes }) {
  const suffix = name.slice(name.lastIndexOf(".")).toLowerCase();
  if (!name.includes(".") || !accept.split(",").includes(suffix)) return "unsupported";
  if (size > limitBytes) return "too_large";
  return size ? "" : "bad_request";
}

export class Queue {
  /** @type {Item[]} */
  items = [];

  /** @param {Limits} limits */
  constructor(limits) {
    this.limits = limits;
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) {
      const code = refusalOf(file, this.limits);
      const state = code ? "refused" : "chosen";
      this.items.push({ client_id: mintId(), file, state, code, content: "", replyTo: null });
    }
  }

  /** Whether there is anything that the person has yet to send. */
  get ready() {
    return this.items.some(({ state }) => state === "chosen");
  }

  /**
   * All that was chosen is to go, the text and the answer with the first.
   * @param {{content: string, replyTo: number | null}} text
   */
  submit(text) {
    const chosen = this.items.filter(({ state }) => state === "chosen");
    for (const item of chosen) item.state = "waiting";
    Object.assign(chosen[0] ?? {}, text);
  }

  /** The one to bring now. Behind one whose connection broke the others wait; one that was refused holds up nobody. */
  next() {
    const first = this.items.find(({ state }) => state !== "chosen" && state !== "refused");
    return first?.state === "waiting" ? first : null;
  }

  /**
   * The files go on that a broken connection has stopped.
   * @returns {boolean} whether there were any
   */
  resume() {
    const broken = this.items.filter(({ state }) => state === "broken");
    for (const item of broken) item.state = "waiting";
    return broken.length > 0;
  }

  /** @param {Item} item */
  retry(item) {
    if (canRetry(item)) item.state = "waiting";
  }

  /**
   * Takes it away. A text that was to go with it goes with the next one.
   * @param {Item} item
   * @returns {string} the text that no file can take along any more
   */
  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    if (!item.content && !item.replyTo) return "";
    const heir = this.items.find(({ state, content }) => !content && (state === "waiting" || state === "broken"));
    if (!heir) return item.content;
    heir.content = item.content;
    heir.replyTo ??= item.replyTo;
    return "";
  }

  /** @param {Item} item its message is in the outbox */
  done(item) {
    this.items = this.items.filter((other) => other !== item);
  }
}

/** @param {Item} item */
export function canRetry({ state, code = "" }) {
  return state === "broken" || (state === "refused" && !FINAL.has(code));
}

/**
 * The files that a paste brings. An office program adds a picture of the text: then the text is meant.
 * @param {DataTransfer | null} data
 */
export function pastedFiles(data) {
  return data && !data.types.includes("text/rtf") ? [...data.files] : [];
}
