/** @file One file on its way to the server, with its progress (protocol §11). */

import { Disconnected, MEANT_FOR, Refusal } from "../protocol.js";

/** A file that makes no progress for so long is not on its way any more. */
const SILENCE_MS = 30_000;

/**
 * Raises `Refusal`, `Disconnected`, or the signal's reason.
 * @param {object} what
 * @param {string} what.api
 * @param {string} what.room
 * @param {string} what.user for whom it is meant
 * @param {File} what.file
 * @param {import("../wire.js").Voice} [what.voice] of a voice message
 * @param {Record<string, string>} what.headers that prove who asks
 * @param {AbortSignal} what.signal
 * @param {(share: number) => void} what.progress from 0 to 1
 * @returns {Promise<{upload: string, attachment: import("../types.js").Attachment}>}
 */
export function upload({ api, room, user, file, voice, headers, signal, progress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    /** @type {ReturnType<typeof setTimeout>} */
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_MS);
    };
    request.upload.onprogress = ({ loaded, total }) => {
      heard();
      progress(loaded / total);
    };
    request.onloadend = () => {
      clearTimeout(silence);
      const problem = problemOf(request.status, answerOf(request.responseText));
      if (signal.aborted) reject(signal.reason);
      else if (problem) reject(problem);
      else resolve(answerOf(request.responseText));
    };
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", `${api}uploads/`);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader(MEANT_FOR, encodeURIComponent(user));
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    const form = new FormData();
    form.set("room", room);
    form.set("file", file);
    if (voice) form.set("voice", JSON.stringify(voice));
    request.send(form);
    heard();
  });
}

/**
 * What an answer means, if not that the file is there.
 * @param {number} status 0: none came
 * @param {Record<string, any> | null} answer null: not one of ours
 */
export function problemOf(status, answer) {
  if (answer?.code) return new Refusal(answer);
  if (answer?.upload) return null;
  // A web server before ours has a limit of its own; a host's login wall leads to a page.
  if (status === 413) return new Refusal({ code: "too_large" });
  if (status === 401 || (status >= 200 && status < 300)) return new Refusal({ code: "unauthenticated" });
  return status === 0 || status >= 500 ? new Disconnected() : new Refusal({ code: "refused" });
}

/**
 * @param {string} text
 * @returns {any}
 */
function answerOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
