/**
 * @file What the Enter key means, also while an input method composes.
 *
 * Browsers disagree: most send `keydown` (composing) before `compositionend`, Safari after it and with keyCode 229,
 * Chrome on a Mac repeats the `keydown` once the Hangul syllable is done, Firefox and Windows call the key "Process"
 * meanwhile. One press sends at most once.
 */

const HANGUL = /[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa1-\uffdc]$/u;

/** keyCode of a key that an input method is dealing with. */
const IN_METHOD = 229;

/** @typedef {{key: string, code?: string, keyCode: number, isComposing: boolean, shiftKey: boolean, altKey: boolean, ctrlKey: boolean,
 *   metaKey: boolean}} Key */

export class EnterKey {
  #hangul = false;
  #composing = false;
  /** Enter finished a Hangul syllable: send when the composition ends. */
  #awaiting = false;
  /** This press has sent already. */
  #spent = false;

  /** @param {() => boolean} touch is this a device on which Enter makes a new line? */
  constructor(touch) {
    this.touch = touch;
  }

  /** @param {string} data */
  compositionStart(data) {
    this.#composing = true;
    this.#awaiting = false;
    this.#spent = false;
    this.#hangul = HANGUL.test(data);
  }

  /** @param {string} data */
  compositionUpdate(data) {
    this.#hangul = HANGUL.test(data);
  }

  /**
   * True: send now.
   * @param {string} data
   */
  compositionEnd(data) {
    this.#composing = false;
    if (data) this.#hangul = HANGUL.test(data);
    // Enter may also have chosen a Hanja: that only confirms.
    const send = this.#awaiting && this.#hangul;
    this.#awaiting = false;
    if (send) this.#spent = true;
    return send;
  }

  /**
   * `send`, or `stop` (the key is dealt with: no new line), or `pass` to the browser.
   * @param {Key} event
   * @returns {"send" | "stop" | "pass"}
   */
  keyDown(event) {
    const composing = event.isComposing || this.#composing;
    if (!isEnter(event)) {
      this.#awaiting = false;
      if (!composing) this.#hangul = this.#spent = false;
      return "pass";
    }
    if (event.shiftKey || event.altKey) return "pass";
    if (this.touch() && !event.ctrlKey && !event.metaKey) return "pass";
    if (this.#spent) return "stop";
    if (composing) {
      this.#awaiting = this.#hangul;
      return "pass";
    }
    if (event.keyCode === IN_METHOD && !this.#hangul) return "stop";
    this.#hangul = false;
    this.#spent = event.keyCode === IN_METHOD;
    return "send";
  }

  /** @param {Key} event */
  keyUp(event) {
    if (isEnter(event) && !this.#awaiting) this.#spent = false;
  }

  /** True: this new line is the tail of a press that has sent already. */
  get swallowsNewLine() {
    return this.#spent || this.#awaiting;
  }
}

/** @param {Key} event */
function isEnter({ key, code }) {
  return key === "Enter" || (key === "Process" && (code === "Enter" || code === "NumpadEnter"));
}
