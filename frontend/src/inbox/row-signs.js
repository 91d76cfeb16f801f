/** @file What rows show for a while: that the peer is there, or writes. And which rows are on the screen. */

import { part, show } from "../dom.js";
import { Timers } from "../timers.js";

/** @typedef {import("../engine.js").ClientEvent} ClientEvent */

const TYPING_MS = 6_000;
/** Who is there is told again before; of whoever has gone with a crash nothing is told. */
const AWAY_MS = 60_000;
const SETTLED_MS = 300;

export class RowSigns {
  #timers = new Timers();
  /** @type {Set<Element>} */
  #visible = new Set();
  #observer = new IntersectionObserver((entries) => this.#moved(entries));

  /**
   * @param {HTMLElement} host
   * @param {Element} list
   * @param {import("../client.js").ChatClient} client
   * @param {AbortSignal} signal
   */
  constructor(host, list, client, signal) {
    this.host = host;
    this.list = list;
    this.client = client;
    const leave = client.subscribe((news) => this.#came(news));
    for (const li of list.children) this.see(/** @type {HTMLElement} */ (li));
    signal.addEventListener("abort", () => {
      leave();
      this.#observer.disconnect();
      this.#timers.stop();
      client.rows.delete(host);
      client.focus();
    });
  }

  /**
   * A row as it comes into the list. What it showed on another page is over.
   * @param {HTMLElement} li
   */
  see(li) {
    this.typing(li, false);
    this.online(li, false);
    this.#observer.observe(li);
  }

  /**
   * @param {HTMLElement} li
   * @param {boolean} on
   */
  typing(li, on) {
    show(li, "typing", on);
    // Its words stand in the place of the last message.
    li.toggleAttribute("data-typing", on && part(li, "typing") !== null);
    this.#lapse(li, "typing", on && TYPING_MS);
  }

  /**
   * @param {HTMLElement} li
   * @param {boolean} on
   */
  online(li, on) {
    show(li, "online", on);
    this.#lapse(li, "online", on && AWAY_MS);
  }

  /**
   * @param {HTMLElement} li
   * @param {"typing" | "online"} sign
   * @param {number | false} after
   */
  #lapse(li, sign, after) {
    const name = `${sign} ${li.dataset.room}`;
    if (after) this.#timers.set(name, after, () => this[sign](li, false));
    else this.#timers.clear(name);
  }

  /** @param {ClientEvent} news */
  #came({ kind, room, frame }) {
    if (!frame || frame.user === this.client.user) return;
    const li = /** @type {HTMLElement | undefined} */ ([...this.list.children].find((each) => /** @type {HTMLElement} */ (each).dataset.room === room));
    if (!li) return;
    if (kind === "typing") this.typing(li, Boolean(frame.on));
    else if (kind === "presence") this.online(li, frame.online);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #moved(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#visible.add(target);
      else this.#visible.delete(target);
    }
    this.#timers.set("settled", SETTLED_MS, () => this.#tell());
  }

  #tell() {
    const { client, host, list } = this;
    const shown = [...list.children].filter((li) => this.#visible.has(li));
    client.rows.set(host, shown.map((li) => /** @type {HTMLElement} */ (li).dataset.room ?? ""));
    client.focus();
  }
}
