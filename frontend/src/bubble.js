/** @file One message on the page: read from what the server rendered, and filled when it changes. */

import { fileSize, fill, fillText, fillTime, part, show, slot } from "./dom.js";

/**
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./words.js").Words} Words
 * @typedef {"" | "sending" | "slow" | "failed" | "sent" | "read"} Status
 */

const QUOTED = 140;

/**
 * The message of a server-rendered element, as far as the page shows it.
 * @param {HTMLElement} li
 * @param {{room: string, me: string}} where
 * @returns {Message}
 */
export function readBubble(li, { room, me }) {
  const { seq, rev, sender, clientId, kind, created } = li.dataset;
  const reply = part(li, "reply")?.dataset.replyTo;
  const mine = slot(li, "reaction-mine")?.textContent;
  const peer = slot(li, "reaction-peer")?.textContent;
  const createdAt = created ?? "";
  return {
    room,
    seq: Number(seq),
    rev: Number(rev),
    sender: sender || null,
    client_id: clientId || null,
    kind: kind ?? "text",
    content: slot(li, "content")?.textContent ?? "",
    reply_to: reply ? Number(reply) : null,
    reactions: { ...(mine ? { [me]: mine } : {}), ...(peer ? { peer } : {}) },
    attachment: readAttachment(li),
    created_at: createdAt,
    edited_at: "edited" in li.dataset ? createdAt : null,
    deleted_at: "deleted" in li.dataset ? createdAt : null,
  };
}

/**
 * @param {HTMLElement} li
 * @returns {import("./types.js").Attachment | null}
 */
function readAttachment(li) {
  const image = part(li, "image");
  if (image && !image.hidden) return { name: "", type: "image/", size: 0 };
  const file = part(li, "file");
  return file && !file.hidden ? { name: "", type: "", size: 0 } : null;
}

/** What a message is called in one line: a quotation, a list, a label. */
export function summary(/** @type {Message} */ message, /** @type {Words} */ words) {
  if (message.deleted_at) return words.text("deleted_message");
  if (message.content) return message.content.slice(0, QUOTED);
  if (!message.attachment) return "";
  return words.text(message.attachment.type.startsWith("image/") ? "photo" : "file");
}

export class Bubbles {
  /** @param {import("./visit.js").Visit} visit */
  constructor(visit) {
    this.visit = visit;
    this.words = visit.words;
  }

  /**
   * Everything that only changes with the message's `rev`.
   * @param {HTMLElement} li
   * @param {Message} message
   */
  fill(li, message) {
    this.#attributes(li, message);
    const deleted = Boolean(message.deleted_at);
    fill(li, "sender", message.kind === "system" ? "" : this.visit.nameOf(message));
    const content = slot(li, "content");
    if (content) fillText(content, message.content);
    show(li, "text", !deleted && message.content !== "");
    show(li, "deleted", deleted);
    show(li, "edited", !deleted && Boolean(message.edited_at));
    this.#attachment(li, message);
    this.#reactions(li, message);
    const menu = li.querySelector('[data-pc-action="menu"]');
    if (message.seq) menu?.setAttribute("href", `${this.visit.roomUrl}messages/${message.seq}/`);
  }

  /**
   * What also depends on its surroundings.
   * @param {HTMLElement} li
   * @param {Message} message
   * @param {{first: boolean, last: boolean, status: Status}} place
   */
  place(li, message, { first, last, status }) {
    li.toggleAttribute("data-first", first);
    li.toggleAttribute("data-last", last);
    if (status) li.dataset.status = status;
    else delete li.dataset.status;
    const statusWord = status ? this.words.text(`status_${status}`) : "";
    fill(li, "status", statusWord);
    show(li, "failed", status === "failed");
    const time = this.words.dates.timeOfDay(message.created_at);
    fillTime(li, "time", message.created_at, time);
    slot(li, "time")?.setAttribute("title", this.words.dates.full(message.created_at));
    this.#quote(li, message);
    const label = this.words.text("message_label", {
      sender: this.visit.nameOf(message),
      content: summary(message, this.words),
      time,
      status: statusWord,
    });
    li.setAttribute("aria-label", label.replace(/[,،、，\s]+$/, ""));
  }

  /**
   * @param {HTMLElement} li
   * @param {Message} message
   */
  #attributes(li, message) {
    if (message.seq) {
      li.id = `m-${message.seq}`;
      li.dataset.seq = String(message.seq);
      li.dataset.rev = String(message.rev);
    }
    li.dataset.clientId = message.client_id ?? "";
    li.dataset.sender = message.sender ?? "";
    li.dataset.kind = message.kind;
    li.dataset.created = message.created_at;
    li.toggleAttribute("data-mine", message.sender === this.visit.me);
    li.toggleAttribute("data-deleted", Boolean(message.deleted_at));
    li.toggleAttribute("data-edited", Boolean(message.edited_at));
  }

  /**
   * @param {HTMLElement} li
   * @param {Message} message
   */
  #quote(li, message) {
    const quote = /** @type {HTMLAnchorElement | null} */ (part(li, "reply"));
    if (!quote) return;
    const replyTo = message.deleted_at ? null : message.reply_to;
    quote.toggleAttribute("hidden", !replyTo);
    if (!replyTo) return;
    const original = this.visit.store.get(replyTo);
    quote.dataset.replyTo = String(replyTo);
    quote.href = original ? `#m-${replyTo}` : `${this.visit.roomUrl}?around=${replyTo}#m-${replyTo}`;
    // What the server quoted from beyond the window is better than nothing.
    if (!original && quote.dataset.quoted === undefined && slot(quote, "reply-content")?.textContent) return;
    quote.dataset.quoted = "";
    fill(quote, "reply-sender", original ? this.visit.nameOf(original) : "");
    fill(quote, "reply-content", original ? summary(original, this.words) : this.words.text("earlier_message"));
  }

  /**
   * @param {HTMLElement} li
   * @param {Message} message
   */
  #reactions(li, { reactions = {} }) {
    const mine = reactions[this.visit.me] ?? "";
    const peer = Object.entries(reactions).find(([user]) => user !== this.visit.me)?.[1] ?? "";
    fill(li, "reaction-mine", mine);
    fill(li, "reaction-peer", peer);
    show(li, "reaction-mine", mine !== "");
    show(li, "reaction-peer", peer !== "");
    show(li, "reactions", mine !== "" || peer !== "");
  }

  /**
   * @param {HTMLElement} li
   * @param {Message} message
   */
  #attachment(li, { attachment }) {
    const isImage = Boolean(attachment?.url && attachment.type.startsWith("image/"));
    show(li, "image", isImage);
    show(li, "file", Boolean(attachment) && !isImage);
    if (!attachment) {
      for (const name of ["image", "file"]) part(li, name)?.removeAttribute("href");
      slot(li, "image")?.removeAttribute("src");
      return;
    }
    const link = part(li, isImage ? "image" : "file");
    if (attachment.url) link?.setAttribute("href", attachment.url);
    const image = /** @type {HTMLImageElement | null} */ (slot(li, "image"));
    if (isImage && image) {
      image.alt = attachment.name;
      if (attachment.width) image.width = attachment.width;
      if (attachment.height) image.height = attachment.height;
      image.src = attachment.thumbnail ?? attachment.url ?? "";
    } else {
      link?.setAttribute("download", attachment.name);
      fill(li, "file-name", attachment.name);
      fill(li, "file-size", fileSize(attachment.size, this.words.language));
    }
  }
}
