/** @file Which words a broken connection deserves, and when. */

const QUIET_MS = 2_000;
const OFFLINE_MS = 10_000;

/**
 * The catalogue's key ("" for silence), and when to look again.
 * @param {string} state of the client
 * @param {number} broken milliseconds since there was a connection
 * @param {boolean} online what the browser believes
 * @returns {{key: string, wait: number | null}}
 */
export function banner(state, broken, online) {
  if (state === "signed-out") return { key: "signed_out", wait: null };
  if (state === "stopped") return { key: "ended", wait: null };
  if (state !== "connecting" && state !== "waiting") return { key: "", wait: null };
  if (broken < QUIET_MS) return { key: "", wait: QUIET_MS - broken };
  if (online && broken < OFFLINE_MS) return { key: "reconnecting", wait: OFFLINE_MS - broken };
  return { key: "offline", wait: null };
}
