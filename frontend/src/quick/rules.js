/** @file When a saved text may be asked for by "/", and how it is called in the list. */

const LONGEST = 60;

/**
 * The position of the only sign of a line, if that is "/" and the cursor stands behind it, else null.
 * @param {string} text
 * @param {number} start of the selection
 * @param {number} end
 */
export function lineWithSlash(text, start, end) {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const after = text.indexOf("\n", start);
  const line = text.slice(from, after < 0 ? text.length : after);
  return line === "/" && start === end && start === from + 1 ? from : null;
}

/**
 * A text in one short line. A sign of two units is not cut.
 * @param {string} text
 */
export function shortened(text) {
  const signs = [...text.trim().replace(/\s+/g, " ")];
  return signs.length > LONGEST ? `${signs.slice(0, LONGEST - 1).join("")}…` : signs.join("");
}
