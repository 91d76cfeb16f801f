/** @file The files that were chosen and are not yet messages: what state each is in, and which one is next. */

import { mintId } from "../protocol.js";

/**
 * chosen: still to be sent by the person; waiting: its turn comes; uploading; broken: the connection failed, it goes on
 * with it; refused: it stays until the person decides.
 * @typedef {"chosen" | "waiting" | "uploading" | "broken" | "refused"} State
 *
 * `upload` and `attachment` are there once the file is; `client_id` is that of its message, however often it is tried.
 * @typedef {{client_id: string, file: File, state: State, content: string, replyTo: number | null, code?: string,
 *   message?: string, upload?: string, attachment?: import("../types.js").Attachment, album?: string,
 *   voice?: import("../wire.js").Voice}} Item
 *
 * @typedef {{accept: string, limitBytes: number, media?: string, mediaLimitBytes?: number}} Limits
 */

/** So many photos are one album at most. */
const ALBUM_LIMIT = 10;
/** Trying these again would change nothing. */
const FINAL = new Set(["unsupported", "too_large", "bad_request"]);

/**
 * Why the server would refuse a file; "" if it may take it.
 * @param {{name: string, size: number}} file
 * @param {Limits} limits
 */
export function refusalOf({ name, size }, { accept, limitBytes, media = "", mediaLimitBytes = limitBytes }) {
  // As the server reads a name: without what nobody sees of it, and what only begins with a dot has no suffix.
  const [, suffix] = /[^.].*(\.[^.]+)$/su.exec(name.replace(/\p{C}/gu, "").trim()) ?? [];
  if (!suffix || !accept.split(",").includes(suffix.toLowerCase())) return "unsupported";
  if (size > (media.split(",").includes(suffix.toLowerCase()) ? mediaLimitBytes : limitBytes)) return "too_large";
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
   * All that was chosen is to go, the text and the answer with the first. Photos that go together are an album.
   * @param {{content: string, replyTo: number | null}} text
   */
  submit(text) {
    const chosen = this.items.filter(({ state }) => state === "chosen");
    for (const item of chosen) item.state = "waiting";
    Object.assign(chosen[0] ?? {}, text);
    const photos = chosen.filter(({ file }) => isPicture(file));
    for (let at = 0; at < photos.length; at += ALBUM_LIMIT) {
      const together = photos.slice(at, at + ALBUM_LIMIT);
      const album = together.length > 1 ? mintId() : undefined;
      for (const item of together) item.album = album;
    }
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

/**
 * Some systems know no type for the photos of phones.
 * @param {File} file
 */
function isPicture({ type = "", name }) {
  return type.startsWith("image/") || /\.(avif|hei[cf])$/i.test(name);
}

/** @param {Item} item */
export function canRetry({ state, code = "" }) {
  return state === "broken" || (state === "refused" && !FINAL.has(code));
}

/**
 * The files that a paste brings. Office programs and note books add a picture of the text: then the text is meant. A
 * picture that was copied from a page comes as HTML without a text, a file with its name alone.
 * @param {DataTransfer | null} data
 */
export function pastedFiles(data) {
  if (!data || data.types.includes("text/rtf")) return [];
  const text = data.types.includes("text/plain") && data.getData("text/html").replace(/<[^>]*>/g, "").trim();
  return text ? [] : [...data.files];
}
