/** @file How loud a recording is, as bars. */

const BARS = 48;

/**
 * As many bars as fit, each as high as the loudest of its part.
 * @param {number[]} levels from 0 to 1
 * @returns {number[]}
 */
export function bars(levels) {
  if (levels.length <= BARS) return levels;
  return Array.from({ length: BARS }, (_, at) => {
    const from = Math.floor((at * levels.length) / BARS);
    return Math.max(...levels.slice(from, Math.max(from + 1, Math.floor(((at + 1) * levels.length) / BARS))));
  });
}

/**
 * The path of bars that are one unit apart and at most one high.
 * @param {number[]} levels from 0 to 1
 * @param {number} from which place the first one has
 */
export function outline(levels, from) {
  return levels.map((level, at) => {
    const height = Math.max(0.06, Math.min(1, level)) * 0.9;
    return `M${from + at + 0.5} ${((1 - height) / 2).toFixed(3)}v${height.toFixed(3)}`;
  }).join("");
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} levels
 * @param {number} [played] the share that has been played
 */
export function draw(canvas, levels, played = 1) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const { clientWidth, clientHeight } = canvas;
  canvas.width = clientWidth * devicePixelRatio;
  canvas.height = clientHeight * devicePixelRatio;
  const shown = bars(levels);
  const step = canvas.width / BARS;
  const rtl = getComputedStyle(canvas).direction === "rtl";
  context.fillStyle = getComputedStyle(canvas).color;
  for (const [at, level] of shown.entries()) {
    const height = Math.max(0.08, level) * canvas.height;
    context.globalAlpha = at / shown.length < played ? 1 : 0.4;
    context.fillRect((rtl ? BARS - 1 - at : at) * step, (canvas.height - height) / 2, step * 0.6, height);
  }
}
