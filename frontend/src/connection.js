/** @file One socket: connects, greets, asks and answers, notices silence, comes back (protocol §3, §8, §10). */

import { Backoff } from "./backoff.js";
import { Heartbeat } from "./heartbeat.js";
import { Disconnected, Refusal, SILENT, decode, encode, verdict } from "./protocol.js";

/** @typedef {import("./types.js").Frame} Frame */

/** @typedef {"idle" | "connecting" | "open" | "waiting" | "paused" | "signed-out" | "stopped"} State */

const GREETING_MS = 10_000;
const ANSWER_MS = 20_000;
const HEALTHY_MS = 10_000;

export class Connection {
  /** @type {State} */
  state = "idle";
  /** Attempts in a row that got no greeting: sockets may be impossible here. */
  misses = 0;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Frame | null} */
  #bye = null;
  #greeted = false;
  #asked = false;
  #held = false;
  #lastId = 0;
  /** @type {Map<unknown, {resolve: (answer: any) => void, reject: (problem: Error) => void}>} */
  #pending = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #health;

  /**
   * @param {object} how
   * @param {string} how.url
   * @param {string} how.user
   * @param {() => object} how.pinged the fields of a ping
   * @param {() => Promise<boolean>} how.sessionLives
   * @param {(hello: Frame) => void} how.onHello
   * @param {(frame: Frame) => void} how.onFrame events and pongs
   * @param {() => void} how.onState
   * @param {Pick<import("./engine.js").Surroundings, "open" | "mayConnect">} how.surroundings
   * @param {Backoff} [how.backoff]
   */
  constructor(how) {
    this.how = how;
    this.backoff = how.backoff ?? new Backoff();
    this.pulse = new Heartbeat(
      () => this.#transmit("ping", how.pinged()),
      () => this.#lost(SILENT),
    );
  }

  start() {
    if (this.state === "idle") this.#attempt();
  }

  stop() {
    this.end("idle");
  }

  /** Until the next `start`; an end stays an end. */
  pause() {
    if (this.state !== "signed-out" && this.state !== "stopped") this.stop();
  }

  /**
   * Closes for good; only `start` after "idle" opens again.
   * @param {"idle" | "signed-out" | "stopped"} state
   */
  end(state) {
    clearTimeout(this.#timer);
    this.#drop(1000);
    this.#held = false;
    this.#become(state);
  }

  /** The page came back to the screen or to the network. */
  wake() {
    if (this.state === "open") this.pulse.wake();
    this.resume();
  }

  /** Connects if that only waited for the page to be looked at. */
  resume() {
    if (this.#held) this.#attempt();
  }

  /** The browser knows that there is no network: nothing is to be waited for until it says otherwise. */
  cut() {
    if (this.state !== "open" && this.state !== "connecting") return;
    this.#drop(SILENT);
    this.#held = true;
    this.#become("waiting");
  }

  probe() {
    if (this.state === "open") this.pulse.probe();
  }

  /**
   * @param {string} type
   * @param {object} fields
   * @returns {Promise<any>} the `ok` frame
   */
  request(type, fields) {
    if (this.state !== "open") return Promise.reject(new Disconnected());
    const id = this.#transmit(type, fields);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this.#answered(id)?.reject(new Refusal({ code: "unanswered" })), ANSWER_MS);
      this.#pending.set(id, {
        resolve: (answer) => (clearTimeout(late), resolve(answer)),
        reject: (problem) => (clearTimeout(late), reject(problem)),
      });
    });
  }

  /**
   * Sends what gets no answer, if it can.
   * @param {string} type
   * @param {object} fields
   */
  emit(type, fields) {
    if (this.state === "open") this.#transmit(type, fields);
  }

  /**
   * @param {string} type
   * @param {object} fields
   */
  #transmit(type, fields) {
    this.#lastId += 1;
    this.#socket?.send(encode(type, this.#lastId, fields));
    return this.#lastId;
  }

  #attempt() {
    this.#held = !this.how.surroundings.mayConnect();
    if (this.#held) {
      this.#become("waiting");
      return;
    }
    this.#become("connecting");
    this.#bye = null;
    this.#greeted = false;
    /** @type {WebSocket} */
    let socket;
    try {
      socket = this.how.surroundings.open(this.how.url);
    } catch {
      // A filter of the browser, or a browser without sockets.
      this.#lost(SILENT);
      return;
    }
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lost(SILENT), GREETING_MS);
    socket.onmessage = ({ data }) => this.#received(decode(data));
    socket.onclose = ({ code }) => this.#lost(code);
  }

  /** @param {Frame | null} frame */
  #received(frame) {
    this.pulse.seen();
    if (!frame) return;
    if (frame.type === "hello") this.#hello(frame);
    else if (frame.type === "bye") this.#bye = frame;
    else if (frame.type === "ok") this.#answered(frame.id)?.resolve(frame);
    else if (frame.type === "error") this.#answered(frame.id)?.reject(new Refusal(frame));
    else this.how.onFrame(frame);
  }

  /** @param {Frame} frame */
  #hello(frame) {
    clearTimeout(this.#timer);
    if (frame.user !== this.how.user) {
      // Somebody else signed in meanwhile: what this page holds is not theirs, and their session must not send it.
      this.end("signed-out");
      return;
    }
    this.#greeted = true;
    this.#asked = false;
    this.misses = 0;
    this.pulse.start(frame.heartbeat);
    this.#health = setTimeout(() => this.backoff.reset(), HEALTHY_MS);
    this.#become("open");
    this.how.onHello(frame);
  }

  /** @param {unknown} id */
  #answered(id) {
    const waiting = this.#pending.get(id);
    this.#pending.delete(id);
    return waiting;
  }

  /** @param {number} code */
  #lost(code) {
    const bye = this.#bye;
    if (!this.#greeted) this.misses += 1;
    this.#drop(SILENT);
    const { act, retryAfter } = verdict(code, bye);
    if (act === "stop") this.end("stopped");
    else if (act === "ask") this.#ask();
    else if (act === "pause") {
      // To come back at once would only disconnect another page of the same person.
      this.#held = true;
      this.#become("paused");
    }
    else this.#later(retryAfter);
  }

  /** @param {number} code */
  #drop(code) {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#health);
    this.pulse.stop();
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close(code);
    }
    for (const waiting of this.#pending.values()) waiting.reject(new Disconnected());
    this.#pending.clear();
  }

  /** @param {number} [retryAfter] seconds */
  #later(retryAfter = 0) {
    this.#become("waiting");
    this.#timer = setTimeout(() => this.#attempt(), this.backoff.next(retryAfter));
  }

  /** The session is over, or its cookie was renewed: ask once. */
  async #ask() {
    if (this.#asked) {
      this.end("signed-out");
      return;
    }
    this.#asked = true;
    this.#become("waiting");
    const lives = await this.how.sessionLives().catch(() => {
      this.#asked = false;
      return true;
    });
    if (this.state !== "waiting") return;
    if (lives) this.#later();
    else this.end("signed-out");
  }

  /** @param {State} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.how.onState();
  }
}
