/** @file What a view listens to: a state that is replaced as a whole whenever something in it changes. */

/** A view that goes and comes back at once, as React's does while it is developed, asks for nothing twice. */
const LINGER_MS = 1_000;

/**
 * @template State
 */
export class Live {
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #linger;
  /** @type {(() => void) | null} */
  #end = null;
  /** @type {State | null} */
  #state = null;

  /**
   * Calls the listener whenever the state was replaced, and keeps it up to date until the last listener left.
   * @param {() => void} listener
   * @returns {() => void} to leave again
   */
  subscribe = (listener) => {
    // One function given twice listens twice.
    const own = () => listener();
    this.#listeners.add(own);
    clearTimeout(this.#linger);
    this.#end ??= this.begin();
    return () => {
      if (this.#listeners.delete(own) && !this.#listeners.size) this.#linger = setTimeout(() => this.release(), LINGER_MS);
    };
  };

  /** Returns the state; the same object until something changes. */
  getSnapshot = () => (this.#state ??= this.read());

  /** Ends at once what would end a moment after the last listener left. */
  release() {
    clearTimeout(this.#linger);
    this.#end?.();
    this.#end = null;
  }

  /** Something changed. */
  changed() {
    this.#state = null;
    for (const listener of [...this.#listeners]) listener();
  }

  /**
   * @protected
   * @returns {() => void} what ends it
   */
  begin() {
    return () => {};
  }

  /**
   * @protected
   * @returns {State}
   */
  read() {
    throw new Error("to be written by the subclass");
  }
}
