/** @file What was seen on screen, or has arrived, said to the server a moment later and again until it knows. */

export class ReadMarks {
  /** @type {Map<string, number>} */
  #seen = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} how
   * @param {(room: string) => number} how.known up to where the server knows it
   * @param {(room: string, seq: number) => Promise<void>} how.ask
   * @param {number} how.patience in milliseconds: what comes within it is said at once
   */
  constructor(how) {
    this.how = how;
  }

  /**
   * @param {string} room
   * @param {number} seq everything up to it was seen
   */
  see(room, seq) {
    if (seq <= Math.max(this.how.known(room), this.#seen.get(room) ?? 0)) return;
    this.#seen.set(room, seq);
    this.#timer ??= setTimeout(() => this.send(), this.how.patience);
  }

  /** @param {number} ms */
  #later(ms) {
    this.stop();
    this.#timer = setTimeout(() => this.send(), ms);
  }

  send() {
    this.stop();
    for (const [room, seq] of this.#seen) {
      const done = () => this.#seen.get(room) === seq && this.#seen.delete(room);
      // Sending has read it, or another tab.
      if (seq <= this.how.known(room)) done();
      else
        this.how.ask(room, seq).then(done, ({ code, retryAfter }) => {
          if (retryAfter) this.#later(retryAfter * 1000);
          // Refused, not unanswered.
          else if (code) done();
        });
    }
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
