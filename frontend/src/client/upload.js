/** @file A file on its way where there is no XMLHttpRequest: without its progress. */

import { problemOf } from "../files/upload.js";
import { Disconnected, MEANT_FOR } from "../protocol.js";

/**
 * Return what brings a file to the server by `fetch`.
 * @param {typeof fetch} ask
 * @returns {(what: {api: string, room: string, user: string, file: any, voice?: import("../wire.js").Voice,
 *   headers: Record<string, string>, signal: AbortSignal, progress: (share: number) => void}) => Promise<any>}
 */
export function uploadByFetch(ask) {
  return async ({ api, room, user, file, voice, headers, signal, progress }) => {
    const form = new FormData();
    form.set("room", room);
    form.set("file", file);
    if (voice) form.set("voice", JSON.stringify(voice));
    const all = { Accept: "application/json", [MEANT_FOR]: encodeURIComponent(user), ...headers };
    const answer = await ask(`${api}uploads/`, { method: "POST", body: form, headers: all, signal }).catch(() => {
      throw signal.aborted ? signal.reason : new Disconnected();
    });
    const body = await answer.json().catch(() => null);
    const problem = problemOf(answer.status, body);
    if (problem) throw problem;
    progress(1);
    return body;
  };
}
