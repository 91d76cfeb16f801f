/** @file A voice message that was sent: bars say how loud it is, and are its seek bar. */

import { fill, part, slot } from "../dom.js";
import { clock } from "./formats.js";
import { outline } from "./wave.js";

export class Player {
  /**
   * @param {HTMLElement} place with what is known of it in its data
   * @param {HTMLAudioElement} audio that plays it, and whose own controls it replaces
   */
  constructor(place, audio) {
    const { waveform = "", duration = "0" } = place.dataset;
    this.element = place;
    this.audio = audio;
    this.levels = waveform.split(",").map((level) => Number(level) / 100);
    this.seconds = Number(duration);
    /** How many bars have been played, as the bars show it. */
    this.played = -1;
    this.bar = /** @type {HTMLInputElement} */ (slot(place, "player-position"));
    this.button = /** @type {HTMLElement} */ (place.querySelector('[data-pc-action="player-toggle"]'));
    this.button.addEventListener("click", () => this.#toggle());
    this.bar.addEventListener("input", () => this.#seek());
    for (const name of ["play", "pause"]) audio.addEventListener(name, () => this.#turned());
    audio.addEventListener("durationchange", () => this.#measured());
    audio.addEventListener("ended", () => {
      audio.currentTime = 0;
      this.#show();
    });
    audio.addEventListener("error", () => this.#failed());
    part(place, "player-wave")?.setAttribute("viewBox", `0 0 ${this.levels.length} 1`);
    audio.controls = false;
    place.hidden = false;
    this.#measured();
  }

  /** A recording that did not come is asked for once more. */
  #toggle() {
    const { audio } = this;
    if (audio.error) audio["load"]();
    if (audio.paused) audio.play().catch(() => {});
    else audio["pause"]();
  }

  /** What this browser cannot play at all is a download, as any file. */
  #failed() {
    const { audio, element } = this;
    audio["pause"]();
    if (audio.canPlayType(element.dataset.type ?? "")) return;
    const hadFocus = element.contains(document.activeElement);
    element.hidden = audio.hidden = true;
    if (hadFocus && element.parentElement) part(element.parentElement, "file")?.focus();
  }

  #seek() {
    this.audio.currentTime = Number(this.bar.value);
    this.#show();
  }

  /** Nobody hears two at once. */
  #turned() {
    const { audio, button } = this;
    button.setAttribute("aria-pressed", String(!audio.paused));
    if (audio.paused) return;
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other["pause"]();
    this.#follow();
  }

  #follow() {
    this.#show();
    if (!this.audio.paused) requestAnimationFrame(() => this.#follow());
  }

  /** Some files do not say how long they are before their end has come. */
  #measured() {
    const { duration } = this.audio;
    if (Number.isFinite(duration) && duration > 0) this.seconds = duration;
    this.bar.max = String(this.seconds);
    this.#show();
  }

  #show() {
    const { element, bar, levels, seconds } = this;
    const at = Math.min(this.audio.currentTime, seconds);
    const text = `${clock(at)} / ${clock(seconds)}`;
    bar.value = String(at);
    if (bar.getAttribute("aria-valuetext") !== text) bar.setAttribute("aria-valuetext", text);
    fill(element, "player-time", clock(at || seconds));
    const played = Math.round((at / seconds) * levels.length);
    if (played !== this.played) this.#draw(played);
  }

  /** @param {number} played so many of the bars */
  #draw(played) {
    const { element, levels } = this;
    this.played = played;
    const [before, after] = part(element, "player-wave")?.children ?? [];
    before?.setAttribute("d", outline(levels.slice(0, played), 0));
    after?.setAttribute("d", outline(levels.slice(played), played));
  }
}
