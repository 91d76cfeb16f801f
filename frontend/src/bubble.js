/** @file One message on the page: read from what the server rendered, and filled when it changes. */

import { clone, fill, fillTime, part, show, slot } from "./dom.js";
import { fillText } from "./linked-text.js";
import { popups, withPopups } from "./parts.js";

/**
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./i18n.js").Words} Words
 * @typedef {"" | "sending" | "slow" | "failed" | "sent" | "delivered" | "read"} Status
 */

const QUOTED = 140;
const PHOTO_HEIGHT = 320;

/**
 * The message of a server-rendered element, as far as the page shows it.
 * @param {HTMLElement} li
 * @param {{room: string, me: string}} where
 * @returns {Message}
 */
export function readBubble(li, { room, me }) {
  const { seq, rev, sender, clientId, kind, created, album } = li.dataset;
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
    album,
    created_at: createdAt,
    edited_at: "edited" in li.dataset ? createdAt : null,
    deleted_at: "deleted" in li.dataset ? createdAt : null,
  };
}

/**
 * The messages that the server has quoted, as far as the quotations show them.
 * @param {HTMLElement} host
 * @param {string} room
 * @returns {Message[]}
 */
export function readQuotations(host, room) {
  return Array.from(host.querySelectorAll("[data-quoted-rev]"), (quote) => {
    const { replyTo, quotedRev, quotedSender, quotedKind = "" } = /** @type {HTMLElement} */ (quote).dataset;
    const content = quote.querySelector("[data-pc-slot$=content]")?.textContent ?? "";
    const sender = quotedSender || null;
    const shown = { client_id: null, kind: quotedKind, content, created_at: "" };
    return { room, seq: Number(replyTo), rev: Number(quotedRev), sender, ...shown };
  });
}

/**
 * @param {HTMLElement} li
 * @returns {import("./types.js").Attachment | null}
 */
function readAttachment(li) {
  const image = part(li, "image");
  const shown = { name: "", type: "image/", size: 0, url: "#" };
  if (image?.hidden === false) return { ...shown, width: 1 };
  return part(li, "file")?.hidden === false ? shown : null;
}

/** What a message is called in one line: a quotation, a list, a label. */
export function summary(/** @type {Message} */ message, /** @type {Words} */ words) {
  if (message.deleted_at) return words.text("deleted_message");
  // Code points, as on the server.
  if (message.content) return [...message.content].slice(0, QUOTED).join("");
  return message.attachment ? words.text(nameOf(message)) : "";
}

/**
 * An image that was never measured could not be read: it is a file.
 * @param {Message} message
 */
function isPhoto({ attachment }) {
  return Boolean(attachment?.url && attachment.width && attachment.type.startsWith("image/"));
}

/**
 * How large a photo is shown: whole, and no higher than is read at a glance.
 * @param {number} width
 * @param {number} height
 */
export function photoSize(width, height) {
  const high = Math.min(height, PHOTO_HEIGHT);
  return [Math.max(1, Math.floor((width * high) / height)), high];
}

export class Bubbles {
  /** @param {import("./room-controller.js").RoomController} controller */
  constructor(controller) {
    this.controller = controller;
    this.words = controller.words;
  }

  /**
   * Everything that only changes with the message's `rev`.
   * @param {HTMLElement} li
   * @param {Message} message
   */
  fill(li, message) {
    this.#attributes(li, message);
    const deleted = Boolean(message.deleted_at);
    const content = slot(li, "content");
    if (content) fillText(content, message.content, this.controller.host.dataset.links);
    show(li, "text", !deleted && message.content !== "");
    this.#card(li, message);
    show(li, "deleted", deleted);
    show(li, "edited", !deleted && Boolean(message.edited_at) && message.kind === "text");
    this.#attachment(li, message);
    this.#preview(li, message);
    const { host, me } = this.controller;
    withPopups(({ showReactions }) => showReactions(host, li, message, me));
    const menu = li.querySelector('[data-pc-action="menu"]');
    if (message.seq) menu?.setAttribute("href", `${this.controller.address}messages/${message.seq}/`);
  }

  /**
   * Its module may still be on its way.
   * @param {HTMLElement} li
   * @param {Message} message
   */
  #card(li, message) {
    const { host, me, speaker } = this.controller;
    if (message.deleted_at) part(li, "card")?.remove();
    else if ("cards" in host.dataset && message.data && message.kind !== "text") {
      /** @type {Parameters<typeof import("./cards/show.js").showCard>} */
      const card = [host, li, message, message.sender === me, speaker];
      if (popups.showCard) popups.showCard(...card);
      else (popups.cards ??= []).push(card);
    }
  }

  /**
   * Below a text that has a link, which has brought the module of links already.
   * @param {HTMLElement} li
   * @param {Message} message
   */
  #preview(li, message) {
    const { host, address } = this.controller;
    const { links } = host.dataset;
    if (!links || (!message.data && !part(li, "preview"))) return;
    import(links).then(
      ({ showPreview }) => showPreview(li, message, address, () => clone(host, "message")),
      () => {},
    );
  }

  /**
   * What also depends on its surroundings.
   * @param {HTMLElement} li
   * @param {Message} message
   * @param {{first: boolean, last: boolean, latest: boolean, status: Status, starred: boolean, tile?: string}} place
   */
  place(li, message, { first, last, latest, status, starred, tile }) {
    show(li, "star", starred);
    if (starred || latest) withPopups(({ mark }) => mark(this.controller.host, li, starred, latest));
    li.toggleAttribute("data-first", first);
    li.toggleAttribute("data-last", last);
    li.toggleAttribute("data-latest", latest);
    const sender = this.controller.nameOf(message);
    fill(li, "sender", sender);
    if (status) li.dataset.status = status;
    else delete li.dataset.status;
    if (tile) li.dataset.tile = tile;
    else if (tile === "") delete li.dataset.tile;
    const statusWord = status ? this.words.text(`status_${status}`) : "";
    fill(li, "status", statusWord);
    show(li, "failed", status === "failed");
    const time = this.words.dates.timeOfDay(message.created_at);
    fillTime(li, "time", message.created_at, time);
    slot(li, "time")?.setAttribute("title", this.words.dates.full(message.created_at));
    this.#quote(li, message);
    const label = this.words.text("message_label", {
      sender,
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
    if (message.album) li.dataset.album = message.album;
    li.dataset.created = message.created_at;
    li.toggleAttribute("data-mine", message.sender === this.controller.me);
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
    quote.dataset.replyTo = String(replyTo);
    quote.href = `${this.controller.address}?around=${replyTo}#m-${replyTo}`;
    const { sender, content } = this.controller.quotation(replyTo);
    fill(quote, "reply-sender", sender);
    fill(quote, "reply-content", content);
  }

  /**
   * @param {HTMLElement} li
   * @param {Message} message
   */
  #attachment(li, message) {
    const { attachment } = message;
    const isImage = isPhoto(message);
    show(li, "image", isImage);
    show(li, "file", Boolean(attachment) && !isImage);
    withPopups(({ play }) => {
      for (const name of ["audio", "video"]) play(part(li, name), name, attachment);
    });
    if (!attachment) {
      for (const name of ["image", "file"]) part(li, name)?.removeAttribute("href");
      for (const name of ["src", "alt"]) slot(li, "image")?.removeAttribute(name);
      part(li, "file")?.removeAttribute("download");
      fill(li, "file-name", "");
      return;
    }
    const link = part(li, isImage ? "image" : "file");
    if (attachment.url) link?.setAttribute("href", attachment.url);
    const image = /** @type {HTMLImageElement | null} */ (slot(li, "image"));
    if (isImage && image) {
      image.alt = attachment.name;
      [image.width, image.height] = photoSize(attachment.width ?? 0, attachment.height ?? 0);
      image.src = attachment.thumbnail ?? attachment.url ?? "";
    } else {
      link?.setAttribute("download", attachment.name);
      fill(li, "file-name", attachment.name);
      withPopups(({ fileSize }) => fill(li, "file-size", fileSize(attachment.size, this.words.language)));
    }
  }
}

/** @param {Message} message with an attachment */
function nameOf(message) {
  const [, family = "file"] = /^(audio|video)\//.exec(message.attachment?.type ?? "") ?? [];
  return isPhoto(message) ? "photo" : family;
}
