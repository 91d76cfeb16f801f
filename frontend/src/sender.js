/** @file Empties the outbox: in order, one at a time, each until it is acknowledged or refused (protocol §6). */

import { Backoff } from "./backoff.js";
import { Refusal } from "./protocol.js";

/**
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").OutboxItem} OutboxItem
 * @typedef {import("./outbox.js").Outbox} Outbox
 */

/** Refusals that pass by themselves. An unforeseen `error` may, so it gets a few tries. */
const PASSING = new Set(["busy", "rate_limited", "unanswered"]);
const TRIES_AFTER_ERROR = 3;

export class Sender {
  #running = false;
  #again = false;

  /**
   * @param {object} how
   * @param {Outbox} how.outbox
   * @param {() => boolean} how.ready is there a way to the server?
   * @param {(item: OutboxItem) => Promise<{message: Message}>} how.send
   * @param {(message: Message) => void} how.sent
   * @param {(item: OutboxItem) => void} how.refused
   * @param {(item: OutboxItem, seconds: number) => void} [how.delayed] the server wants a pause
   * @param {(work: () => Promise<void>) => Promise<void>} [how.alone] runs work while no other tab does
   */
  constructor({ outbox, ready, send, sent, refused, delayed = () => {}, alone = (work) => work() }) {
    this.outbox = outbox;
    this.ready = ready;
    this.send = send;
    this.sent = sent;
    this.refused = refused;
    this.delayed = delayed;
    this.alone = alone;
  }

  /** Call it whenever something was added or a way to the server opened. */
  async kick() {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#again && this.ready()) {
        this.#again = false;
        if (this.outbox.next()) await this.alone(() => this.#drain());
      }
    } finally {
      this.#running = false;
    }
  }

  async #drain() {
    const backoff = new Backoff();
    for (let item = this.outbox.next(); item && this.ready(); item = this.outbox.next()) {
      try {
        const { message } = await this.send(item);
        this.outbox.remove(item.client_id);
        backoff.reset();
        this.sent(message);
      } catch (problem) {
        if (!(problem instanceof Refusal) || problem.code === "unauthenticated") return;
        if (this.#passes(problem, backoff.failures)) {
          if (problem.code === "rate_limited") this.delayed(item, problem.retryAfter);
          await new Promise((resolve) => setTimeout(resolve, backoff.next(problem.retryAfter)));
        } else {
          backoff.reset();
          this.refused(this.outbox.fail(item, problem.code, problem.message));
        }
      }
    }
  }

  /**
   * @param {Refusal} refusal
   * @param {number} failures
   */
  #passes({ code }, failures) {
    return PASSING.has(code) || (code === "error" && failures < TRIES_AFTER_ERROR - 1);
  }
}

const PATIENCE_MS = 10_000;

/**
 * Keeps the tabs of one browser from sending the same text side by side. It only saves traffic: order and "once" come
 * from the outbox and the `client_id`, so a lock that cannot be had is no reason to keep a text back.
 * @param {string} name
 * @returns {(work: () => Promise<void>) => Promise<void>}
 */
export function acrossTabs(name) {
  return async (work) => {
    if (!globalThis.navigator?.locks) return work();
    let started = false;
    const held = () => {
      started = true;
      return work();
    };
    try {
      await navigator.locks.request(name, { signal: AbortSignal.timeout(PATIENCE_MS) }, held);
    } catch (problem) {
      if (started) throw problem;
      await work();
    }
  };
}
