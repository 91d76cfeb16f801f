/** @file An app as the surroundings of an engine: a page of any origin, a phone, a process without a screen. */

import { isHidden, isLookedAt } from "../browser.js";
import { begin as beginOnPage, mayConnect } from "../page.js";
import { Refusal, SUBPROTOCOL } from "../protocol.js";
import { acrossTabs } from "../sender.js";
import { Credentials } from "./credentials.js";
import { ProvedSocket } from "./proved-socket.js";
import { MemoryStorage } from "./storage.js";

/**
 * @typedef {import("./proved-socket.js").SocketLike} SocketLike
 */

const TICKET = "pairchat.ticket.";
const ANSWER_MS = 20_000;

/**
 * @typedef {object} Means
 * @property {string} api
 * @property {Credentials} credentials
 * @property {MemoryStorage | Storage} storage
 * @property {Pick<LockManager, "request"> | null} [locks]
 * @property {typeof fetch} fetch
 * @property {((url: string, protocols: string[], headers: Record<string, string>) => SocketLike) | undefined} openSocket
 */

export class AppSurroundings {
  /** What the app said last of whether somebody looks at it. */
  active = true;

  /** @param {Means} means */
  constructor(means) {
    this.means = means;
    this.storage = means.storage;
    this.page = typeof document !== "undefined";
  }

  /** @param {string} name */
  alone = (name) => acrossTabs(name, this.means.locks);

  isHidden = () => !this.active || (this.page && isHidden());

  isLookedAt = () => this.active && (!this.page || isLookedAt());

  mayConnect = () => this.active && (!this.page || mayConnect());

  /**
   * @param {string} url
   * @returns {any} as much of a socket as a connection needs
   */
  open = (url) => new ProvedSocket(() => this.#open(url));

  /**
   * @param {string} url
   * @param {RequestInit} init
   */
  fetch = (url, init) =>
    this.means.credentials.proved((headers) => {
      // A phone has no such signals.
      const { signal, done } = init.signal ? { signal: init.signal, done() {} } : deadline();
      const request = { ...init, signal, headers: { ...init.headers, ...headers } };
      return this.means.fetch(url, request).finally(done);
    });

  /**
   * @param {import("../engine.js").Engine} engine
   * @param {AbortSignal} signal
   */
  begin = async (engine, signal) => {
    // Nothing goes out before what was written earlier.
    if (this.storage instanceof MemoryStorage) await this.storage.load().catch(() => {});
    if (signal.aborted) return;
    engine.emit({ kind: "outbox" });
    if (this.page) beginOnPage(engine, signal);
    else engine.line.start();
  };

  /** @param {string} url */
  async #open(url) {
    const { credentials, openSocket } = this.means;
    if (openSocket) return openSocket(url, [SUBPROTOCOL], await credentials.get());
    return new WebSocket(url, [SUBPROTOCOL, TICKET + (await this.#ticket())]);
  }

  /** What opens one socket where no header can be sent with it. */
  async #ticket() {
    const { api } = this.means;
    const answer = await this.fetch(`${api}ticket/`, { method: "POST", headers: { Accept: "application/json" } });
    const body = await answer.json();
    if (!answer.ok) throw new Refusal(body);
    return body.ticket;
  }
}

function deadline() {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  return { signal: late.signal, done: () => clearTimeout(timer) };
}
