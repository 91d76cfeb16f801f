/** @file Finds the links in a text, by the rules of linkify.py; tests/linkify.json holds both to them. */

// Letters of scripts that part words by spaces belong to an address; Hangul, kana and Han end it,
// because particles and whole sentences follow an address there without a space.
const LETTERS = "A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f\\u0370-\\u052f";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?";
const HOST = `${LABEL}(?:\\.${LABEL})*`;
const REST = `[${LETTERS}0-9\\-._~:/?#\\[\\]@!$&'()*+,;=%]*`;

const START = /(?<![A-Za-z0-9])(?:https?:\/\/|mailto:|tel:)/gi;
const AUTHORITY = new RegExp(`(${HOST})(?::([0-9]{1,5}))?`, "y");
const PATH = new RegExp(`[/?#]${REST}`, "y");
const MAILBOX = new RegExp(`[A-Za-z0-9._%+-]+@(${HOST})(\\?${REST})?`, "y");
const NUMBER = /\+?[0-9][0-9().-]+/y;
const NOT_AFTER_HOST = /[A-Za-z0-9@_-]|:[A-Za-z0-9@%._~-]/y;

const PUNCTUATION = ".,:;!?'*";
/** @type {Record<string, string>} */
const BRACKETS = { ")": "(", "]": "[" };

/** @typedef {{text: string, href?: string}} Piece */

/**
 * The text cut into plain stretches and links; joined again they are the text.
 * @param {string} text
 * @returns {Piece[]}
 */
export function pieces(text) {
  /** @type {Piece[]} */
  const found = [];
  let done = 0;
  for (const start of text.matchAll(START)) {
    if (start.index < done) continue;
    const end = endOfLink(text, start[0].toLowerCase(), start.index + start[0].length);
    if (end === null) continue;
    if (start.index > done) found.push({ text: text.slice(done, start.index) });
    const link = text.slice(start.index, end);
    found.push({ text: link, href: link });
    done = end;
  }
  if (done < text.length) found.push({ text: text.slice(done) });
  return found;
}

/**
 * @param {RegExp} pattern a sticky one
 * @param {string} text
 * @param {number} at
 */
function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/**
 * @param {string} text
 * @param {string} scheme
 * @param {number} start
 * @returns {number | null}
 */
function endOfLink(text, scheme, start) {
  if (scheme === "mailto:") return endOfMailbox(text, start);
  if (scheme === "tel:") {
    const number = matchAt(NUMBER, text, start);
    return number && withoutPunctuation(text, start, start + number[0].length);
  }
  return endOfAddress(text, start);
}

/**
 * @param {string} text
 * @param {number} start
 */
function endOfAddress(text, start) {
  const authority = matchAt(AUTHORITY, text, start);
  if (!authority) return null;
  const end = start + authority[0].length;
  if (matchAt(NOT_AFTER_HOST, text, end)) return null;
  if (!isHost(authority[1]) || Number(authority[2] ?? 0) > 65535) return null;
  const path = matchAt(PATH, text, end);
  return path ? withoutPunctuation(text, start, end + path[0].length) : end;
}

/**
 * @param {string} text
 * @param {number} start
 */
function endOfMailbox(text, start) {
  const mailbox = matchAt(MAILBOX, text, start);
  if (!mailbox || !isHost(mailbox[1])) return null;
  return withoutPunctuation(text, start, start + mailbox[0].length);
}

/**
 * A browser reads a host that ends in a number as an IPv4 address, and refuses it when it is none.
 * @param {string} host
 */
function isHost(host) {
  const parts = host.split(".");
  if (!/^(?:[0-9]+|0[xX][0-9A-Fa-f]*)$/.test(parts[parts.length - 1])) return true;
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
}

/**
 * Where the link ends when what ends the sentence, and brackets that it did not open, are left out.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function withoutPunctuation(text, start, end) {
  // Counted once: a text may end in thousands of brackets.
  const link = text.slice(start, end);
  /** @type {Record<string, number>} */
  const unopened = {};
  for (const [closing, opening] of Object.entries(BRACKETS)) {
    unopened[closing] = link.split(closing).length - link.split(opening).length;
  }
  while (end > start) {
    const last = text[end - 1];
    if (last in unopened) {
      if (unopened[last] <= 0) break;
      unopened[last] -= 1;
    } else if (!PUNCTUATION.includes(last)) break;
    end -= 1;
  }
  return end;
}
