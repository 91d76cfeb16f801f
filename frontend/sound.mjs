/**
 * @file Makes the sound of a new message, two short notes, as a WAV file: every browser plays it, and nothing is needed to
 * make it. `node frontend/sound.mjs` writes the file that is shipped.
 */

import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const FILE = "src/django_pairchat/static/pairchat/pairchat-message.wav";
const RATE_HZ = 16_000;
const SECONDS = 0.42;
const NOTES = [
  { hz: 659.26, from: 0 },
  { hz: 987.77, from: 0.09 },
];
const LOUDNESS = 0.28;
const ATTACK_SECONDS = 0.004;
const FADE_SECONDS = 0.075;

/** The samples, from -1 to 1. */
export function samples() {
  return Array.from({ length: Math.round(RATE_HZ * SECONDS) }, (_, index) => {
    const time = index / RATE_HZ;
    // Nothing may click at the end.
    const end = Math.min(1, (SECONDS - time) / 0.02);
    return end * NOTES.reduce((sum, note) => sum + tone(note.hz, time - note.from), 0);
  });
}

/** A struck tone with a little of its octave. */
function tone(hz, time) {
  if (time < 0) return 0;
  const strength = LOUDNESS * Math.min(1, time / ATTACK_SECONDS) * Math.exp(-time / FADE_SECONDS);
  const turn = 2 * Math.PI * hz * time;
  return strength * (Math.sin(turn) + 0.25 * Math.sin(2 * turn));
}

/** The file: 16-bit mono PCM. */
export function wav() {
  const data = Buffer.from(Int16Array.from(samples(), (sample) => Math.round(sample * 32_767)).buffer);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE_HZ, 24);
  header.writeUInt32LE(RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(FILE, wav());
