/** @file The engine of a page: all elements of one user share it. */

import { page } from "./page.js";
import { Engine } from "./engine.js";

/** @typedef {import("./engine.js").ClientEvent} ClientEvent */

/** @type {Map<string, ChatClient>} */
const clients = new Map();

export class ChatClient extends Engine {
  /**
   * The client of this page for one user.
   * @param {{user: string, ws: string, api: string}} where
   */
  static shared(where) {
    const key = JSON.stringify([where.user, where.ws, where.api]);
    let client = clients.get(key);
    if (!client) clients.set(key, (client = new ChatClient(where)));
    return client;
  }

  /** @param {{user: string, ws: string, api: string}} where */
  constructor({ user, ws, api }) {
    const url = new URL(ws, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    super({ user, ws: url.href, api }, page);
  }
}
