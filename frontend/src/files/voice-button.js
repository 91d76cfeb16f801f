/** @file The button that records a voice message, and the one that makes a recording faster. */

import { actionOf, fill, part } from "../dom.js";

/** Longer than this, and letting go of the button ends the recording. */
const HOLD_MS = 500;
const SPEEDS = [1, 1.5, 2];

/** @typedef {import("../voice/voice.js").Voice} Voice */

/**
 * @param {string} address of the module
 * @param {ConstructorParameters<typeof import("../voice/voice.js").Voice>[0]} how
 */
export function holdOrTap(address, how) {
  /** @type {Promise<Voice> | undefined} */
  let voice;
  let pressedAt = 0;
  const start = async () => {
    voice ??= import(address).then((/** @type {typeof import("../voice/index.js")} */ module) => new module.Voice(how));
    try {
      await (await voice).start();
    } catch {
      // The module did not come: the next press asks again.
      voice = undefined;
      how.problem(how.panel.dataset.refused ?? "");
    }
  };
  return {
    down: (/** @type {PointerEvent} */ { button }) => {
      if (button) return;
      pressedAt = performance.now();
      start();
    },
    // By the keyboard, or a screen reader.
    click: () => pressedAt || start(),
    up: async () => {
      const held = pressedAt && performance.now() - pressedAt > HOLD_MS;
      // After the click that follows.
      setTimeout(() => (pressedAt = 0));
      if (held) (await voice)?.finish();
    },
  };
}

/**
 * The next speed for the recording beside the button.
 * @param {MouseEvent} event
 */
export function changeSpeed(event) {
  const { action, target } = actionOf(event);
  const player = action === "speed" && target?.parentElement && part(target.parentElement, "audio");
  if (!target || !(player instanceof HTMLMediaElement)) return;
  const speed = SPEEDS[(SPEEDS.indexOf(player.playbackRate) + 1) % SPEEDS.length];
  player.playbackRate = player.defaultPlaybackRate = speed;
  const [shown] = target.children;
  shown.textContent = `${speed}×`;
  fill(target, "speed", String(speed));
}
