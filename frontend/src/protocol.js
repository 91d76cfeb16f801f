/** @file Frames in and out, and what a close code asks of the client (protocol §4, §8, §10). */

/** @typedef {import("./types.js").Frame} Frame */

export const SUBPROTOCOL = "pairchat.v1";

/** The header of a request that says for whom it is meant. */
export const MEANT_FOR = "X-Pairchat-User";

/** Close code of a connection that fell silent; 4900–4999 are the client's own. */
export const SILENT = 4900;

/** An answer of type `error`, or the body of a refused HTTP request. */
export class Refusal extends Error {
  /** @param {Record<string, any>} answer */
  constructor(answer) {
    super(answer.message ?? "");
    this.code = answer.code ?? "error";
    this.retryAfter = answer.retry_after ?? 0;
  }
}

/** The request got no answer: nobody knows whether it was carried out. */
export class Disconnected extends Error {}

/**
 * @param {string} type
 * @param {number} id
 * @param {object} fields
 */
export function encode(type, id, fields) {
  return JSON.stringify({ ...fields, type, id });
}

/**
 * A frame from the server, or null for anything that is none: later versions may add what we cannot read.
 * @param {unknown} text
 * @returns {Frame | null}
 */
export function decode(text) {
  if (typeof text !== "string") return null;
  try {
    const frame = JSON.parse(text);
    return frame && typeof frame === "object" && typeof frame.type === "string" ? frame : null;
  } catch {
    return null;
  }
}

/**
 * Return what to do after a close: `retry` with the backoff, `ask` whether the session still lives, `pause` until the
 * page is looked at again, or `stop`. tests/shared/close_codes.json holds server and client to the same rules.
 * A proxy may swallow the close code, so the server's `bye` has the first word.
 * @param {number} code
 * @param {Frame | null} bye
 * @returns {{act: "retry" | "ask" | "pause" | "stop", retryAfter: number}}
 */
export function verdict(code, bye) {
  const why = bye?.code ?? code;
  const retryAfter = bye?.retry_after ?? 0;
  const again = bye?.reconnect ?? (why < 4400 || why > 4499 || why === 4408 || why === 4429);
  return { act: why === 4401 ? "ask" : why === 4409 ? "pause" : again ? "retry" : "stop", retryAfter };
}

/** @returns {string} a UUID in canonical form; `randomUUID` exists in secure contexts only. */
export function mintId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
