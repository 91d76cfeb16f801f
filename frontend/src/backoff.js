/** @file How long to wait before the next attempt: full jitter, doubling up to 30 s (protocol §8). */

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export class Backoff {
  failures = 0;

  /** @param {() => number} random */
  constructor(random = Math.random) {
    this.random = random;
  }

  /**
   * Milliseconds until the next attempt. The jitter comes on top of `retryAfter`, so that clients which were all
   * told the same number do not return in the same instant.
   * @param {number} [retryAfter] seconds
   */
  next(retryAfter = 0) {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    return retryAfter * 1000 + this.random() * ceiling;
  }

  reset() {
    this.failures = 0;
  }
}
