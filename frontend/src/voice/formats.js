/** @file In which format this browser records, so that most others can play it. */

/** Every browser plays the first; the others are what some recorders have instead. */
const FORMATS = [
  { type: "audio/mp4;codecs=mp4a.40.2", suffix: ".m4a" },
  { type: "audio/mp4", suffix: ".m4a" },
  { type: "audio/webm;codecs=opus", suffix: ".weba" },
  { type: "audio/ogg;codecs=opus", suffix: ".ogg" },
];

/**
 * The best format that the browser has and the server takes, undefined: none.
 * @param {string} accept suffixes, parted by commas
 * @param {(type: string) => boolean} isSupported
 */
export function formatFor(accept, isSupported) {
  const taken = accept.split(",");
  return FORMATS.find(({ type, suffix }) => taken.includes(suffix) && isSupported(type));
}

/**
 * @param {Date} moment
 * @param {string} suffix
 */
export function nameOf(moment, suffix) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const day = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
  return `voice-${day}-${two(moment.getHours())}${two(moment.getMinutes())}${two(moment.getSeconds())}${suffix}`;
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
