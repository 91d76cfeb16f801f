/** @file `<pair-chat-card>`: one card in a message, filled from its values, and its forms posted without leaving the page. */

import { Words } from "../core.js";
import { part } from "../dom.js";
import { fillSlots } from "./slots.js";

/** The longest that a browser can wait. */
const LONGEST_MS = 2 ** 31 - 1;

export class PairChatCard extends HTMLElement {
  /** @type {AbortController | undefined} */
  #over;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  connectedCallback() {
    this.#over ??= new AbortController();
    this.addEventListener("submit", (event) => this.#submitted(event), { signal: this.#over.signal });
    this.#show();
  }

  disconnectedCallback() {
    this.#over?.abort();
    this.#over = undefined;
    clearTimeout(this.#timer);
  }

  /** @param {import("./slots.js").Values} values */
  follow(values) {
    this.dataset.values = JSON.stringify(values);
    this.setAttribute("aria-label", values.content);
    this.#tell("");
    this.#show();
  }

  #show() {
    clearTimeout(this.#timer);
    if (!this.dataset.values) return;
    const now = Date.now();
    const next = fillSlots(this, JSON.parse(this.dataset.values), new Words(), now);
    if (next < Infinity) this.#timer = setTimeout(() => this.#show(), Math.min(next - now, LONGEST_MS));
    this.#keepFocus();
  }

  /** What had the focus may be gone; whoever uses the keyboard goes on from the message. */
  #keepFocus() {
    const { activeElement } = document;
    if (!activeElement || !this.contains(activeElement) || activeElement.closest("[hidden]") === null) return;
    /** @type {HTMLElement | null} */ (this.closest("[data-client-id]"))?.focus({ preventScroll: true });
  }

  /** @param {string} text */
  #tell(text) {
    const line = part(this, "card-problem");
    if (!line) return;
    line.textContent = text;
    line.hidden = !text;
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    // By their attributes: a field may have one of these names.
    const asked = (/** @type {string} */ name) => button?.getAttribute(`form${name}`) ?? form.getAttribute(name) ?? "";
    const url = new URL(asked("action"), location.href);
    if (event.defaultPrevented || asked("method").toLowerCase() !== "post" || url.origin !== location.origin) return;
    event.preventDefault();
    if (this.ariaBusy === "true") return;
    const fields = new FormData(form);
    if (button?.name) fields.append(button.name, button.value);
    // With the token of the page: the cookie may be that of somebody who has signed in since.
    this.#post(url, fields);
  }

  /**
   * @param {URL} url
   * @param {FormData} fields
   */
  async #post(url, fields) {
    const words = new Words();
    this.ariaBusy = "true";
    this.#tell("");
    try {
      const response = await fetch(url, { method: "POST", body: fields, headers: { Accept: "application/json" } });
      if (response.redirected) this.#redirected(response.url);
      else if (!response.ok) this.#tell(words.refusal(await reason(response)));
    } catch {
      this.#tell(words.refusal({}));
    } finally {
      this.ariaBusy = null;
    }
  }

  /**
   * Back to the room: that is where the person is. Anywhere else, such as to the login page, they are led.
   * @param {string} url
   */
  #redirected(url) {
    const { roomUrl = "" } = /** @type {HTMLElement | null} */ (this.closest("pair-chat"))?.dataset ?? {};
    if (![location.pathname, roomUrl].includes(new URL(url).pathname)) location.assign(url);
  }
}

/**
 * What a host says in JSON, and otherwise what such a status means.
 * @param {Response} response
 * @returns {Promise<{code?: string, message?: string}>}
 */
async function reason(response) {
  try {
    return await response.json();
  } catch {
    return { code: response.status === 403 ? "csrf" : response.status === 404 ? "not_found" : "error" };
  }
}
