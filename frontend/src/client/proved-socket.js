/** @file A socket that can be had only after asking for its proof, with the few things that a connection uses. */

import { Refusal } from "../protocol.js";

/**
 * What is used of a socket, whoever made it.
 * @typedef {object} SocketLike
 * @property {(text: string) => void} send
 * @property {(code?: number) => void} close
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 * @property {((event: any) => void) | null} [onerror]
 */

/** Close code of a socket that could not be opened, as browsers say it. */
const NOT_OPENED = 1006;

export class ProvedSocket {
  /** @type {((event: {data: unknown}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number}) => void) | null} */
  onclose = null;
  /** @type {SocketLike | null} */
  #socket = null;
  #closed = false;

  /** @param {() => Promise<SocketLike>} open */
  constructor(open) {
    open().then(
      (socket) => this.#opened(socket),
      (problem) => this.#failed(problem),
    );
  }

  /** @param {string} text */
  send(text) {
    this.#socket?.send(text);
  }

  /** @param {number} [code] */
  close(code) {
    this.#closed = true;
    this.#socket?.close(code);
  }

  /** @param {SocketLike} socket */
  #opened(socket) {
    // Some ask for a listener. What went wrong, the close code says.
    socket.onerror = () => {};
    if (this.#closed) {
      socket.close(1000);
      return;
    }
    this.#socket = socket;
    socket.onmessage = (event) => this.onmessage?.(event);
    socket.onclose = (event) => this.onclose?.(event);
  }

  /** @param {unknown} problem */
  #failed(problem) {
    if (this.#closed) return;
    if (problem instanceof Refusal && problem.code !== "unauthenticated") {
      const bye = { type: "bye", code: NOT_OPENED, reconnect: true, retry_after: problem.retryAfter };
      this.onmessage?.({ data: JSON.stringify(bye) });
    }
    this.onclose?.({ code: problem instanceof Refusal && problem.code === "unauthenticated" ? 4401 : NOT_OPENED });
  }
}
