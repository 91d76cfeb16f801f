/**
 * @file One recording: from the microphone to its bytes, and how loud it was meanwhile. What the browser calls as our own
 * modules call their parts is in brackets: the build shortens those names.
 */

const LEVEL_MS = 80;

export class Recorder {
  /** From 0 to 1, one for each moment. @type {number[]} */
  levels = [];
  /** @type {BlobPart[]} */
  #parts = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #begun = 0;

  /**
   * @param {MediaStream} stream
   * @param {string} type
   * @param {() => void} heard
   */
  constructor(stream, type, heard) {
    this.stream = stream;
    this.audio = new AudioContext();
    const analyser = this.audio.createAnalyser();
    this.audio.createMediaStreamSource(stream).connect(analyser);
    const samples = new Uint8Array(analyser.fftSize);
    this.machine = new MediaRecorder(stream, { mimeType: type });
    this.machine.ondataavailable = ({ data }) => this.#parts.push(data);
    this.machine.onstart = () => {
      this.#begun = performance.now();
      this.#timer = setInterval(() => {
        analyser.getByteTimeDomainData(samples);
        this.levels.push(Math.min(1, Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 90));
        heard();
      }, LEVEL_MS);
    };
    this.machine["start"]();
  }

  get seconds() {
    return this.#begun ? (performance.now() - this.#begun) / 1000 : 0;
  }

  /**
   * Ends it and lets go of the microphone.
   * @returns {Promise<Blob>}
   */
  async stop() {
    clearInterval(this.#timer);
    await new Promise((resolve) => {
      this.machine.onstop = resolve;
      if (this.machine.state === "inactive") resolve(null);
      else this.machine["stop"]();
    });
    for (const track of this.stream.getTracks()) track["stop"]();
    this.audio.close();
    return new Blob(this.#parts, { type: this.machine.mimeType });
  }
}
