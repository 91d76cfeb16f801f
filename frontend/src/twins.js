/** @file The same requests over HTTP (protocol §11), for a page that holds no socket. */

import { Disconnected, Refusal } from "./protocol.js";

const ANSWER_MS = 20_000;

/**
 * @typedef {{method: string, path: string, query?: Record<string, unknown>, body?: object}} Twin
 * @typedef {Record<string, any>} Fields
 */

/** @param {Fields} fields */
const roomPath = ({ room }) => `rooms/${encodeURIComponent(room)}/`;
/** @param {Fields} fields */
const messagePath = (fields) => `${roomPath(fields)}messages/${fields.seq}/`;

/** @type {Record<string, (fields: Fields) => Twin>} */
const TWINS = {
  inbox: (query) => ({ method: "GET", path: "inbox/", query }),
  sync: (body) => ({ method: "POST", path: "sync/", body }),
  history: ({ room, ...query }) => ({ method: "GET", path: `${roomPath({ room })}messages/`, query }),
  send: ({ room, ...body }) => ({ method: "POST", path: `${roomPath({ room })}messages/`, body }),
  edit: ({ content, ...address }) => ({ method: "PATCH", path: messagePath(address), body: { content } }),
  delete: (address) => ({ method: "DELETE", path: messagePath(address) }),
  react: ({ emoji, ...address }) =>
    emoji === null
      ? { method: "DELETE", path: `${messagePath(address)}reaction/` }
      : { method: "PUT", path: `${messagePath(address)}reaction/`, body: { emoji } },
  read: ({ room, seq }) => ({ method: "POST", path: `${roomPath({ room })}read/`, body: { seq } }),
};

/**
 * @param {string} type
 * @param {Fields} fields
 * @returns {Twin}
 */
export function twin(type, fields) {
  return TWINS[type](fields);
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
