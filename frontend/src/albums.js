/** @file Photos that were sent together: which messages are one album, and where each of them stands in it. */

/** @typedef {import("./types.js").Message} Message */

const WIDTHS = ["", "full", "half", "third"];

/**
 * The place of each photo of an album, as the server also lays it out.
 * @param {number} count
 * @param {boolean} captioned the first has a line of its own
 * @returns {string[]}
 */
export function tiles(count, captioned) {
  if (count < 2) return [""];
  const rest = count - Number(captioned);
  const columns = rest > 4 ? 3 : 2;
  const lines = [captioned ? 1 : 0, rest % columns, ...Array(Math.floor(rest / columns)).fill(columns)].filter(Boolean);
  return lines.flatMap((length, line) =>
    Array.from({ length }, (_, at) =>
      [WIDTHS[length], !at && "start", at > length - 2 && "end", !line && "top", !lines[line + 1] && "bottom"].filter(Boolean).join(" "),
    ),
  );
}

/**
 * The place of each entry of the list, "" for one that is in no album.
 * @param {(Message | undefined)[]} messages undefined: a line between them
 * @param {(previous: Message, next: Message) => boolean} sameGroup
 */
export function places(messages, sameGroup) {
  /** @type {string[]} */
  const all = [];
  for (const [at, message] of messages.entries()) {
    if (at < all.length) continue;
    let end = at + 1;
    for (let next = messages[end]; message && next && sameAlbum(message, next) && sameGroup(messages[end - 1] ?? next, next); ) {
      end += 1;
      next = messages[end];
    }
    all.push(...tiles(end - at, Boolean(message?.content || message?.reply_to)));
  }
  return all;
}

/**
 * @param {Message} first
 * @param {Message} second
 */
function sameAlbum(first, second) {
  return Boolean(first.album) && first.album === second.album && isTile(first) && isTile(second);
}

/** @param {Message} message a photo, or the place of one that was deleted */
function isTile({ attachment, deleted_at }) {
  return Boolean(deleted_at || (attachment?.width && attachment.type.startsWith("image/")));
}
