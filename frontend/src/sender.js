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
   * @param {(item: OutboxItem) => Promise<{message: Message, notice?: string}>} how.send
   * @param {(message: Message, notice?: string) => void} how.sent
   * @param {(item: OutboxItem) => void} how.onRefused
   * @param {(item: OutboxItem, seconds: number) => void} [how.delayed] the server wants a pause
   * @param {(work: () => Promise<void>) => Promise<void>} [how.alone] runs work while no other tab does
   */
  constructor(how) {
    this.how = how;
  }

  /** Call it whenever something was added or a way to the server opened. */
  async flush() {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    const { alone = (work) => work() } = this.how;
    try {
      while (this.#again && this.how.ready()) {
        this.#again = false;
        if (this.how.outbox.next()) await alone(() => this.#drain());
      }
    } finally {
      this.#running = false;
    }
  }

  async #drain() {
    const backoff = new Backoff();
    for (let item = this.how.outbox.next(); item && this.how.ready(); item = this.how.outbox.next()) {
      try {
        const { message, notice } = await this.how.send(item);
        this.how.outbox.remove(item.client_id);
        backoff.reset();
        this.how.sent(message, notice);
      } catch (problem) {
        if (!(problem instanceof Refusal) || problem.code === "unauthenticated") return;
        if (this.#passes(problem, backoff.failures)) {
          if (problem.code === "rate_limited") this.how.delayed?.(item, problem.retryAfter);
          await new Promise((resolve) => setTimeout(resolve, backoff.next(problem.retryAfter)));
        } else {
          backoff.reset();
          this.how.onRefused(this.how.outbox.fail(item, problem.code, problem.message));
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
 * @param {Pick<LockManager, "request"> | null} [locks]
 * @returns {(work: () => Promise<void>) => Promise<void>}
 */
export function acrossTabs(name, locks = globalThis.navigator?.locks) {
  return async (work) => {
    if (!locks) return work();
    let started = false;
    const held = () => {
      started = true;
      return work();
    };
    try {
      await locks.request(name, { signal: AbortSignal.timeout?.(PATIENCE_MS) }, held);
    } catch (problem) {
      if (started) throw problem;
      await work();
    }
  };
}
