/** @file The line in which a voice message is recorded, heard once more, and sent or thrown away. */

import { actionOf, fill, listening, part } from "../dom.js";
import { clock, formatFor, nameOf } from "./formats.js";
import { Recorder } from "./recorder.js";
import { bars, draw } from "./wave.js";

const LONGEST_SECONDS = 600;

export class Voice {
  /** @type {Recorder | null} */
  #recorder = null;
  /** What was recorded. @type {{blob: Blob, levels: number[], seconds: number} | null} */
  #take = null;
  /** @type {AudioBufferSourceNode | null} */
  #playing = null;
  #asking = false;

  /**
   * @param {object} how
   * @param {HTMLElement} how.panel
   * @param {HTMLElement} how.button what begins it
   * @param {string} how.accept the suffixes that the server takes
   * @param {(file: File, voice?: import("../wire.js").Voice) => void} how.send with what it says of itself
   * @param {(text: string) => void} how.problem tells the person
   * @param {AbortSignal} how.signal its room has left the page
   */
  constructor(how) {
    this.how = how;
    this.panel = how.panel;
    this.canvas = /** @type {HTMLCanvasElement} */ (part(how.panel, "voice-wave"));
    const on = listening(how.signal);
    on(how.panel, "click", (event) => this.#click(event));
    on(how.panel, "keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      this.cancel();
    });
    on(document, "visibilitychange", () => document.hidden && this.finish());
    how.signal.addEventListener("abort", () => this.#end());
  }

  /** Nobody sees any more that the microphone listens. */
  #end() {
    const recorder = this.#recorder;
    this.#recorder = null;
    this.#take = null;
    this.#playing?.["stop"]();
    this.panel.hidden = true;
    recorder?.stop();
  }

  get isRecording() {
    return this.#recorder !== null;
  }

  /** Asks for the microphone and begins. */
  async start() {
    if (this.#recorder || this.#asking) return;
    const format = formatFor(this.how.accept, (type) => MediaRecorder.isTypeSupported(type));
    this.#asking = true;
    /** @type {MediaStream | undefined} */
    let stream;
    try {
      if (!format) throw new TypeError("no format");
      this.how.signal.throwIfAborted();
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      this.how.signal.throwIfAborted();
      this.#take = null;
      this.#recorder = new Recorder(stream, format.type, () => this.#heard());
      this.#show("recording");
      this.#focus("voice-stop");
    } catch {
      for (const track of stream?.getTracks() ?? []) track["stop"]();
      this.how.problem(this.panel.dataset.refused ?? "");
    }
    this.#asking = false;
  }

  /** Ends the recording; it can be heard before it is sent. */
  async finish() {
    const recorder = this.#recorder;
    if (!recorder) return;
    this.#recorder = null;
    const { levels, seconds } = recorder;
    const blob = await recorder.stop();
    this.#take = { blob, levels, seconds };
    this.#show("recorded");
    this.#focus("voice-send");
    draw(this.canvas, levels);
  }

  /** Throws away what there is. */
  async cancel() {
    const recorder = this.#recorder;
    this.#recorder = null;
    this.#take = null;
    this.#playing?.["stop"]();
    this.panel.hidden = true;
    this.how.button.focus();
    await recorder?.stop();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const { action } = actionOf(event);
    if (action === "voice-cancel") this.cancel();
    else if (action === "voice-stop") this.finish();
    else if (action === "voice-play") this.#playing ? this.#playing["stop"]() : this.#play();
    else if (action === "voice-send") this.#send();
  }

  #send() {
    const take = this.#take;
    if (!take) return;
    const type = take.blob.type.split(";")[0];
    const suffix = type.endsWith("mp4") ? ".m4a" : type.endsWith("ogg") ? ".ogg" : ".weba";
    this.cancel();
    const waveform = bars(take.levels).map((level) => Math.round(level * 100));
    const voice = waveform.length ? { duration: Math.round(take.seconds * 10) / 10 || 0.1, waveform } : undefined;
    this.how.send(new File([take.blob], nameOf(new Date(), suffix), { type }), voice);
  }

  /** Without an address of the browser's own, for which a page's policy would have to make room. */
  async #play() {
    const take = this.#take;
    if (!take) return;
    const audio = new AudioContext();
    const source = audio.createBufferSource();
    try {
      source.buffer = await audio.decodeAudioData(await take.blob.arrayBuffer());
    } catch {
      this.how.problem(this.panel.dataset.unplayable ?? "");
      return;
    }
    const { duration } = source.buffer;
    source.connect(audio.destination);
    source["start"]();
    const begun = audio.currentTime;
    const timer = setInterval(() => draw(this.canvas, take.levels, (audio.currentTime - begun) / duration), 60);
    this.#playing = source;
    this.#press(true);
    source.onended = () => {
      clearInterval(timer);
      audio.close();
      this.#playing = null;
      this.#press(false);
      draw(this.canvas, take.levels);
    };
  }

  /** @param {boolean} on */
  #press(on) {
    this.panel.querySelector('[data-pc-action="voice-play"]')?.setAttribute("aria-pressed", String(on));
  }

  #heard() {
    const { seconds = 0, levels = [] } = this.#recorder ?? {};
    fill(this.panel, "voice-time", clock(seconds));
    draw(this.canvas, levels.slice(-48));
    if (seconds >= LONGEST_SECONDS) this.finish();
  }

  /** @param {"recording" | "recorded"} state */
  #show(state) {
    const { panel } = this;
    panel.hidden = false;
    panel.dataset.state = state;
    for (const name of ["voice-stop", "voice-play", "voice-send"]) {
      panel.querySelector(`[data-pc-action="${name}"]`)?.toggleAttribute("hidden", (name === "voice-stop") !== (state === "recording"));
    }
    fill(panel, "voice-news", panel.dataset[state] ?? "");
    fill(panel, "voice-time", clock(this.#take?.seconds ?? 0));
  }

  /** @param {string} action */
  #focus(action) {
    /** @type {HTMLElement | null} */ (this.panel.querySelector(`[data-pc-action="${action}"]`))?.focus();
  }
}
