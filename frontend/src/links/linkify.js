/** @file Finds the links in a text, by the rules of linkify.py; tests/shared/links.json holds both to them. */

// Scripts that part words by spaces go on in an address; in these particles and whole sentences follow it without one.
const CJK = "\\u1100-\\u11ff\\u2e80-\\ua4cf\\uac00-\\ud7ff\\uf900-\\ufaff\\uff66-\\uffdc\\u{20000}-\\u{3ffff}";
const UNSPACED = `${CJK}\\u0e00-\\u109f\\u1780-\\u17ff\\uff00-\\uffef`;
const LABEL = "[A-Za-z0-9](?:[\\w-]*[A-Za-z0-9])?";
const HOST = `${LABEL}(?:\\.${LABEL})*`;
const REST = `(?:[\\w.~:/?#[\\]@!$&'()*+,;=%-]|(?![${UNSPACED}])[\\p{L}\\p{M}\\p{Nd}])*`;

const START = /(?<![A-Za-z0-9])(https?:\/\/|mailto:|tel:)/gi;
const AUTHORITY = new RegExp(`(${HOST})(?::([0-9]{1,5}))?`, "y");
const PATH = new RegExp(`[/?#]${REST}`, "uy");
const MAILBOX = new RegExp(`[\\w.%+-]+@(${HOST})(\\?${REST})?`, "uy");
const NUMBER = /\+?[0-9][0-9().-]+/y;
// What cannot be seen, and what looks like the sign before a part of a host.
const UNSEEN = "[\\p{Cf}\\u115f\\u1160\\u3164\\uffa0]*";
const DOTS = ".:\\u2024\\u3002\\ufe52\\uff0e\\uff1a\\uff61";
// A sign outside ASCII may belong to the host: a link to the part before it would lead elsewhere.
const NOT_AFTER_HOST = new RegExp(
  `${UNSEEN}(?:[${DOTS}]?${UNSEEN}(?:(?![${CJK}])[\\p{L}\\p{M}\\p{N}\\u2100-\\u214f\\u24b6-\\u24e9\\u{1f110}-\\u{1f189}]|` +
    "[\\w@%\\-\\u2010\\u2011\\ufe63\\ufe6b\\uff0d\\uff20])|:[.~])",
  "uy",
);

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
  if (!mailbox[2] && matchAt(NOT_AFTER_HOST, text, start + mailbox[0].length)) return null;
  return withoutPunctuation(text, start, start + mailbox[0].length);
}

/**
 * A browser reads a host that ends in a number as an IPv4 address: refused when it is none, or is written otherwise.
 * @param {string} host
 */
function isHost(host) {
  try {
    return new URL(`http://${host}`).hostname === host.toLowerCase();
  } catch {
    return false;
  }
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
