/** @file The same requests over HTTP (protocol §11), for a page that holds no socket. */

import { Disconnected, Refusal } from "./protocol.js";

const ANSWER_MS = 20_000;

/**
 * @typedef {{method: string, path: string, query?: Record<string, unknown>, body?: object}} Twin
 * @typedef {Record<string, any>} Fields
 */

const MESSAGES = "rooms/:room/messages/";

/** @type {Record<string, [string, string]>} */
const TWINS = {
  inbox: ["GET", "inbox/"],
  sync: ["POST", "sync/"],
  history: ["GET", MESSAGES],
  send: ["POST", MESSAGES],
  edit: ["PATCH", `${MESSAGES}:seq/`],
  delete: ["DELETE", `${MESSAGES}:seq/`],
  react: ["PUT", `${MESSAGES}:seq/reaction/`],
  read: ["POST", "rooms/:room/read/"],
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
  return method === "DELETE" || rest.emoji === null ? { method: "DELETE", path } : { method, path, body: rest };
}

export class Twins {
  /**
   * @param {string} base such as "/chat/api/"
   * @param {() => string} token against forged requests, as Django wants it
   */
  constructor(base, token) {
    this.base = base;
    this.token = token;
  }

  /**
   * @param {string} type
   * @param {Fields} fields
   * @returns {Promise<any>}
   */
  async request(type, fields) {
    const response = await this.#fetch(twin(type, fields)).catch(() => {
      throw new Disconnected();
    });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return answer;
    // A host's own login wall answers with a redirect.
    if (response.status === 401 || response.type === "opaqueredirect") throw new Refusal({ code: "unauthenticated" });
    if (answer?.code) throw new Refusal(answer);
    if (response.status >= 500) throw new Disconnected();
    throw new Refusal({ code: "refused" });
  }

  /** @param {Twin} twin */
  #fetch({ method, path, query = {}, body }) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
    return fetch(`${this.base}${path}${given.length ? `?${search}` : ""}`, {
      method,
      redirect: "manual",
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: {
        Accept: "application/json",
        ...(method === "GET" ? {} : { "X-CSRFToken": this.token() }),
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      body: body && JSON.stringify(body),
    });
  }
}
