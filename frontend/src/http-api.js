/** @file The same requests over HTTP (protocol §11), for whoever holds no socket. */

import { Disconnected, MEANT_FOR, Refusal } from "./protocol.js";

const ANSWER_MS = 20_000;

/**
 * @typedef {{method: string, path: string, query?: Record<string, unknown>, body?: object}} Twin
 * @typedef {Record<string, any>} Fields
 */

const MESSAGES = "rooms/:room/messages/";

/** Those that the elements ask for; another client may add more. @type {Record<string, [string, string]>} */
export const TWINS = {
  inbox: ["GET", "inbox/"],
  sync: ["POST", "sync/"],
  history: ["GET", MESSAGES],
  search: ["GET", "search/"],
  send: ["POST", MESSAGES],
  edit: ["PATCH", `${MESSAGES}:seq/`],
  delete: ["DELETE", `${MESSAGES}:seq/`],
  react: ["PUT", `${MESSAGES}:seq/reaction/`],
  star: ["PUT", `${MESSAGES}:seq/star/`],
  read: ["POST", "rooms/:room/read/"],
  delivered: ["POST", "rooms/:room/delivered/"],
  settings: ["PATCH", "rooms/:room/"],
};

/**
 * @param {string} type
 * @param {Fields} fields
 * @returns {Twin}
 */
export function twin(type, fields) {
  const [method, template] = TWINS[type];
  const rest = { ...fields };
  const path = template.replace(/:(\w+)/g, (_, name) => {
    const value = encodeURIComponent(rest[name]);
    delete rest[name];
    return value;
  });
  if (method === "GET") return { method, path, query: rest };
  // Nothing to put there is a deletion.
  return method === "DELETE" || rest.emoji === null || rest.on === false ? { method: "DELETE", path } : { method, path, body: rest };
}

export class HttpApi {
  /** Milliseconds that the clock of this device is ahead of the server's, as each answer tells, or a greeting. */
  ahead = 0;

  /**
   * @param {string} base such as "/chat/api/"
   * @param {string} user for whom each request is meant
   * @param {(url: string, init: RequestInit) => Promise<Response>} fetch proves who asks
   */
  constructor(base, user, fetch) {
    this.base = base;
    this.user = user;
    this.fetch = fetch;
  }

  /**
   * @param {string} type
   * @param {Fields} fields
   * @returns {Promise<any>}
   */
  async request(type, fields) {
    const response = await this.#fetch(twin(type, fields)).catch((problem) => {
      throw problem instanceof Refusal ? problem : new Disconnected();
    });
    // A browser does not show it to a page of another origin.
    this.ahead = Date.now() - Date.parse(response.headers.get("Date") ?? "") || this.ahead;
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return answer;
    // A host's own login wall answers with a redirect.
    if (response.status === 401 || response.type === "opaqueredirect") throw new Refusal({ code: "unauthenticated" });
    if (answer?.code && answer.code !== "csrf") throw new Refusal(answer);
    if (response.status >= 500) throw new Disconnected();
    // A token that is of another session than the page. Reading needs none.
    if (response.status === 403 && type !== "inbox") await this.request("inbox", { limit: 1 });
    throw new Refusal({ code: "refused" });
  }

  /** @param {Twin} twin */
  #fetch({ method, path, query, body }) {
    // What is undefined is left out, as in a body.
    const search = query ? `?${new URLSearchParams(JSON.parse(JSON.stringify(query)))}` : "";
    return this.fetch(this.base + path + search, {
      method,
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout?.(ANSWER_MS),
      headers: {
        Accept: "application/json",
        [MEANT_FOR]: encodeURIComponent(this.user),
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      body: body && JSON.stringify(body),
    });
  }
}
